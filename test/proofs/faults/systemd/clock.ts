/** A clock that jumps. Machines share the kernel's clock, so it is the programs that see another time of day. */
import { LOG, UNITS } from "../../../../contract/actions-runner-pool/host";
import { shortenDrain } from "./host";
import { onOne, type Scenario } from "./scenario";
import type { TargetInstance } from "./target";

const HOUR_MS = 3_600_000;
/** Seconds: shorter than the jump, so that a drain that believes the clock gives up its job. */
const MAX_DRAIN = 1_800;

/** Ahead of every Node program: agent, listener and worker. The kernel's monotonic clock is left alone, as by a real jump. */
const PRELOAD = `
const { readFileSync } = require("node:fs");
const Real = Date;
const ahead = () => { try { return Number(readFileSync("/dev/shm/ahead", "utf8")); } catch { return 0; } };
globalThis.Date = class Date extends Real {
  constructor(...given) { if (given.length > 0) super(...given); else super(Real.now() + ahead()); }
  static now() { return Real.now() + ahead(); }
};
`;

export const CLOCK: readonly Scenario[] = [
  onOne("clock jump of an hour forward", "no drain takes the hour for past", (victim, see) => jump(victim, HOUR_MS).then(see)),
  onOne("clock jump of an hour back", "nothing waits for the hour to pass again", (victim, see) => jump(victim, -HOUR_MS).then(see)),
];

async function jump(victim: TargetInstance, ms: number): Promise<string> {
  await shortenDrain(victim, MAX_DRAIN);
  await victim.sh(`
    set -e
    cat > /opt/clock.cjs <<'END'\n${PRELOAD}\nEND
    systemctl set-environment NODE_OPTIONS='--require /opt/clock.cjs'
    systemctl restart ${UNITS.agent} ${UNITS.runner}`);
  const job = await victim.hold();
  await victim.untilSeen("protection", () => victim.isProtected);
  await victim.scaleIn();
  await victim.sh(`echo ${ms} > /dev/shm/ahead`);
  // A beat that AWS has taken, so signatures are right again by then: the SDK sets its clock by AWS's.
  const beats = () => victim.calls("autoscaling:RecordLifecycleActionHeartbeat").filter((outcome) => outcome === "ok").length;
  const before = beats();
  await victim.sh(`systemctl start --no-block ${UNITS.heartbeat}`);
  await victim.until("a heartbeat after the jump", () => beats() > before);
  await job.release();
  const departed = await victim.departs(job);
  if (victim.logged(LOG.forcedStop).length > 0) throw new Error("the drain believed the clock");
  return `maxDrain of half an hour not reached; ${departed}`;
}

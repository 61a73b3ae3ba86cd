/** Clock jumps. The machines share the kernel's clock, so only the programs see another time of day. */
import { LOG, UNITS } from "../../../../contract/actions-runner-pool/host";
import { shortenDrain } from "./host";
import { onOne, type Scenario } from "./scenario";
import type { TargetInstance } from "./target";

const HOUR_MS = 3_600_000;
/** Seconds: shorter than the jump, so that a drain that trusts the clock would give up its job. */
const MAX_DRAIN = 1_800;

/** Preloaded by every Node program: agent, listener and worker. The monotonic clock is unchanged, as in a real jump. */
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
  onOne("clock jump of an hour forward", "no drain counts the jump as elapsed time", (target, see) => jump(target, HOUR_MS).then(see)),
  onOne("clock jump of an hour back", "nothing waits for the hour to pass again", (target, see) => jump(target, -HOUR_MS).then(see)),
];

async function jump(target: TargetInstance, ms: number): Promise<string> {
  await shortenDrain(target, MAX_DRAIN);
  await target.sh(`
    set -e
    cat > /opt/clock.cjs <<'END'\n${PRELOAD}\nEND
    systemctl set-environment NODE_OPTIONS='--require /opt/clock.cjs'
    systemctl restart ${UNITS.agent} ${UNITS.runner}`);
  const job = await target.hold();
  await target.untilSeen("protection", () => target.isProtected);
  await target.scaleIn();
  await target.sh(`echo ${ms} > /dev/shm/ahead`);
  // An accepted heartbeat shows that signatures are valid again: the SDK corrects its clock by AWS's.
  const heartbeats = () => target.calls("autoscaling:RecordLifecycleActionHeartbeat").filter((outcome) => outcome === "ok").length;
  const before = heartbeats();
  await target.sh(`systemctl start --no-block ${UNITS.heartbeat}`);
  await target.until("a heartbeat after the jump", () => heartbeats() > before);
  await job.release();
  const departed = await target.departs(job);
  if (target.logged(LOG.forcedStop).length > 0) throw new Error("the drain trusted the wall clock");
  return `maxDrain of half an hour not reached; ${departed}`;
}

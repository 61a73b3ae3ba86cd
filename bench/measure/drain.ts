import { terminateHookOf } from "../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import { terminations } from "../../rehearsal/scenarios/actions-runner-pool/terminations";
import type { TimelineEvent } from "../../rehearsal/timeline";
import type { LivePool } from "../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { Samples } from "../results";

/** Long enough for the protection to be set and the instance's state to change, in seconds. */
const JOB_SECONDS = 4;
const GONE_SECONDS = 180;
const READY_SECONDS = 300;
/** In service in each round; the stack's warm pool keeps one more. */
const IN_SERVICE = 2;

/** Drains a busy instance, then an idle one, and lets the group replace both. */
export async function drainRound(pool: LivePool, name: string): Promise<void> {
  const { group, jobs } = pool.environment.context;
  const [busy, idle] = pool.inService();
  if (busy === undefined || idle === undefined) throw new Error(`${pool.inService().length} instances in service, ${IN_SERVICE} required`);
  const job = pool.queueOn(busy, { name, seconds: JOB_SECONDS });
  await pool.until(`the steps of ${name}`, () => jobs.runningOn(busy) === job);
  // Before the termination: after it the protection would be refused, and its delay could not be measured.
  await pool.until(`protection of ${busy}`, () =>
    pool.events.some(
      (event) => event.kind === "api-call" && event.instance === busy && event.action === "autoscaling:SetInstanceProtection",
    ),
  );
  for (const instance of [busy, idle]) {
    await group.terminate(instance);
    await pool.until(`${instance} gone`, () => pool.gone(instance), GONE_SECONDS);
  }
  await replenish(pool);
}

/** Until all required runners are online, and no boot disturbs the next measurement. */
export async function replenish(pool: LivePool): Promise<void> {
  const { group, jobs } = pool.environment.context;
  await group.setDesiredCapacity(IN_SERVICE);
  await pool.until(
    `${IN_SERVICE} runners online and a spare`,
    () => {
      const states = [...lastStates(pool.events).values()];
      const count = (state: string) => states.filter((one) => one === state).length;
      const settled = states.every((state) => ["InService", "Warmed:Stopped", "Terminated"].includes(state));
      return settled && count("InService") === IN_SERVICE && count("Warmed:Stopped") === 1 && jobs.online().length === IN_SERVICE;
    },
    READY_SECONDS,
  );
}

export function drainFigures(events: readonly TimelineEvent[]): Samples {
  const drains = terminations(events, terminateHookOf(events));
  const after = (end: number | undefined, begin: number | undefined) => (end === undefined || begin === undefined ? [] : [end - begin]);
  return {
    "drain.detect": drains.flatMap((drain) => after(drain.begunAt, drain.waitAt)),
    "drain.tail": drains.filter(({ busy }) => busy).flatMap((drain) => after(drain.completedAt, drain.lastJobEndAt)),
    "drain.idle": drains.filter(({ busy }) => !busy).flatMap((drain) => after(drain.completedAt, drain.waitAt)),
  };
}

function lastStates(events: readonly TimelineEvent[]): Map<string, string> {
  return new Map(events.flatMap((event) => (event.kind === "instance-state" ? [[event.instance, event.state] as const] : [])));
}

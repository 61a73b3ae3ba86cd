import { Overdue, until } from "../../environment/scenario-context";
import type { DemandControl } from "./demand-control";
import type { DemandJobs, PlannedJob } from "./job-plan";
import type { PoolContext } from "./pool-context";
import { changed, describe, ended, note, queue } from "./steps";

/** What the phase itself saw; its other figures are derived from the timeline and the metrics. */
export interface DemandOutcome {
  /** Milliseconds since the epoch. */
  begunAt: number;
  endedAt: number;
  /** Changes of an `up` without changes, in the middle of it. */
  secondUpChanges: number;
}

/** Seconds to boot and register machines; generous, because on a laptop they boot one after another. */
const BOOT_BOUND = 300;
/** Seconds until idle instances are gone: a pass of the scaler each minute, and their drain. */
const LEAVE_BOUND = 240;
/** Seconds until a lost delivery is repaired: two reconciliations. */
const REPAIR_BOUND = 660;

/**
 * The pool follows its queue: a source of demand is deployed, jobs arrive by webhook, the pool grows from zero to what they need, and
 * shrinks to zero again. Meanwhile GitHub is away, a delivery is lost, one arrives twice, and two arrive in the wrong order. Once the
 * pool is empty, only the deployed program scales it; the scenario queues jobs.
 */
export async function followQueue(context: PoolContext, jobs: DemandJobs): Promise<DemandOutcome | undefined> {
  const { demand } = context;
  if (!demand) return undefined;
  const begunAt = context.clock.now();
  await addDemand(context, demand);
  demand.failDeliveries(jobs);
  await findLostJob(context, demand, jobs.lost);

  const { lost: _, ...others } = jobs;
  queue(context, Object.values(others));
  await until(context, "the pool to grow", BOOT_BOUND, () => context.group.inService().length > 0);
  note(context, "pulumi up again, although scaling has moved the group");
  const second = await context.engine.up();
  note(context, `second up: ${describe(second)}`);
  await until(context, "the jobs of the queue to end", BOOT_BOUND, () => ended(context, Object.values(jobs)));

  // The reconciliation that found the job may have been too early for its delivery, which GitHub could still have made.
  await demand.reconcile();
  await until(context, "the lost delivery to arrive", REPAIR_BOUND, () => isRedelivered(context));
  await until(context, "the pool to be empty again", LEAVE_BOUND, () => isEmpty(context));
  if (context.group.desired() > 0) throw new Overdue(`the pool is empty, but its desired capacity is ${context.group.desired()}`);
  return { begunAt, endedAt: context.clock.now(), secondUpChanges: changed(second) };
}

async function addDemand(context: PoolContext, { configuration }: DemandControl): Promise<void> {
  await context.engine.reconfigure(configuration);
  note(context, "pulumi up with a source of demand");
  note(context, `demand: ${describe(await context.engine.up())}`);
  await context.group.setDesiredCapacity(0);
  await until(context, "the pool to be empty", LEAVE_BOUND, () => isEmpty(context));
}

/** The job is the only one, so that no runner launched for another can take it: without the reconciliation it would wait forever. */
async function findLostJob(context: PoolContext, demand: DemandControl, job: PlannedJob): Promise<void> {
  note(context, `GitHub is away for ${demand.awaySeconds} s`);
  const back = demand.goAway();
  queue(context, [job]);
  await context.clock.sleep(demand.awaySeconds * 1000);
  back();
  note(context, "GitHub is back, but the delivery about the job is lost");
  await demand.reconcile();
  await until(context, "a launch for the job whose delivery was lost", REPAIR_BOUND, () => !isEmpty(context));
}

function isEmpty({ group }: PoolContext): boolean {
  return group.members().length === 0;
}

function isRedelivered({ timeline }: PoolContext): boolean {
  return timeline.events.some((event) => event.kind === "webhook" && event.outcome === "200 OK (redelivery)");
}

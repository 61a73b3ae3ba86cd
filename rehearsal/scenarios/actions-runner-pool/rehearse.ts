import { next, Overdue, until } from "../../environment/scenario-context";
import type { EngineFigures } from "../../report/common-figures";
import { type DemandOutcome, followQueue } from "./follow-queue";
import { type JobPlan, type PlannedJob, planJobs, type ScaleInKind } from "./job-plan";
import type { PoolContext } from "./pool-context";
import type { ScaleIn } from "./pool-figures";
import { busy, changed, describe, ended, gone, longest, message, note, queue } from "./steps";

/** What the scenario itself measures; everything else is derived from the timeline. */
export interface PoolOutcome {
  scaleIns: ScaleIn[];
  engine: EngineFigures;
  drift: string[];
  /** Undefined if the stack's pool does not follow its queue, or that phase has failed. */
  demand?: DemandOutcome;
  errors: string[];
}

/** Seconds to boot and register a machine; generous, because on a laptop machines boot one after another. */
const BOOT_BOUND = 300;
/** Seconds that a drain may take after its longest job: far more than the few that it needs, far less than "stuck". */
const DRAIN_BOUND = 120;
/** A job that is to run during an operation of the engine lasts as long as so many deployments. */
const ENGINE_RUNS = 2;

/** Runs all phases. If one fails, the error is reported and `destroy` still runs, so that nothing is left behind. */
export async function rehearse(context: PoolContext): Promise<PoolOutcome> {
  const plan = planJobs(context.options, context.random);
  const outcome: PoolOutcome = {
    scaleIns: [],
    drift: [],
    errors: [],
    engine: {
      version: context.engine.version,
      resources: 0,
      secondUpChanges: 0,
      seconds: { preview: 0, up: 0, destroy: 0 },
    },
  };
  try {
    await deploy(context, outcome);
    await scaleInUnderLoad(context, plan, outcome);
    await changeUnderLoad(context, outlasting(outcome, plan.underChange));
    // What follows its queue terminates the machines that `--keep` is for.
    if (context.linger) await context.linger(context.group.inService());
    else outcome.demand = await followQueue(context, plan.demand);
    outcome.engine.secondUpChanges += outcome.demand?.secondUpChanges ?? 0;
    queue(context, outlasting(outcome, plan.last));
    await until(context, `${plan.last[0]?.name} to start before destroy`, DRAIN_BOUND, () => busy(context).length > 0);
  } catch (error) {
    outcome.errors.push(message(error));
    note(context, `failed: ${message(error)}`);
  }
  try {
    await destroy(context, outcome);
  } catch (error) {
    outcome.errors.push(message(error));
  }
  return outcome;
}

async function deploy(context: PoolContext, outcome: PoolOutcome): Promise<void> {
  note(context, `pulumi preview --stack ${context.options.stack}`);
  outcome.engine.seconds.preview = (await context.engine.preview()).seconds;
  note(context, `pulumi up --stack ${context.options.stack}`);
  const up = await context.engine.up();
  outcome.engine.seconds.up = up.seconds;
  outcome.engine.resources = await context.engine.resourceCount();
  note(context, `up in ${up.seconds} s: ${describe(up)}`);
  await until(context, `${context.options.instances} runners online`, BOOT_BOUND, () => {
    return context.jobs.online().length >= context.options.instances;
  });
}

async function scaleInUnderLoad(context: PoolContext, plan: JobPlan, outcome: PoolOutcome): Promise<void> {
  const queued: PlannedJob[] = [];
  const full = context.group.desired();
  const upkeep = [secondUp, refresh];
  for (const { kind, jobs } of plan.scaleIns) {
    // While the group still replaces the last instance, a lower capacity would only cancel that: nothing would be scaled in.
    await until(context, `${full} instances in service`, BOOT_BOUND, () => context.group.inService().length >= full);
    queue(context, jobs);
    queued.push(...jobs);
    const scaleIn: ScaleIn = { how: kind };
    outcome.scaleIns.push(scaleIn);
    scaleIn.instance = await scaleInOnce(context, kind, queued);
    note(context, `scale-in ${outcome.scaleIns.length} (${kind}) hit ${scaleIn.instance}`);
    await upkeep.shift()?.(context, outcome);
    await context.group.setDesiredCapacity(full);
  }
  for (const remaining of upkeep) await remaining(context, outcome);
  await until(context, "jobs under scale-in to end", longest(context) * queued.length + BOOT_BOUND, () => {
    return ended(context, queued);
  });
  const scaledIn = new Set(outcome.scaleIns.map((scaleIn) => scaleIn.instance));
  await until(context, "the instances that were scaled in to be terminated", DRAIN_BOUND, () =>
    [...scaledIn].every((instance) => instance === undefined || gone(context, instance)),
  );
}

/** Scales in once. Returns the instance that is terminated. */
async function scaleInOnce(context: PoolContext, kind: ScaleInKind, load: readonly PlannedJob[]): Promise<string> {
  if (kind === "desired-capacity") {
    const chosen = next(context, "Auto Scaling to choose an instance", longest(context) + BOOT_BOUND, (event) => {
      return event.kind === "instance-state" && event.state === "Terminating:Wait";
    });
    await context.group.setDesiredCapacity(context.group.desired() - 1);
    const event = await chosen;
    return event.kind === "instance-state" ? event.instance : "";
  }
  // With more scale-ins than jobs, at some point no instance is busy; then an idle one is terminated.
  await until(context, "a job to be in flight", longest(context) + BOOT_BOUND, () => {
    return busy(context).length > 0 || (ended(context, load) && context.group.inService().length > 0);
  });
  const target = context.random.pick(busy(context)) ?? (context.group.inService()[0] as string);
  await context.group.terminate(target);
  return target;
}

async function secondUp(context: PoolContext, outcome: PoolOutcome): Promise<void> {
  note(context, "pulumi up again, under load, with nothing to change");
  const second = await context.engine.up();
  outcome.engine.secondUpChanges = changed(second);
  note(context, `second up: ${describe(second)}`);
}

async function refresh(context: PoolContext, outcome: PoolOutcome): Promise<void> {
  note(context, "pulumi refresh, under load");
  outcome.drift = (await context.engine.refresh()).drift;
}

/** On a busy machine the engine needs longer to begin than these jobs would last, which would then prove nothing. */
function outlasting({ engine }: PoolOutcome, jobs: PlannedJob[]): PlannedJob[] {
  for (const job of jobs) job.seconds = Math.max(job.seconds, ENGINE_RUNS * engine.seconds.up);
  return jobs;
}

async function changeUnderLoad(context: PoolContext, jobs: PlannedJob[]): Promise<void> {
  queue(context, jobs);
  await until(context, "a job to be in flight before the change", BOOT_BOUND, () => busy(context).length > 0);
  const old = context.group.inService();
  await context.engine.reconfigure(context.launchTemplateChange);
  note(context, "pulumi up with a new launch template, under load");
  note(context, `change: ${describe(await context.engine.up())}`);
  await until(context, "the instance refresh to succeed", 2 * BOOT_BOUND * Math.max(1, old.length), () => {
    const status = context.group.refreshStatus();
    if (status === "Failed" || status === "Cancelled") throw new Overdue(`the instance refresh ended as ${status}`);
    return status === "Successful";
  });
  const kept = old.filter((instance) => context.group.inService().includes(instance));
  if (kept.length > 0) throw new Overdue(`the instance refresh kept ${kept.join(", ")}`);
  await until(context, "jobs under the change to end", Math.max(0, ...jobs.map((job) => job.seconds)) + DRAIN_BOUND, () =>
    ended(context, jobs),
  );
}

async function destroy(context: PoolContext, outcome: PoolOutcome): Promise<void> {
  note(context, `pulumi destroy --stack ${context.options.stack}, with ${busy(context).length} job(s) running`);
  const result = await context.engine.destroy();
  outcome.engine.seconds.destroy = result.seconds;
  note(context, `destroyed in ${result.seconds} s`);
}

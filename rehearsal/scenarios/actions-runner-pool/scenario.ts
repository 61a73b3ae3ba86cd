import type { EngineFigures, ScaleIn } from "../../report/figures";
import { type Act, type JobPlan, type PlannedJob, planJobs } from "./plan";
import { type EngineResult, Overdue, type Stage, next, until } from "./context";

/** What the scenario itself knows when it ends; the rest is read off the timeline. */
export interface Outcome {
  scaleIns: ScaleIn[];
  engine: EngineFigures;
  drift: string[];
  errors: string[];
}

/** Seconds. Boot and registration of a machine; generous because machines of a laptop boot one after another. */
const BOOT_BOUND = 300;
/** Seconds that a drain may take beyond its longest job: far above the few that it needs, far below "stuck". */
const DRAIN_BOUND = 120;

/** The main job, start to end. A failed phase is reported and `destroy` still runs, so that nothing is left behind. */
export async function rehearse(stage: Stage): Promise<Outcome> {
  const plan = planJobs(stage.options, stage.random);
  const outcome: Outcome = {
    scaleIns: [],
    drift: [],
    errors: [],
    engine: {
      version: stage.engine.version,
      resources: 0,
      secondUpChanges: 0,
      seconds: { preview: 0, up: 0, destroy: 0 },
    },
  };
  try {
    await deploy(stage, outcome);
    await scaleInUnderLoad(stage, plan, outcome);
    await changeUnderLoad(stage, plan);
    await stage.linger?.();
    queue(stage, plan.last);
    await until(stage, `${plan.last[0]?.name} to start before destroy`, DRAIN_BOUND, () => busy(stage).length > 0);
  } catch (error) {
    outcome.errors.push(message(error));
    note(stage, `failed: ${message(error)}`);
  }
  try {
    await destroy(stage, outcome);
  } catch (error) {
    outcome.errors.push(message(error));
  }
  return outcome;
}

async function deploy(stage: Stage, outcome: Outcome): Promise<void> {
  note(stage, `pulumi preview --stack ${stage.options.stack}`);
  outcome.engine.seconds.preview = (await stage.engine.preview()).seconds;
  note(stage, `pulumi up --stack ${stage.options.stack}`);
  const up = await stage.engine.up();
  outcome.engine.seconds.up = up.seconds;
  outcome.engine.resources = await stage.engine.resourceCount();
  note(stage, `up in ${up.seconds} s: ${describe(up)}`);
  await until(stage, `${stage.options.instances} runners online`, BOOT_BOUND, () => {
    return stage.jobs.online().length >= stage.options.instances;
  });
}

async function scaleInUnderLoad(stage: Stage, plan: JobPlan, outcome: Outcome): Promise<void> {
  queue(stage, plan.underScaleIn);
  const full = stage.group.desired();
  const upkeep = [secondUp, refresh];
  for (const act of plan.scaleIns) {
    // A group that still replaces its last loss would just stop doing so, and nothing would be scaled in.
    await until(stage, `${full} instances in service`, BOOT_BOUND, () => stage.group.inService().length >= full);
    const scaleIn: ScaleIn = { how: act };
    outcome.scaleIns.push(scaleIn);
    scaleIn.instance = await scaleInOnce(stage, act, plan.underScaleIn);
    note(stage, `scale-in ${outcome.scaleIns.length} (${act}) hit ${scaleIn.instance}`);
    await upkeep.shift()?.(stage, outcome);
    await stage.group.setDesiredCapacity(full);
  }
  for (const rest of upkeep) await rest(stage, outcome);
  await until(stage, "jobs under scale-in to end", longest(stage) * plan.underScaleIn.length + BOOT_BOUND, () => {
    return ended(stage, plan.underScaleIn);
  });
  const asked = new Set(outcome.scaleIns.map((scaleIn) => scaleIn.instance));
  await until(stage, "instances that were scaled in to be gone", DRAIN_BOUND, () =>
    [...asked].every((instance) => instance === undefined || gone(stage, instance)),
  );
}

/** One scale-in; returns the instance that it hit. */
async function scaleInOnce(stage: Stage, act: Act, load: readonly PlannedJob[]): Promise<string> {
  if (act === "desired-capacity") {
    const chosen = next(stage, "Auto Scaling to choose an instance", longest(stage) + BOOT_BOUND, (event) => {
      return event.kind === "instance-state" && event.state === "Terminating:Wait";
    });
    await stage.group.setDesiredCapacity(stage.group.desired() - 1);
    const event = await chosen;
    return event.kind === "instance-state" ? event.instance : "";
  }
  // With more scale-ins than jobs there comes a moment without a busy instance; then an idle one has to do.
  await until(stage, "a job to be in flight", longest(stage) + BOOT_BOUND, () => {
    return busy(stage).length > 0 || (ended(stage, load) && stage.group.inService().length > 0);
  });
  const victim = stage.random.pick(busy(stage)) ?? (stage.group.inService()[0] as string);
  await stage.group.terminate(victim);
  return victim;
}

async function secondUp(stage: Stage, outcome: Outcome): Promise<void> {
  note(stage, "pulumi up again, under load, with nothing to change");
  const second = await stage.engine.up();
  outcome.engine.secondUpChanges = changed(second);
  note(stage, `second up: ${describe(second)}`);
}

async function refresh(stage: Stage, outcome: Outcome): Promise<void> {
  note(stage, "pulumi refresh, under load");
  outcome.drift = (await stage.engine.refresh()).drift;
}

async function changeUnderLoad(stage: Stage, plan: JobPlan): Promise<void> {
  queue(stage, plan.underChange);
  await until(stage, "a job to be in flight before the change", BOOT_BOUND, () => busy(stage).length > 0);
  const old = stage.group.inService();
  await stage.engine.changeLaunchTemplate();
  note(stage, "pulumi up with a new launch template, under load");
  note(stage, `change: ${describe(await stage.engine.up())}`);
  await until(stage, "the instance refresh to succeed", 2 * BOOT_BOUND * Math.max(1, old.length), () => {
    const status = stage.group.refreshStatus();
    if (status === "Failed" || status === "Cancelled") throw new Overdue(`the instance refresh ended as ${status}`);
    return status === "Successful";
  });
  const kept = old.filter((instance) => stage.group.inService().includes(instance));
  if (kept.length > 0) throw new Overdue(`the instance refresh kept ${kept.join(", ")}`);
  await until(stage, "jobs under the change to end", longest(stage) + DRAIN_BOUND, () => ended(stage, plan.underChange));
}

async function destroy(stage: Stage, outcome: Outcome): Promise<void> {
  note(stage, `pulumi destroy --stack ${stage.options.stack}, with ${busy(stage).length} job(s) running`);
  const result = await stage.engine.destroy();
  outcome.engine.seconds.destroy = result.seconds;
  note(stage, `destroyed in ${result.seconds} s`);
}

function queue(stage: Stage, jobs: readonly PlannedJob[]): void {
  for (const job of jobs) job.id = stage.jobs.queue(job);
  if (jobs.length > 0) note(stage, `queued ${jobs.length} job(s)`);
}

/** In service, with the steps of a job running. */
function busy(stage: Stage): string[] {
  return stage.group.inService().filter((instance) => stage.jobs.runningOn(instance) !== undefined);
}

function ended(stage: Stage, jobs: readonly PlannedJob[]): boolean {
  const over = new Set(
    stage.timeline.events.flatMap((event) =>
      event.kind === "job" && ["succeeded", "failed", "lost"].includes(event.change) ? [event.job] : [],
    ),
  );
  return jobs.every((job) => job.id !== undefined && over.has(job.id));
}

function gone(stage: Stage, instance: string): boolean {
  return stage.timeline.events.some(
    (event) => event.kind === "instance-state" && event.instance === instance && event.state === "Terminated",
  );
}

function longest(stage: Stage): number {
  return stage.options.jobSeconds.max;
}

function changed(result: EngineResult): number {
  return Object.entries(result.changes).reduce((sum, [operation, n]) => (operation === "same" ? sum : sum + n), 0);
}

function describe(result: EngineResult): string {
  return Object.entries(result.changes)
    .map(([operation, n]) => `${n} ${operation}`)
    .join(", ");
}

function note(stage: Stage, line: string): void {
  stage.timeline.record({ kind: "scenario", message: line });
  stage.say(line);
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { Run } from "../../github/jobs";
import type { WorkflowRepository } from "../../github/workflows/workflow-repository";
import type { EngineFigures } from "../../report/common-figures";
import { type PersistentContext, persistentContext } from "./persistent-context";
import type { PlannedRun } from "./persistent-figures";
import { changed, describe, hasEnded, isAtWork, message, note, settled, starts } from "./steps";

/** A run of the scenario. */
interface ScenarioRun extends Omit<PlannedRun, "conclusion"> {
  run: Readonly<Run>;
}

/** What the scenario itself measures; everything else is derived from the timeline and from GitHub's jobs. */
export interface PersistentOutcome {
  engine: EngineFigures;
  runs: ScenarioRun[];
  machine?: string;
  cacheVolume?: string;
  leftRunning: number;
  errors: string[];
}

/** Seconds for a start, another run's machine before it, and the job. Far more than the minute or two that they take. */
const RUN_BOUND = 420;
/** Seconds from a release to EC2's `stopped`. */
const STOP_BOUND = 240;
/** Seconds from a lost run to the next one: its lease expires, and the machine switches itself off when it idles. */
const LOST_BOUND = 1_800;

/** Seconds of a boot, and from one check for idleness to the next. */
const IDLE_MARGIN = 90;

/** Runs all phases. If one fails, the error is reported and `destroy` still runs, so that nothing is left behind. */
export async function rehearse(environment: RehearsalEnvironment): Promise<PersistentOutcome> {
  const { engine } = environment.context;
  const outcome: PersistentOutcome = {
    runs: [],
    leftRunning: 0,
    errors: [],
    engine: { version: engine.version, resources: 0, secondUpChanges: 0, seconds: { preview: 0, up: 0, destroy: 0 } },
  };
  let context: PersistentContext | undefined;
  try {
    await deploy(environment, outcome);
    context = await persistentContext(environment);
    Object.assign(outcome, { machine: context.machine, cacheVolume: context.cacheVolume });
    await takeTurns(context, outcome);
    // Its lease has to expire, for which only the virtual clock has the time; the proofs have the idle stop on real machines.
    if (environment.hosts === "simulated" && context.options.lease) await loseRun(context, outcome);
    await context.linger?.([context.machine]);
  } catch (error) {
    outcome.errors.push(message(error));
    note(environment.context, `failed: ${message(error)}`);
  }
  outcome.leftRunning = context === undefined || context.power() === "stopped" ? 0 : 1;
  for (const { run, name } of outcome.runs) {
    outcome.errors.push(...environment.github.workflows.problems(run as Run).map((problem) => `the run ${name}: ${problem}`));
  }
  try {
    await destroy(environment, outcome);
  } catch (error) {
    outcome.errors.push(message(error));
  }
  context?.hosted.close();
  return outcome;
}

async function deploy({ context }: RehearsalEnvironment, { engine: figures }: PersistentOutcome): Promise<void> {
  const { engine, options } = context;
  note(context, `pulumi preview --stack ${options.stack}`);
  figures.seconds.preview = (await engine.preview()).seconds;
  note(context, `pulumi up --stack ${options.stack}, with the provisioning of the machine`);
  const up = await engine.up();
  figures.seconds.up = up.seconds;
  figures.resources = await engine.resourceCount();
  note(context, `up in ${up.seconds} s: ${describe(up)}`);
  note(context, "pulumi up again, with nothing to change, while the machine is off");
  figures.secondUpChanges = changed(await engine.up());
}

/** Three runs of two repositories: one is cancelled while it starts, the next waits for its machine, and the third for that one's. */
async function takeTurns(context: PersistentContext, outcome: PersistentOutcome): Promise<void> {
  const { app, tools } = context;
  const before = starts(context);
  const cancelled = await push(context, outcome, app, "cancelled");
  await settled(context, "the machine to start for a run", RUN_BOUND, () => starts(context) > before);
  note(context, `cancelled ${cancelled.name} while it starts`);
  cancelled.run.file?.cancel(false);
  const first = await push(context, outcome, tools, "success");
  await settled(context, `${first.name} to be at work`, RUN_BOUND, () => isAtWork(first.run) || hasEnded(first.run));
  const second = await push(context, outcome, app, "success");
  note(context, "pulumi up again, with nothing to change, while a job is at work");
  outcome.engine.secondUpChanges += changed(await context.engine.up());
  await ended(context, cancelled, RUN_BOUND);
  await ended(context, first, RUN_BOUND);
  await ended(context, second, RUN_BOUND);
  await off(context, STOP_BOUND);
}

/** A run ends without its stop, as when GitHub's machines are out of reach. The machine idles, goes off, and is the next run's. */
async function loseRun(context: PersistentContext, outcome: PersistentOutcome): Promise<void> {
  const before = starts(context);
  const lost = await push(context, outcome, context.tools, "cancelled");
  await settled(context, "the machine to start for a run", RUN_BOUND, () => starts(context) > before);
  note(context, `ended ${lost.name} by force: its stop never runs`);
  lost.run.file?.cancel(true);
  // Sooner than its lease expires, at which the reaper would stop it.
  await settled(
    context,
    "the machine to switch itself off when it idles",
    context.idleStopTimeout + IDLE_MARGIN,
    () => context.power() === "stopped",
  );
  note(context, "the machine idled, and switched itself off");
  const next = await push(context, outcome, context.app, "success");
  await ended(context, lost, RUN_BOUND);
  await ended(context, next, LOST_BOUND);
  await off(context, STOP_BOUND);
}

async function push(
  context: PersistentContext,
  outcome: PersistentOutcome,
  repository: WorkflowRepository,
  expected: ScenarioRun["expected"],
): Promise<ScenarioRun> {
  const count = outcome.runs.length + 1;
  const [run] = await repository.push({ change: `${count}\n` }, { message: `Change ${count}` });
  if (!run) throw new Error(`${repository.fullName}: the push started no run`);
  const name = `${repository.fullName.split("/")[1]} #${run.number}`;
  const started = { name, run, expected };
  outcome.runs.push(started);
  note(context, `pushed to ${repository.fullName}: run ${name}`);
  return started;
}

async function ended(context: PersistentContext, { name, run }: ScenarioRun, seconds: number): Promise<void> {
  await settled(context, `the run ${name} to end`, seconds, () => hasEnded(run));
  note(context, `the run ${name} ended: ${run.file?.conclusion}`);
}

async function off(context: PersistentContext, seconds: number): Promise<void> {
  await settled(context, "the machine to be off", seconds, () => context.power() === "stopped");
}

async function destroy({ context }: RehearsalEnvironment, { engine: figures }: PersistentOutcome): Promise<void> {
  note(context, `pulumi destroy --stack ${context.options.stack}`);
  const result = await context.engine.destroy();
  figures.seconds.destroy = result.seconds;
  note(context, `destroyed in ${result.seconds} s`);
}

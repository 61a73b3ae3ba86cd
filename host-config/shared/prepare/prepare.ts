/**
 * The preparation of a machine: what a team asks of it besides the runner, in stages, each at most once per installation.
 *
 * Started by: install.sh, as root, before the machine registers or enters the warm pool. It is no systemd unit.
 *
 * Life cycle: each stage that is due runs after the one before. Without any that is due nothing is run or written.
 *
 * Failure: the first stage that fails ends it, with one line on standard error: what failed, and why. The user data shows it on the
 * console and abandons the launch. Killed: the user data abandons the launch. A second run is safe.
 *
 * Bounds: setupTimeout for all stages together. It ends the commands of the stage that then runs; a stage that ends neither with
 * them nor within 5 s is left behind. Without setupTimeout no stage runs that could take long.
 *
 * AWS: not called here. Standard output is progress, which cloud-init has on the console and in the journal. A stage may let the
 * user's own output follow there, so it must hold no secret.
 */
import type { HostSetup } from "../../../contract/shared/host-setup";
import { boundedExec } from "./exec";
import { PrepareError } from "./prepare-error";
import type { HostUser, PrepareContext, Stage } from "./stage";

/** Within which a stage may still give its own reason for the end of its time: the last lines of a script, or who holds a lock. */
const LAST_WORDS_MS = 5_000;

export interface PrepareHost {
  setup: HostSetup;
  /** Asked only if a stage is due. */
  facts(): Promise<{ user: HostUser; instance: string }>;
  /** Writes a line of progress. */
  say(line: string): void;
}

/** Rejects with a PrepareError. */
export async function prepare(stages: readonly Stage[], { setup, facts, say }: PrepareHost): Promise<void> {
  const due = stages.filter((stage) => stage.due(setup));
  if (due.length === 0) return;
  const { setupTimeout } = setup;
  const over = new AbortController();
  const timer = setupTimeout === undefined ? undefined : setTimeout(() => over.abort(), setupTimeout * 1000);
  try {
    const deadline = over.signal;
    const context: PrepareContext = { setup, ...(await facts()), deadline, say, exec: boundedExec(deadline) };
    for (const stage of due) {
      const begun = performance.now();
      say(`ci-runners: prepare: ${stage.name} ...`);
      await runStage(stage, context);
      say(`ci-runners: prepare: ${stage.name} done after ${Math.round((performance.now() - begun) / 1000)} s`);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function runStage(stage: Stage, context: PrepareContext): Promise<void> {
  const { deadline, setup } = context;
  const late = () => new PrepareError(`${stage.name}: took longer than setupTimeout = ${setup.setupTimeout} s`);
  if (deadline.aborted) throw late();
  let timer: NodeJS.Timeout | undefined;
  const leftBehind = new Promise<never>((_resolve, reject) => {
    deadline.addEventListener("abort", () => (timer = setTimeout(() => reject(late()), LAST_WORDS_MS)));
  });
  try {
    await Promise.race([stage.run(context), leftBehind]);
  } catch (error) {
    if (error instanceof PrepareError) throw error;
    if (deadline.aborted) throw late();
    const problem = error instanceof Error ? error.message : String(error);
    throw new PrepareError(`${stage.name}: unexpected error: ${problem}`);
  } finally {
    clearTimeout(timer);
  }
}

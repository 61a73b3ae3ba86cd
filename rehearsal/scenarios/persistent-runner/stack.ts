import { join } from "node:path";
import { existsSync } from "node:fs";
import { UsageError } from "../../../cli/options";
import type { PersistentRunnerArgs } from "../../../components";
import { RegistrationMode } from "../../../components/persistent-runner/args/modes";
import { FOLLOWS_MAIN } from "../../../contract/shared/release";
import { RUNNER_RELEASE } from "../../../contract/shared/runner-release";
import type { StackConfiguration } from "../../environment/stack-configuration";
import type { RehearsalOptions } from "../../rehearsal-options";
import { actionsCommit } from "./action-tree";

/** Below a checkout of this project. */
const FOLDER = "rehearsal/scenarios/persistent-runner";

/** The arguments of the stack's machine that the rehearsal needs. */
export type StackMachine = Pick<PersistentRunnerArgs, "actions" | "subjects" | "idleStopTimeout"> & {
  persistentRunnerName: string;
  github?: object;
};

/** Label of the machine in the control experiment, whose start gives it none of its own. */
export const STATIC_LABEL = "e2e-machine";

/** @throws UsageError when the scenario has no such stack. */
export function stackDir(projectDir: string, stack: string): string {
  const folder = join(projectDir, FOLDER);
  if (existsSync(join(folder, `Pulumi.${stack}.yaml`))) return folder;
  throw new UsageError(`--stack ${stack}: the scenario persistent has no Pulumi.${stack}.yaml in ${FOLDER}; give --stack dev`);
}

/** @throws UsageError when the stack deploys none. */
export function machineOf({ get }: StackConfiguration): StackMachine {
  const given = get("persistentRunner") as StackMachine | undefined;
  if (given?.persistentRunnerName === undefined) {
    throw new UsageError("the stack sets no persistentRunner.persistentRunnerName, so there is no machine to rehearse; set it");
  }
  return given;
}

/** `OWNER/REPO` of each repository whose workflows may use the machine. */
export function repositoriesOf({ subjects }: StackMachine): string[] {
  return subjects.map((subject) => subject.split(":")[1] ?? "");
}

/**
 * The stack's configuration unchanged, except for what cannot be real here: the runner, which is our stand-in with a checksum of its own;
 * and the commit of the actions, which is that of this checkout's. Without the lease, the machine registers as the original's: once, for
 * any run's jobs.
 */
export function configOverrides(
  options: Pick<RehearsalOptions, "lease">,
  stack: StackConfiguration,
  sha256: string,
): Record<string, unknown> {
  const machine = machineOf(stack);
  const withoutLease = { registration: RegistrationMode.Service };
  return {
    release: FOLLOWS_MAIN,
    persistentRunner: {
      ...machine,
      ...(options.lease ? {} : withoutLease),
      runner: { version: RUNNER_RELEASE.version, sha256 },
      actions: { ...machine.actions, ref: actionsCommit().sha },
    },
  };
}

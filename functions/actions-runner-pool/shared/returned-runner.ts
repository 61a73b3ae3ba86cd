import { type LifecycleState, restsInPool } from "../../../contract/aws/lifecycle";
import type { GitHubRunners, Runner } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import { within } from "../../shared/lambda/timeout";

/**
 * From the check of the instance's state to the end of the removal, in ms. An instance that is called into service at that
 * moment registers under the same name, but not before its host has seen the launch, found its token and run config.sh.
 */
const REMOVAL_MS = 2_000;

export interface ReturnedRunnerPorts {
  lifecycleStates(instanceIds: readonly string[]): Promise<Map<string, LifecycleState>>;
  gitHub(): Pick<GitHubRunners, "remove">;
  clock: Clock;
}

/**
 * Removes the runner of an instance that has returned to the warm pool. Its host has drained and forgotten it; at its next
 * launch it registers a new one.
 *
 * @param runner read before, and idle
 * @returns `not in the pool`: the instance is not at rest there, so the runner may be the new one, or still have a job
 */
export async function removeReturnedRunner(
  runner: Runner,
  ports: ReturnedRunnerPorts,
): Promise<"deleted" | "busy" | "gone" | "not in the pool"> {
  const state = (await ports.lifecycleStates([runner.name])).get(runner.name);
  if (state === undefined || !restsInPool(state)) return "not in the pool";
  return within(ports.clock, "removing the runner of a returned instance", REMOVAL_MS, (signal) =>
    ports.gitHub().remove(runner.id, signal),
  );
}

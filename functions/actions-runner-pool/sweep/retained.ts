import { isRetained } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/**
 * GitHub fails the job of an unresponsive runner after about ten minutes, and its lists may be a minute old. Until then
 * "idle" may mean that GitHub has not noticed the job yet.
 */
const SILENCE_MS = 15 * 60_000;

/**
 * Handles instances that Auto Scaling retained because their heartbeats failed. Each is billed until it is terminated,
 * and may still run a job. It is terminated only if GitHub counts no job on it: its runner does not exist, or is offline
 * and idle, and GitHub had enough time to notice. All others are reported.
 */
export async function sweepRetained(
  members: readonly Member[],
  ports: SweepPorts,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { log, count } = observer;
  const retained = members.filter(({ lifecycleState }) => isRetained(lifecycleState));
  for (const { instanceId, lifecycleState } of retained) {
    signal.throwIfAborted();
    await attempt("evaluating a retained instance", { instanceId }, observer, async () => {
      const objection = await reasonToKeep(instanceId, ports, history, signal);
      if (objection !== undefined) {
        log.warn("sweep: retained instance is kept", { instanceId, lifecycleState, because: objection });
        return;
      }
      await ports.terminate(instanceId);
      log.warn("sweep: retained instance is terminated", { instanceId, lifecycleState });
    });
  }
  count(METRIC.retainedInstances, retained.length);
}

async function reasonToKeep(
  instanceId: string,
  ports: SweepPorts,
  history: GroupHistory,
  signal: AbortSignal,
): Promise<string | undefined> {
  const termination = await history.termination(instanceId);
  if (!termination) return "its termination is not in the activity history";
  if (ports.clock.now() - termination.startedAt.getTime() < SILENCE_MS) return "its termination began less than 15 minutes ago";
  const runner = await ports.gitHub().find(instanceId, signal);
  if (runner?.busy) return "GitHub counts a job on its runner";
  if (runner?.online) return "its runner is online and may take a job";
  return undefined;
}

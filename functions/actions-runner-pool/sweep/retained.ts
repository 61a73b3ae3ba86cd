import { isRetained } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/**
 * GitHub gives up the job of a runner that fell silent after about ten minutes, and its lists may be one minute old:
 * before this time "idle" may only mean "not noticed yet".
 */
const SILENCE_MS = 15 * 60_000;

/**
 * Instances that Auto Scaling retained because their heartbeats failed. Each costs money until somebody ends it, and
 * may still run a job. It is ended only when GitHub says for certain that no job is on it: the runner is not there,
 * or is offline and idle, and has had the time to be noticed. All others are reported.
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
    await attempt("judging a retained instance", { instanceId }, observer, async () => {
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
  if (ports.clock.now() - termination.startedAt.getTime() < SILENCE_MS) return "it was retained only just now";
  const runner = await ports.gitHub().find(instanceId, signal);
  if (runner?.busy) return "GitHub counts a job on its runner";
  if (runner?.online) return "its runner is online and may take a job";
  return undefined;
}

import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import { lastRun } from "../shared/last-run";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/**
 * Reports jobs whose host stopped responding while terminating: EC2 ended it after a Spot notice or by a raw termination,
 * or the host failed. Auto Scaling waits for the heartbeat timeout and may then retain the instance, but GitHub fails the
 * job after about ten minutes. Once the instance is gone, nothing on its runner records the loss, so a sweep must find it
 * before; sweeps run every five minutes.
 *
 * Reports only; it never terminates anything: a crashed listener leaves its job running, and its host completes the drain by itself.
 */
export async function reportSilentDrains(
  members: readonly Member[],
  runners: readonly Runner[],
  ports: SweepPorts,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const terminating = new Set(members.filter(({ lifecycleState }) => isTerminating(lifecycleState)).map(({ instanceId }) => instanceId));
  for (const { id, name: instanceId } of runners.filter(({ name, online, busy }) => busy && !online && terminating.has(name))) {
    signal.throwIfAborted();
    await attempt("checking a silent drain", { instanceId }, observer, async () => {
      // Read both again: GitHub's list may be a minute old, and the instance terminates as soon as job and listener have
      // ended.
      const runner = await ports.gitHub().get(id, signal);
      if (!runner?.busy || runner.online) return;
      const lifecycleState = (await ports.lifecycleStates([instanceId])).get(instanceId);
      if (lifecycleState === undefined || !isTerminating(lifecycleState)) return;
      observer.log.error(
        "sweep: instance stopped responding while GitHub counts a job on its runner: the job is lost unless the host recovers",
        {
          instanceId,
          lifecycleState,
          ...(await lastRun(instanceId, ports, observer)),
        },
      );
      observer.count(METRIC.busyAtTermination);
    });
  }
}

function isTerminating(lifecycleState: LifecycleState): boolean {
  return /^(Terminating|Warmed:Pending|Warmed:Terminating):(Wait|Retained)$/.test(lifecycleState);
}

import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/**
 * Tells of jobs whose host fell silent on its way out: EC2 took it at the end of a Spot notice or by a raw termination,
 * its power failed, it broke. Auto Scaling waits for the heartbeat timeout and then retains what it takes for alive, but
 * GitHub gives the job up after some ten minutes. So when the instance is gone at last, nothing on its runner tells of
 * the job any more: who does not look before that, and a sweep comes every five minutes, never hears of the loss.
 *
 * It only tells: a listener that crashed leaves its job running, and its host ends by itself.
 */
export async function reportSilentDrains(
  members: readonly Member[],
  runners: readonly Runner[],
  ports: SweepPorts,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const leaving = new Set(members.filter(({ lifecycleState }) => isLeaving(lifecycleState)).map(({ instanceId }) => instanceId));
  for (const { id, name: instanceId } of runners.filter(({ name, online, busy }) => busy && !online && leaving.has(name))) {
    signal.throwIfAborted();
    await attempt("looking at a silent drain", { instanceId }, observer, async () => {
      // Both asked again: GitHub's list may be a minute old, and a host that has ended its job and its listener goes at once.
      const runner = await ports.gitHub().get(id, signal);
      if (!runner?.busy || runner.online) return;
      const lifecycleState = (await ports.lifecycleStates([instanceId])).get(instanceId);
      if (lifecycleState === undefined || !isLeaving(lifecycleState)) return;
      observer.log.error(
        "sweep: instance fell silent while GitHub counts a job on its runner: that job is lost, unless its host comes back",
        {
          instanceId,
          lifecycleState,
        },
      );
      observer.count(METRIC.busyAtTermination);
    });
  }
}

function isLeaving(lifecycleState: LifecycleState): boolean {
  return lifecycleState === "Terminating:Wait" || lifecycleState === "Terminating:Retained";
}

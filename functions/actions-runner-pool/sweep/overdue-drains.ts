import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { Member, SweepPorts, SweepSettings } from "./ports";

/** Counts drains that exceed `maxDrain`, also those before a return to the warm pool. Reports only: terminating the instance would kill the job that it waits for. */
export async function reportOverdueDrains(
  members: readonly Member[],
  ports: SweepPorts,
  { maxDrainSeconds }: SweepSettings,
  history: GroupHistory,
  observer: Observer,
): Promise<void> {
  let overdue = 0;
  const waiting = members.filter(({ lifecycleState }) => /^(Terminating|Warmed:Pending):Wait$/.test(lifecycleState));
  for (const { instanceId, lifecycleState } of waiting) {
    await attempt("checking a drain", { instanceId }, observer, async () => {
      const returning = lifecycleState === "Warmed:Pending:Wait";
      const termination = await (returning ? history.latest(instanceId) : history.termination(instanceId));
      // It is being prepared for the pool, and its launch hook has a timeout of its own.
      if (returning && (termination === undefined || ("launch" in termination && termination.launch))) return;
      const seconds = termination && Math.round((ports.clock.now() - termination.startedAt.getTime()) / 1000);
      // A termination that is no longer in the history began longer ago than any drain may last.
      if (seconds !== undefined && seconds <= maxDrainSeconds) return;
      overdue += 1;
      observer.log.error("sweep: drain is overdue", { instanceId, seconds, maxDrainSeconds });
    });
  }
  observer.count(METRIC.overdueDrains, overdue);
}

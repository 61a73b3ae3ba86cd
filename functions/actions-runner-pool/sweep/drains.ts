import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./items";
import type { Member, SweepPorts, SweepSettings } from "./ports";

/** Counts drains that last longer than they may. It only tells: ending one would kill the job it waits for. */
export async function reportOverdueDrains(
  members: readonly Member[],
  ports: SweepPorts,
  { maxDrainSeconds }: SweepSettings,
  history: GroupHistory,
  observer: Observer,
): Promise<void> {
  let overdue = 0;
  for (const { instanceId } of inState(members, "Terminating:Wait")) {
    await attempt("looking at a drain", { instanceId }, observer, async () => {
      const termination = await history.termination(instanceId);
      const seconds = termination && Math.round((ports.now().getTime() - termination.startedAt.getTime()) / 1000);
      // A termination that is not in the history any more began longer ago than any drain may last.
      if (seconds !== undefined && seconds <= maxDrainSeconds) return;
      overdue += 1;
      observer.log.error("sweep: drain is overdue", { instanceId, seconds, maxDrainSeconds });
    });
  }
  observer.count(METRIC.overdueDrains, overdue);
}

/**
 * Pooled instances whose trim was announced by an event that got lost: they are off and can answer nothing. One that
 * just got there is completed a little before its event, which then finds nothing to do.
 */
export async function continuePoolTrims(
  members: readonly Member[],
  ports: SweepPorts,
  { names }: SweepSettings,
  observer: Observer,
): Promise<void> {
  for (const { instanceId } of inState(members, "Warmed:Terminating:Wait")) {
    await attempt("completing a pool trim", { instanceId }, observer, async () => {
      const outcome = await ports.continueAction({ group: names.group, hook: names.terminateHook, instanceId });
      observer.log.info("sweep: pooled instance may go", { instanceId, outcome });
    });
  }
}

const inState = (members: readonly Member[], state: string) => members.filter(({ lifecycleState }) => lifecycleState === state);

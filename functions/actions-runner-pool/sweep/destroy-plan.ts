import type { DestroyPlan } from "../../../contract/actions-runner-pool/final-sweep";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { Member } from "./ports";

/**
 * What a deletion of the pool would wait for now. Instances that are in service without a job, launching, or in the warm pool
 * end within minutes.
 *
 * @param busy ids of the instances that their agents protect from scale-in, because a job runs on them
 */
export function destroyPlan(
  members: readonly Member[],
  busy: readonly string[],
  maxDrainSeconds: number,
  obstacles: string[],
): DestroyPlan {
  const draining = members.filter(({ lifecycleState }) => lifecycleState === "Terminating:Wait").length;
  const running = members.filter(({ instanceId, lifecycleState }) => lifecycleState === "InService" && busy.includes(instanceId)).length;
  return {
    instances: members.length,
    busy: running,
    draining,
    longestWaitSeconds: running + draining === 0 ? 0 : maxDrainSeconds + TIMING.forcedStopMargin,
    obstacles,
  };
}

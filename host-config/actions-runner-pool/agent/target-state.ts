import type { TargetState } from "../../../contract/aws/lifecycle";

/** An operator has taken the instance out of service or out of the group: it must take no further job, but it does not end. */
export function leavesService(target: TargetState | undefined): boolean {
  return target === "Standby" || target === "Detached";
}

/** Only these two targets mean a termination. Entering the warm pool, standby or an operator's stop do not. */
export function isTerminating(target: TargetState | undefined): boolean {
  return target === "Terminated" || target === "Warmed:Terminated";
}

import type { TargetState } from "../../../contract/aws/lifecycle";

/** An operator has taken the instance out of service or out of the group: it must take no further job, but it does not end. */
export function leavesService(target: TargetState | undefined): boolean {
  return target === "Standby" || target === "Detached";
}

/**
 * The instance is prepared for the warm pool, or returns to it from service (instance reuse). The target is the same for
 * both; only whether the machine was used distinguishes them.
 */
export function entersPool(target: TargetState | undefined): boolean {
  return target === "Warmed:Stopped" || target === "Warmed:Hibernated" || target === "Warmed:Running";
}

/** Only these two targets mean a termination. Entering the warm pool, standby or an operator's stop do not. */
export function isTerminating(target: TargetState | undefined): boolean {
  return target === "Terminated" || target === "Warmed:Terminated";
}

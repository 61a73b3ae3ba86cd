import type { TargetState } from "../../../contract/aws/lifecycle";

/** Only these two targets mean a termination. Entering the warm pool, standby or an operator's stop do not. */
export function isTerminating(target: TargetState | undefined): boolean {
  return target === "Terminated" || target === "Warmed:Terminated";
}

import type { TargetState } from "../../../contract/aws/lifecycle";

/** Only these two mean that the instance goes away: a pool entry, a standby or an operator's stop is no termination. */
export function isTerminating(target: TargetState | undefined): boolean {
  return target === "Terminated" || target === "Warmed:Terminated";
}

import type { TargetState } from "../../../contract/aws/lifecycle";
import type { ActiveState, UnitState } from "./ports";

/** Only these two mean that the instance goes away: a pool entry, a standby or an operator's stop is no termination. */
export function isTerminating(target: TargetState | undefined): boolean {
  return target === "Terminated" || target === "Warmed:Terminated";
}

const RUNNING: readonly ActiveState[] = ["active", "reloading", "activating"];

/** A stop of the unit would do something. */
export function isRunning(unit: UnitState): boolean {
  return RUNNING.includes(unit.active);
}

/** Nothing of the unit's own is left to run: no start, no drain, no stop command. */
export function isStopped(unit: UnitState): boolean {
  return !isRunning(unit) && unit.active !== "deactivating";
}

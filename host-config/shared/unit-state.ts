/** What `systemctl show` says about a service, and what that means. */

/** systemd's ActiveState. */
export type ActiveState = "active" | "reloading" | "inactive" | "failed" | "activating" | "deactivating" | "maintenance";

export interface UnitState {
  active: ActiveState;
  /** The unit left the inactive state at least once since boot. */
  everStarted: boolean;
  /** The unit's main process lives. */
  mainAlive: boolean;
}

/** The properties that parseUnitState reads. */
export const UNIT_PROPERTIES = "ActiveState,MainPID,InactiveExitTimestampMonotonic";

/** @param unit its name, for the error. */
export function parseUnitState(unit: string, shown: string): UnitState {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(shown)?.[1] ?? "";
  const active = value("ActiveState") as ActiveState;
  if (!active) throw new Error(`systemctl show said nothing about ${unit}`);
  const pid = Number(value("MainPID") || 0);
  return { active, mainAlive: pid > 0, everStarted: Number(value("InactiveExitTimestampMonotonic") || 0) > 0 };
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

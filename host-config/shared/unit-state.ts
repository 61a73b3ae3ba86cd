/** The state of a service, parsed from `systemctl show`. */

/** systemd's ActiveState. */
export type ActiveState = "active" | "reloading" | "inactive" | "failed" | "activating" | "deactivating" | "maintenance";

export interface UnitState {
  active: ActiveState;
  /** The unit left the inactive state at least once since boot. */
  everStarted: boolean;
  /** The unit's main process is running. */
  mainAlive: boolean;
}

/** The properties that parseUnitState reads. */
export const UNIT_PROPERTIES = "ActiveState,MainPID,InactiveExitTimestampMonotonic";

/** @param unit name for the error message */
export function parseUnitState(unit: string, shown: string): UnitState {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(shown)?.[1] ?? "";
  const active = value("ActiveState") as ActiveState;
  if (!active) throw new Error(`systemctl show returned nothing for ${unit}`);
  const pid = Number(value("MainPID") || 0);
  return { active, mainAlive: pid > 0, everStarted: Number(value("InactiveExitTimestampMonotonic") || 0) > 0 };
}

const RUNNING: readonly ActiveState[] = ["active", "reloading", "activating"];

/** Stopping the unit would have an effect. */
export function isRunning(unit: UnitState): boolean {
  return RUNNING.includes(unit.active);
}

/** No start, drain or stop command of the unit is running. */
export function isStopped(unit: UnitState): boolean {
  return !isRunning(unit) && unit.active !== "deactivating";
}

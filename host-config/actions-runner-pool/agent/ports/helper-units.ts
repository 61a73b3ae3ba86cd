/** Our other units. Both return at once; starting a unit that runs is harmless. */
export interface HelperUnits {
  startCompletion(): Promise<void>;
  startHeartbeat(): Promise<void>;
}

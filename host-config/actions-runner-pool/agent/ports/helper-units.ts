/** The agent's other units. Both calls return at once; starting a running unit is harmless. */
export interface HelperUnits {
  startCompletion(): Promise<void>;
  startHeartbeat(): Promise<void>;
}

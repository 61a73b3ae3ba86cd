/** What a state remembers of pauses (pause.ts); null where the instance never leaves service. */
export interface Pause {
  /** How many more times it may go into standby. */
  left: number;
  standby: boolean;
  /** The agent's mark in /run. */
  marked: boolean;
  /** The answers so far of the agent's background work, if it is under way. */
  work: number | null;
  /** An operator stopped the unit, so nothing has to start it again. */
  operated: boolean;
}

export const pauses = (left: number): Pause => ({ left, standby: false, marked: false, work: null, operated: false });

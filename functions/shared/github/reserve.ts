/**
 * GitHub's calls are scarce: 5,000 an hour for all pools of one App. When thousands of instances go at once, what can be
 * done later, or not at all, must leave enough for what cannot: a launch without a registration token is given up.
 * Shares of the hour's calls that have to be left.
 */
export const RESERVE = {
  /** A courtesy to the queue, and no more. */
  cordon: 0.5,
  /** The sweeps do it, as fast as this allows: a runner that is offline harms nobody. */
  removal: 0.4,
  /** Questions about single runners, which only tell. */
  look: 0.2,
} as const;

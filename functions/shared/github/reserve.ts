/**
 * GitHub's calls are scarce: 5,000 an hour for all pools of one App. When thousands of instances go at once, what can be
 * done later, or not at all, must leave enough for what cannot: a launch without a registration token is given up.
 * Shares of the hour's calls that have to be left.
 */
export const RESERVE = {
  /** A courtesy to the queue, and no more. */
  cordon: 0.5,
  /** The sweep does it, an hour later at the latest. */
  removal: 0.4,
} as const;

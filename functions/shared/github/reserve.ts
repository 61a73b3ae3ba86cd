/**
 * Minimum remaining share of GitHub's hourly quota, per kind of call; below it the call is not made.
 *
 * All pools of one App share 5,000 calls an hour. When thousands of instances terminate at once, calls that can be made
 * later or skipped must leave enough for registration tokens: a launch without a token is abandoned.
 */
export const RESERVE = {
  /** Only shortens the time that jobs wait in the queue. */
  cordon: 0.5,
  /** Postponed to later sweeps: an offline runner does no harm. */
  removal: 0.4,
  /**
   * Lists of all runners, a call for each hundred. More than for an impostor, so that what a list finds can still be
   * removed. What remains is enough for the registration tokens of the hour.
   */
  list: 0.15,
  /** Removal of a runner that is in use although its instance ended: it receives jobs. Rare, and a few calls each. */
  impostor: 0.1,
  /** Lookups of single runners, for reports, retained instances and missed launches. */
  lookup: 0.2,
  /** Reads of the queue: while they pause, webhooks still report new jobs, but no runner can do without its token. */
  reconcile: 0.2,
} as const;

/** Every time on which two programs of the source of demand must agree, in seconds. */
export const DEMAND_TIMING = {
  /** After this time without a successful reconciliation, what is known is stale: two may fail. */
  staleAfter: 780,
  /** A job that waits longer than this beside an idle runner with its labels is not assigned by GitHub. */
  notAssignedAfter: 90,
} as const;

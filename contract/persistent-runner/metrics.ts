/** Metrics that the functions emit and that the alarms watch. Dimension: PersistentRunner. */
export const PERSISTENT_RUNNER_DIMENSION = "PersistentRunner";

export const PERSISTENT_METRIC = {
  /** Count: starts that EC2 carried out. */
  starts: "Starts",
  /** Count: starts that ended without a machine that takes jobs: no capacity, a hung boot, a machine that was terminated. */
  failedStarts: "FailedStarts",
  /** Count per pass of the reaper: 1 if the machine runs for longer than its session's limit allows, else 0. */
  overdueSession: "OverdueSession",
  /** Count per pass of the reaper: 1 if a stop has not taken effect for PERSISTENT_TIMING.stopFailedAfter, else 0. */
  stopFailed: "StopFailed",
  /** Count: leases that the reaper took from a holder whose time was over. */
  expiredLeases: "ExpiredLeases",
  /** Count: machines that were stopped while a job was at work. */
  forcedStops: "ForcedStops",
  /** Count: parts of a pass of the reaper that failed. */
  reapErrors: "ReapErrors",
} as const;

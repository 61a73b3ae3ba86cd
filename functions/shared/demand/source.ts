/**
 * The port between a pool's scaler and what knows the queue. A scaler, its policy, its metrics and the simulation know only this.
 */

/** A job that waits and that an idle runner of the pool could take. Times are milliseconds since the epoch. */
export interface WaitingJob {
  id: string;
  since: number;
  /** When the source last heard that it waits. */
  confirmedAt: number;
  /** What was last recorded as the reason of its wait. */
  cause?: string;
  /** For the log only. */
  repository: string;
  /** Likewise. */
  labels?: readonly string[];
}

/** A job that runs, or that is not known to have ended. */
export interface RunningJob {
  id: string;
  /** Name of its runner; undefined if the source does not know it. */
  runner?: string;
  since: number;
  /** When it was queued, for the measurement of its wait; undefined if the source does not know it. */
  queuedAt?: number;
}

export interface Demand {
  /** Oldest first. */
  waiting: readonly WaitingJob[];
  running: readonly RunningJob[];
  /** When the source last knew the whole queue. */
  completeAt: number;
  /** Why it does not know it now; undefined if it does. */
  problem?: string;
}

export interface DemandSource {
  read(signal: AbortSignal): Promise<Demand>;
}

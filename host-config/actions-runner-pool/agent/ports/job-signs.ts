/** One reading of the runner's state. Independent of earlier readings. */
export interface Signs {
  /** Pid of the unit's `Runner.Listener`, also if a job moved it out of the cgroup. */
  listener?: number;
  /** Number of the unit's `Runner.Worker` processes, with those that a job moved out of the cgroup. */
  workers: number;
  /** The listener's last announcement; undefined if it made none or no listener is running. */
  announced?: "idle" | "busy";
  /** Time of that announcement by the listener's own timestamp (whole seconds), in ms since the epoch. */
  announcedAt?: number;
  /** That announcement is the end of a job. */
  jobEnded?: boolean;
  /** The line of the announcement, for the journal; its first line if a job's name has several. */
  line?: string;
  /**
   * When the last message that may carry a job arrived, from the runner's performance log, in ms since the epoch.
   * Undefined if its worker has started, or if the listener's diagnostic log says that it skips the message.
   */
  messageAt?: number;
  /** When that message arrived, if the listener says that it skips it. */
  skippedMessageAt?: number;
  /**
   * When GitHub last refused a job to this listener that it had assigned to it before: an acknowledged message that the
   * listener skips. The time of day, whole seconds, in ms since the epoch.
   */
  skippedAt?: number;
}

/** Rejects if a sign cannot be read that may be the only one of a job. */
export interface JobSigns {
  read(): Promise<Signs>;
}

/** One reading of the runner's state. Independent of earlier readings. */
export interface Signs {
  /** Pid of `Runner.Listener` in the unit's cgroup. */
  listener?: number;
  /** Number of `Runner.Worker` processes in the unit's cgroup. */
  workers: number;
  /** The listener's last announcement; undefined if it made none or no listener is running. */
  announced?: "idle" | "busy";
  /** Time of that announcement by the listener's own timestamp (whole seconds), in ms since the epoch. */
  announcedAt?: number;
  /** The line of the announcement, for the journal. */
  line?: string;
  /** When the last message that may carry a job arrived, from the runner's performance log, in ms since the epoch. */
  messageAt?: number;
}

export interface JobSigns {
  read(): Promise<Signs>;
}

/** One reading of the runner. Nothing in it is remembered: each reading stands on its own. */
export interface Signs {
  /** Pid of `Runner.Listener` in the unit's cgroup. */
  listener?: number;
  /** Number of `Runner.Worker` processes in the unit's cgroup. */
  workers: number;
  /** The listener's last announcement; undefined when it made none or no listener lives. */
  announced?: "idle" | "busy";
  /** When it announced that (its own stamp, whole seconds), in ms since the epoch. */
  announcedAt?: number;
  /** The announcement's own line, for the journal. */
  line?: string;
  /** When the last message that may hold a job arrived, from the runner's performance log, in ms since the epoch. */
  messageAt?: number;
}

export interface JobSigns {
  read(): Promise<Signs>;
}

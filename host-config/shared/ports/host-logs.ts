/** The delivery of the host's logs. */
export interface HostLogs {
  /** Resolves once all up to now is delivered, or after 10 s. Never rejects: a termination must not depend on it. */
  flush(): Promise<void>;
  /** Ends all processes of the unit that reads as the job's user, in which a job may have started others. Best effort; a clean one starts later. */
  endReader(): Promise<void>;
}

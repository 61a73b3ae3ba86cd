/** The delivery of the host's logs. */
export interface HostLogs {
  /** Resolves once all up to now is delivered, or after 10 s. Never rejects: a termination must not depend on it. */
  flush(): Promise<void>;
}

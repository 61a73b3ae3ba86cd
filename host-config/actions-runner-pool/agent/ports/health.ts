export interface Health {
  /** Has Auto Scaling replace this instance through its termination hook, so that it drains. May be repeated. */
  markUnhealthy(): Promise<void>;
}

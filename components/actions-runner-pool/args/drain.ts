/** How a terminating instance waits for its job. */
export interface DrainArgs {
  /**
   * Seconds after which a drain gives up and stops the runner together with its job; the forced stop is logged, counted
   * and raises an alarm. At least 60, at most min(48 h, 100 x `heartbeatTimeout`), the longest that EC2 Auto Scaling
   * keeps a lifecycle action open. Default: that maximum. A drain always gives up at least 5 minutes before the action
   * expires, so that the agent stops the runner before Auto Scaling terminates the instance.
   */
  maxDrain?: number;

  /**
   * Seconds without a heartbeat after which an instance counts as dead, 30 to 7200 (limits of a lifecycle hook).
   * Default: 1800.
   */
  heartbeatTimeout?: number;

  /**
   * Seconds between the heartbeats of a draining instance, at most a third of `heartbeatTimeout`, so that two may be
   * lost. Default: a third of `heartbeatTimeout`, at most 300.
   */
  heartbeatInterval?: number;

  /**
   * Retains an instance whose heartbeats failed (`Terminating:Retained`: running, billed, outside the group) for the
   * sweep and the operator, instead of terminating it with its job. Default: true.
   */
  retainOnAbandon?: boolean;
}

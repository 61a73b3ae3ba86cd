/** How a terminating instance waits for its job. */
export interface DrainArgs {
  /**
   * Seconds after which a drain gives up and stops the runner together with its job; the forced stop is logged,
   * counted and raises an alarm. A drain always gives up at least 5 minutes before the lifecycle action expires, so
   * that the agent stops the runner before Auto Scaling terminates the instance. Limits: 60 to min(48 h, 100 x
   * `heartbeatTimeout`), the longest that EC2 Auto Scaling keeps a lifecycle action open. Default: that maximum.
   */
  maxDrain?: number;

  /**
   * Seconds without a heartbeat after which an instance counts as dead. Limits: 30 to 7200 (lifecycle hook). Default:
   * 1800.
   */
  heartbeatTimeout?: number;

  /**
   * Seconds between the heartbeats of a draining instance. Limits: 1 to a third of `heartbeatTimeout`, so that two
   * may be lost. Default: a third of `heartbeatTimeout`, at most 300.
   */
  heartbeatInterval?: number;

  /**
   * Retains an instance whose heartbeats failed (`Terminating:Retained`: running, billed, outside the group) for the
   * sweep and the operator, instead of terminating it with its job. Default: true.
   */
  retainOnAbandon?: boolean;
}

/** How an instance that should go waits for its job. */
export interface DrainArgs {
  /**
   * Seconds after which a drain gives up and stops the runner with its job: logged, counted and alarmed. At least 60,
   * at most min(48 h, 100 x `heartbeatTimeout`), the life of a lifecycle action. Default: that maximum. A drain gives
   * up 5 minutes before the action expires, so that the end is still its own.
   */
  maxDrain?: number;

  /** Seconds after which a silent instance counts as dead, 30 to 7200 (limits of a lifecycle hook). Default: 1800. */
  heartbeatTimeout?: number;

  /**
   * Seconds between heartbeats of a draining instance, at most a third of `heartbeatTimeout`, so that two may be lost.
   * Default: a third, at most 300.
   */
  heartbeatInterval?: number;

  /**
   * Keeps an instance whose heartbeats failed (`Terminating:Retained`: running, billed, out of the group) for the
   * sweep and a human, instead of ending it with its job. Default: true.
   */
  retainOnAbandon?: boolean;
}

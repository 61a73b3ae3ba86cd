/** Every time on which two programs of a PersistentRunner must agree, in seconds. */
export const PERSISTENT_TIMING = {
  /** Between two requests of a workflow that waits. */
  pollInterval: 5,
  /** A run waits so long for another run's machine. */
  acquireTimeout: 600,
  /** From its boot, the machine waits so long for its order. Then it stays up for the idle stop, so that an operator can log in. */
  orderTimeout: 120,
  /** Between two checks of the machine whether it is idle. */
  idleInterval: 30,
  /** Between two passes of the reaper. */
  reapInterval: 300,
  /** A stop that EC2 does not show after this time was lost, and is repeated. */
  stopLostAfter: 120,
  /** A machine that is still stopping after this time is stopped by force. */
  forceStopAfter: 300,
  /** An alarm, once a machine has been stopping for this time. */
  stopFailedAfter: 900,
  /** A start of which EC2 shows nothing after this time was never requested: another generation is started. */
  startLostAfter: 60,
  /** A runner that GitHub does not show as connected so long after its machine was found ready counts as a start that hung. */
  connectTimeout: 60,
  /** Every call that changes the machine ends within this time after the write that allowed it. Longer than controlBound. */
  settle: 30,
  /** A run that waits for the machine's start, but has not asked for so long, has ended: the machine is released. */
  holderSilence: 300,
  /**
   * A run may keep the machine for so long after it has switched itself off, so that it can start it again. Below acquireTimeout: a run that
   * waits for a machine whose holder has died gets it.
   */
  heldWhileOff: 300,
  /** What a machine may run beyond its own limits, which it keeps itself, before the reaper stops it or an alarm is raised. */
  overrunMargin: 300,
  /** Waits before another start for want of capacity, after which the next instance type is tried. */
  capacityRetries: [30, 60, 120],
  /** Timeout of the control function, Lambda's longest: a provisioning is waited for. */
  controlTimeout: 900,
  /** Limit of one request's own work, so that a workflow gets an answer, and that none of its calls comes later. */
  controlBound: 25,
  /** For a wait within one invocation of a provisioning. */
  provisionWait: 840,
} as const;

/** Every time on which two programs of a pool must agree, in seconds. Times that only one program uses are defined in its code. */
export const TIMING = {
  /** Between two sweeps: the component schedules them, the function spreads its listings over them. */
  sweepInterval: 300,
  /** Timeout of the sweep function. Below the interval, so that no two sweeps overlap. */
  sweepTimeout: 240,
  /** Limit of the sweep's own work, so that it reports before Lambda ends it. */
  sweepBound: 200,
  /** Between two scheduled passes of the scaler, which also runs when the demand changes. */
  scaleInterval: 60,
  /** Timeout of the scale function. */
  scaleTimeout: 60,
  /** From the start of one invocation on, after which it begins no further pass. */
  scaleBound: 40,
  /** Likewise, at which it gives up a pass that it has begun, so that it reports and releases its lease before Lambda ends it. */
  scalePassBound: 52,
  /** For which one invocation is the only one that acts. Not below the timeout, so that no process outlives its lease. */
  scaleLease: 60,
  /** Timeout of the register and deregister functions: GitHub gets 15 s and each AWS call three attempts of 3 s; the rest is a cold start. */
  eventFunctionTimeout: 60,
  /** Longest time for which EventBridge retries the delivery of an event to a target, with at most 185 attempts. */
  ruleEventAge: 86_400,
  /** Longest time for which Lambda retries an asynchronous invocation. */
  invokeEventAge: 21_600,
  /** Shortest event age that EventBridge and Lambda accept. */
  shortestEventAge: 60,
  /**
   * Time by which a forced stop precedes the expiry of the lifecycle action, at which AWS terminates the instance
   * unconditionally: the runner has up to 30 s to stop, then the action is completed, and the action began before the
   * drain. Without the margin, a stop at the longest maxDrain would be neither orderly nor counted.
   */
  forcedStopMargin: 300,
} as const;

/** Seconds for which a launch event is retried: after that, the launch hook has abandoned the instance. */
export function launchEventAge(launchTimeout: number): number {
  return Math.max(TIMING.shortestEventAge, launchTimeout);
}

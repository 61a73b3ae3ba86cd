/** Every time that two programs of a pool must agree on, in seconds. What only one program knows stands beside its code. */
export const TIMING = {
  /** Between two sweeps: the component schedules them, the function spreads its listings over them. */
  sweepInterval: 300,
  /** Timeout of the sweep function. Below the interval, so that no sweep meets the one before. */
  sweepTimeout: 240,
  /** Bound on the sweep's own work, so that it reports before Lambda ends it. */
  sweepBound: 200,
  /** Timeout of the register and deregister functions: GitHub gets 15 s and each AWS call three attempts of 3 s; the rest is a cold start. */
  eventFunctionTimeout: 60,
  /** Longest for which EventBridge retries the delivery of an event to a target, with at most 185 attempts. */
  ruleEventAge: 86_400,
  /** Longest for which Lambda retries an asynchronous invocation. */
  invokeEventAge: 21_600,
  /** Shortest event age that EventBridge and Lambda accept. */
  shortestEventAge: 60,
  /**
   * By which a forced stop precedes the end of the lifecycle action, when AWS takes the instance without asking: the
   * runner has up to 30 s to stop, then the action is completed, and it began before the drain did. Without the margin a
   * stop at the longest maxDrain would be neither orderly nor counted.
   */
  forcedStopMargin: 300,
} as const;

/** Seconds for which the event of a launch is worth retrying: later, the launch hook has given the instance up. */
export function launchEventAge(launchTimeout: number): number {
  return Math.max(TIMING.shortestEventAge, launchTimeout);
}

import type { HostClock } from "./ports/clock";

/**
 * A monotonic clock, immune to changes of the system time. With the time of day, a clock correction of an hour would
 * make a drain give up its job an hour early or wait an hour too long. Starts at the time of day of its creation, in ms
 * since the epoch, and does not advance while the machine is suspended.
 */
export function monotonicClock(timeOfDay: () => number = Date.now, monotonic: () => number = () => performance.now()): HostClock {
  const begun = timeOfDay() - monotonic();
  return {
    now: () => begun + monotonic(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

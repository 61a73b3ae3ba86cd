import type { HostClock } from "./ports/clock";

/**
 * A monotonic clock, immune to changes of the system time: a drain that takes an hour for past because the clock was
 * corrected would give up its job, one that waits for a time of day would wait an hour longer. Runs on from the time of
 * day at its creation, in ms since the epoch; it stands still while the machine is suspended.
 */
export function monotonicClock(timeOfDay: () => number = Date.now, monotonic: () => number = () => performance.now()): HostClock {
  const begun = timeOfDay() - monotonic();
  return {
    now: () => begun + monotonic(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

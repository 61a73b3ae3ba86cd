/**
 * Milliseconds by which a pass may come early. Those of the schedule are 60 s apart with some jitter: at a timeout of 60 s every other
 * one would find that a second is missing, and the instance would idle for a minute more.
 */
const TOLERANCE = 10_000;
/** Of a shorter timeout a sixth, so that a timeout never becomes none. */
export const toleranceOf = (idleTimeout: number): number => Math.min(TOLERANCE, idleTimeout / 6);

/**
 * Instances that have idled for long enough to leave, the longest first. GitHub gives a job to any idle runner; taking the one that
 * has idled longest is the only way to gather the idle time on few of them.
 */
export function longestIdle(idleSince: Readonly<Record<string, number>>, idleTimeout: number, now: number): string[] {
  return Object.entries(idleSince)
    .filter(([, since]) => now - since >= idleTimeout - toleranceOf(idleTimeout))
    .sort(([one, a], [other, b]) => a - b || (one < other ? -1 : 1))
    .map(([id]) => id);
}

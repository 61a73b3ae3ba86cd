import type { Backoff, Fleet } from "./types";

const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 15 * 60_000;
/**
 * Milliseconds within which a launch is either in service or given up by its hook, in most pools. A failure after a success that
 * recent is one bad instance, not a sign that launches fail.
 */
const LAUNCH_TIME = 180_000;

/**
 * The failures to remember: none as soon as a launch has succeeded since. Auto Scaling repeats a failed launch by itself and for as
 * long as the desired capacity asks for it, so failures during the pause are echoes of what caused it and do not lengthen it.
 */
export function nextBackoff(before: Backoff | undefined, fleet: Fleet, now: number): Backoff | undefined {
  const succeededAfter = (time: number) => fleet.instances.some(({ phase, since }) => phase === "in service" && since > time);
  if (before && succeededAfter(before.failedAt)) return nextBackoff(undefined, fleet, now);
  if (fleet.failedLaunches === 0 || (before && now < before.until)) return before;
  if (succeededAfter(now - LAUNCH_TIME)) return undefined;
  const failures = (before?.failures ?? 0) + 1;
  return { failures, failedAt: now, until: now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1)) };
}

/** Whether no launch may be requested now. When a pause ends, one attempt is allowed even if echoes of the last one arrive. */
export function pausesLaunches(before: Backoff | undefined, after: Backoff | undefined, now: number): boolean {
  if (after === undefined) return false;
  return now < (before ?? after).until;
}

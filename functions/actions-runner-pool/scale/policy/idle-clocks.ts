import type { FleetInstance } from "./types";

/**
 * Since when each idle instance idles. A clock starts at the pass that first sees the instance idle, which the end of its job
 * triggers, and ends with the next job. Without memory all clocks start anew: late, but never early.
 */
export function idleClocks(
  before: Readonly<Record<string, number>>,
  idle: readonly FleetInstance[],
  now: number,
): Readonly<Record<string, number>> {
  // A clock that was set back would otherwise keep an instance for as long.
  return Object.fromEntries(idle.map(({ id }) => [id, Math.min(before[id] ?? now, now)]));
}

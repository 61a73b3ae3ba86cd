import type { FleetInstance } from "./types";

/**
 * Since when each of these instances idles, or is busy without a known job. A clock starts at the pass that first sees it so (the end
 * of its job triggers one), and ends with the state. Without memory all clocks start anew: late, but never early.
 */
export function clocks(
  before: Readonly<Record<string, number>> = {},
  instances: readonly FleetInstance[],
  now: number,
): Readonly<Record<string, number>> {
  // A clock that was set back would otherwise keep an instance for as long.
  return Object.fromEntries(instances.map(({ id }) => [id, Math.min(before[id] ?? now, now)]));
}

import type { ScalingState } from "./types";

/**
 * `wanted`: what the group needs, and what scale-in leaves. `target`: what scale-out asks for, which adds the hedge. Runners that
 * are kept idle serve as a hedge too, so the larger of the two counts. The maximum wins over every floor.
 *
 * @param occupied runners for the jobs that run and that wait.
 * @param extra launches beyond that, as a hedge against slow boots.
 */
export function sizes(
  { fleet: { minSize, maxSize }, scheduledFloor }: ScalingState,
  minIdle: number,
  occupied: number,
  extra: number,
): { wanted: number; target: number } {
  const within = (size: number) => Math.min(maxSize, Math.max(size, minSize, scheduledFloor));
  return { wanted: within(occupied + minIdle), target: within(occupied + Math.max(minIdle, extra)) };
}

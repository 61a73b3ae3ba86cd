import { nextTime, type Schedule } from "../../../contract/actions-runner-pool/schedules";

/**
 * Instances that the schedules in force keep in service; 0 without any. Of several the highest counts. A schedule is in force for
 * `duration` from each of its times on, inclusive of the first second and exclusive of the last.
 *
 * @param now milliseconds since the epoch.
 */
export function scheduledFloor(schedules: readonly Schedule[], now: number): number {
  return Math.max(0, ...schedules.filter((schedule) => inForce(schedule, now)).map(({ minSize }) => minSize));
}

function inForce(schedule: Schedule, now: number): boolean {
  // Times are whole seconds: the first one after `now - duration` decides.
  const second = Math.floor(now / 1000);
  const next = nextTime(schedule, new Date((second - schedule.duration) * 1000));
  return next !== null && next.getTime() <= now;
}

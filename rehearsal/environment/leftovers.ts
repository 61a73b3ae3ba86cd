import type { RunningCloud } from "../aws";
import type { GitHub } from "../github";

/**
 * Whatever is still there after `destroy`. Hooks are deliberately not deleted by the program (that would complete the
 * actions of draining instances); they went with their group, unless the group is still there.
 *
 * @param seeded names of secrets that the administrator put there, not the program.
 */
export function leftovers(cloud: RunningCloud, github: GitHub, seeded: readonly string[]): string[] {
  const groups = cloud.autoscaling.groupNames();
  return [
    ...github.runners().map((runner) => `runner ${runner.name} at GitHub`),
    ...cloud.secrets.names().flatMap((name) => (seeded.includes(name) ? [] : [`secret ${name}`])),
    ...groups.map((group) => `group ${group}`),
    ...cloud.fleet.list().flatMap(({ id, state }) => (state === "terminated" ? [] : [`instance ${id} (${state})`])),
    ...cloud.store
      .all()
      .filter(({ type }) => type !== "aws:autoscaling/lifecycleHook:LifecycleHook")
      .map(({ type, id }) => `${type} ${id}`),
  ];
}

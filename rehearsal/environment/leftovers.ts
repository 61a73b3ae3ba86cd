import type { AwsStandIn } from "../aws";
import type { GitHub } from "../github";

/**
 * What still exists after `destroy`. The program deliberately does not delete lifecycle hooks (that would complete the
 * actions of draining instances): they are deleted with their group, so a remaining hook is not counted by itself.
 *
 * @param seeded names of secrets that the administrator created, not the program.
 */
export function leftovers(aws: AwsStandIn, github: GitHub, seeded: readonly string[]): string[] {
  const groups = aws.autoscaling.groupNames();
  return [
    ...github.runners().map((runner) => `runner ${runner.name} at GitHub`),
    ...github.webhookUrls().flatMap((url) => (isReachable(url) ? [`webhook to ${url} at GitHub`] : [])),
    ...aws.secrets.names().flatMap((name) => (seeded.includes(name) ? [] : [`secret ${name}`])),
    ...groups.map((group) => `group ${group}`),
    ...aws.fleet.list().flatMap(({ id, state }) => (state === "terminated" ? [] : [`instance ${id} (${state})`])),
    // Root volumes: those that the program deployed are in the store.
    ...aws.volumes.list().flatMap(({ id }) => (aws.store.get("aws:ebs/volume:Volume", id) ? [] : [`volume ${id}`])),
    ...aws.store
      .all()
      .filter(({ type }) => type !== "aws:autoscaling/lifecycleHook:LifecycleHook")
      .map(({ type, id }) => `${type} ${id}`),
  ];
}

/** An App's webhook cannot be deleted; one that is given back has no address, or one below `.invalid`, which resolves nowhere (RFC 2606). */
function isReachable(url: string): boolean {
  return url !== "" && !new URL(url).hostname.endsWith(".invalid");
}

/**
 * On a secret for one machine: `<unique id of the instance role>:<instance id>`, which is the value of `${aws:userid}`
 * for credentials from that instance's profile. With it, the host's policy allows access only to the instance's own secret.
 */
export const OWNER_TAG = "ci-runners:owner";

export function secretOwner(hostRoleUniqueId: string, instanceId: string): string {
  return `${hostRoleUniqueId}:${instanceId}`;
}

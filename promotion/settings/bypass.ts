import type { BypassActor, Ruleset } from "./repository-settings";

/** Ids of GitHub's own roles in bypass lists. Any other number is a role that an organization made, of unknown rights. */
const MAINTAIN = 2;
const ADMIN = 5;
const ROLES: Record<number, string> = { [MAINTAIN]: "maintain", 4: "write", [ADMIN]: "admin" };

/** Who may ignore a ruleset without weakening it: `admins`, or for the creation of tags also those who release. */
export type Allowed = "admins" | "releasers";

/**
 * The actors of a ruleset's bypass list that open it to more than `allowed`; undefined if the token may not see the list.
 * Admins can change the ruleset itself, so a bypass gives them nothing. A bypass in pull requests alone counts as well: it
 * merges a change without the checks and without the owners' review.
 */
export function openTo({ bypass_actors }: Ruleset, allowed: Allowed): string[] | undefined {
  return bypass_actors?.filter((actor) => !isAllowed(actor, allowed)).map(describe);
}

function isAllowed({ actor_type, actor_id }: BypassActor, allowed: Allowed): boolean {
  if (actor_type === "OrganizationAdmin") return true;
  if (actor_type === "RepositoryRole") return actor_id === ADMIN || (allowed === "releasers" && actor_id === MAINTAIN);
  // Chosen one by one; a deploy key is not: each one with write access is on the list.
  return allowed === "releasers" && ["Team", "User", "Integration"].includes(actor_type);
}

function describe({ actor_type, actor_id, bypass_mode }: BypassActor): string {
  const who =
    actor_type === "RepositoryRole" ? `role ${ROLES[actor_id ?? 0] ?? actor_id}` : `${actor_type}${actor_id ? ` ${actor_id}` : ""}`;
  return `${who} (${bypass_mode ?? "always"})`;
}

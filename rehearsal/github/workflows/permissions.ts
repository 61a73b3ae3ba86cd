import type { Permissions } from "./model";

export type Granted = Record<string, "read" | "write">;

/** What a job's token can do where neither the workflow nor the job says so: GitHub's restricted default. */
const DEFAULT: Granted = { contents: "read", packages: "read" };
const ALL = [
  "actions",
  "attestations",
  "checks",
  "contents",
  "deployments",
  "discussions",
  "id-token",
  "issues",
  "packages",
  "pages",
  "pull-requests",
  "repository-projects",
  "security-events",
  "statuses",
];

/**
 * Permissions of a job's own token. Naming one takes away all that are not named.
 *
 * @param most of the calling job, which a called workflow cannot exceed
 */
export function permissionsOf(
  workflow: Permissions | undefined,
  job: Permissions | undefined,
  isFromFork: boolean,
  most?: Granted,
): Granted {
  const asked = named(job ?? workflow) ?? most ?? DEFAULT;
  const granted: Granted = {};
  for (const [name, level] of Object.entries(asked)) {
    const limited = isFromFork || (most && most[name] !== "write") ? "read" : level;
    if (most && most[name] === undefined) continue;
    if (name === "id-token" && limited !== "write") continue;
    granted[name] = limited;
  }
  return granted;
}

/** What a job of a called workflow asks for and its caller does not have: `id-token: write`, and `id-token: none` that it may have. */
export function excessOf(
  workflow: Permissions | undefined,
  job: Permissions | undefined,
  most: Granted,
): { asked: string; allowed: string } | undefined {
  const excess = Object.entries(named(job ?? workflow) ?? {}).find(([name, level]) =>
    level === "write" ? most[name] !== "write" : !most[name],
  );
  return excess && { asked: `${excess[0]}: ${excess[1]}`, allowed: `${excess[0]}: ${most[excess[0]] ?? "none"}` };
}

function named(permissions: Permissions | undefined): Granted | undefined {
  if (permissions === undefined) return undefined;
  if (permissions === "read-all")
    return Object.fromEntries(ALL.filter((name) => name !== "id-token").map((name) => [name, "read" as const]));
  if (permissions === "write-all") return Object.fromEntries(ALL.map((name) => [name, "write" as const]));
  return Object.fromEntries(Object.entries(permissions).filter((entry): entry is [string, "read" | "write"] => entry[1] !== "none"));
}

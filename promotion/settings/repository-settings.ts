import { RefusedError } from "../refused-error";
import type { GitHubReader, Read, Refusal } from "./github-reader";

export interface BypassActor {
  actor_id?: number | null;
  actor_type: string;
  /** GitHub treats a missing mode as `always`. */
  bypass_mode?: string;
}

/** A rule as GitHub returns it; `parameters` depend on the type. */
export interface Rule {
  type: string;
  parameters?: Record<string, unknown>;
}

export interface Ruleset {
  id: number;
  name: string;
  target?: string;
  enforcement: string;
  conditions?: { ref_name?: { include?: string[]; exclude?: string[] } } | null;
  rules?: Rule[];
  /** Undefined: the token may not see them. */
  bypass_actors?: BypassActor[];
}

interface Environment {
  name: string;
  deployment_branch_policy: { protected_branches: boolean; custom_branch_policies: boolean } | null;
  protection_rules?: { type: string; reviewers?: unknown[] }[];
}

export interface BranchPolicy {
  name: string;
  /** Missing in policies that are older than policies for tags. */
  type?: string;
}

/** Everything that the check needs to know of a repository; what GitHub refuses is kept with its reason. */
export interface RepositorySettings {
  rulesets: Read<Ruleset[]>;
  /** The rules in force for main, each with its ruleset. */
  mainRules: Read<(Rule & { ruleset_id: number })[]>;
  environments: Read<Environment[]>;
  /** By the environment's name; only of environments that have such policies. */
  policies: Map<string, Read<BranchPolicy[]>>;
  codeOwnersErrors: Read<{ errors: { line: number; kind: string; path: string }[] }>;
  workflowPermissions: Read<{ can_approve_pull_request_reviews: boolean }>;
  /** Names of secrets, without values, by where they are. */
  secrets: Record<"repository" | "organization" | "promotion", Read<{ name: string }[]>>;
}

/** @throws RefusedError if GitHub cannot be asked, or shows nothing of the repository to this token */
export async function readSettings(reader: GitHubReader, repository: string): Promise<RepositorySettings> {
  const listed = await reader.all<Ruleset>("rulesets?includes_parents=true");
  const mainRules = await reader.all<Rule & { ruleset_id: number }>("rules/branches/main");
  const environments = await reader.all<Environment>("environments");
  if ([listed, mainRules, environments].every(({ refusal }) => refusal?.status === 404)) {
    throw new RefusedError(
      `${repository}: GitHub has no such repository, or GH_TOKEN may not read it; name it with --repository OWNER/REPO`,
    );
  }
  const policies: RepositorySettings["policies"] = new Map();
  for (const { name, deployment_branch_policy } of environments.refusal ? [] : environments.value) {
    if (!deployment_branch_policy?.custom_branch_policies) continue;
    policies.set(name, await reader.all<BranchPolicy>(`environments/${encodeURIComponent(name)}/deployment-branch-policies`));
  }
  return {
    rulesets: listed.refusal ? listed : await inFull(reader, listed.value),
    mainRules,
    environments,
    policies,
    codeOwnersErrors: await reader.one("codeowners/errors?ref=main"),
    workflowPermissions: await reader.one("actions/permissions/workflow"),
    secrets: {
      repository: await reader.all("actions/secrets"),
      organization: await reader.all("actions/organization-secrets"),
      promotion: await reader.all("environments/promotion/secrets"),
    },
  };
}

/** A list shows neither rules nor conditions of a ruleset. */
async function inFull(reader: GitHubReader, listed: readonly Ruleset[]): Promise<Read<Ruleset[]>> {
  const value: Ruleset[] = [];
  let refusal: Refusal | undefined;
  for (const { id } of listed) {
    const one = await reader.one<Ruleset>(`rulesets/${id}?includes_parents=true`);
    // 404: it was deleted since the list was read.
    if (one.refusal === undefined) value.push(one.value);
    else if (one.refusal.status !== 404) refusal = one.refusal;
  }
  return refusal ? { refusal } : { value };
}

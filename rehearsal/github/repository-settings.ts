/** Who or what may ignore the rules of a ruleset. GitHub treats a missing mode as `always`. */
interface BypassActor {
  actor_id: number | null;
  actor_type: "Integration" | "OrganizationAdmin" | "RepositoryRole" | "Team" | "DeployKey" | "User";
  bypass_mode?: "always" | "pull_request" | "exempt";
}

export interface Ruleset {
  id: number;
  name: string;
  target: "branch" | "tag";
  /** `evaluate` only reports what it would refuse. */
  enforcement: "active" | "disabled" | "evaluate";
  source_type: "Repository" | "Organization";
  bypass_actors: BypassActor[];
  conditions: { ref_name: { include: string[]; exclude: string[] } };
  rules: { type: string; parameters?: object }[];
}

export interface Environment {
  name: string;
  /** Null: a job of any branch or tag may use the environment. */
  deployment_branch_policy: { protected_branches: boolean; custom_branch_policies: boolean } | null;
  /** GitHub omits the type of policies that are older than policies for tags. */
  branch_policies: { name: string; type?: "branch" | "tag" }[];
  /** Teams that may approve a deployment. */
  reviewers: string[];
  /** Names of its secrets. */
  secrets: string[];
}

/** The settings of a repository that decide who may deploy, tag and merge. */
export interface RepositorySettings {
  /** A private repository of a free plan has no rulesets. */
  hasRulesets: boolean;
  rulesets: Ruleset[];
  environments: Environment[];
  /** What GitHub reports of CODEOWNERS; undefined: there is no such file. */
  codeOwnersErrors?: { line: number; kind: string }[];
  /** "Allow GitHub Actions to create and approve pull requests" */
  actionsMayApprove: boolean;
  /** Names of secrets for Actions: of the repository, and of its organization if they are shared with it. */
  secrets: { repository: string[]; organization: string[] };
}

/** Whether a ruleset's conditions cover a ref, such as `refs/heads/main`. A `*` does not cover a slash. */
export function covers({ conditions }: Ruleset, ref: string): boolean {
  const matches = (pattern: string) =>
    pattern === "~ALL" ||
    (pattern === "~DEFAULT_BRANCH" && ref === "refs/heads/main") ||
    new RegExp(
      `^${pattern
        .replaceAll(/[.+^${}()|\\]/g, "\\$&")
        .replaceAll("*", "[^/]*")
        .replaceAll("?", "[^/]")}$`,
    ).test(ref);
  return conditions.ref_name.include.some(matches) && !conditions.ref_name.exclude.some(matches);
}

import type { Caller, TokenAccess as Access } from "./github-credentials";
import { type GitHubReply, type GitHubRequest, HttpError } from "./http";
import { covers, type Environment, type RepositorySettings, type Ruleset } from "./repository-settings";

/** Cuts a list to the requested page; returns the headers that link to the others. */
type Paged = <T>(call: GitHubRequest, all: readonly T[]) => { items: T[]; headers: Record<string, string> };
type Act = (call: GitHubRequest, match: Record<string, string>, caller: Caller) => GitHubReply;

const REPOSITORY = "/repos/{owner}/{repo}";
const CREATED = "2024-01-01T00:00:00Z";

/** The routes for rulesets, the rules of a branch, environments and the errors of CODEOWNERS, in OpenAPI's spelling. */
export function settingsRoutes(repositories: ReadonlyMap<string, RepositorySettings>, paged: Paged): [template: string, act: Act][] {
  /** @param need what a caller without it is refused with 403; who does not cover the repository gets 404 */
  const route =
    (
      need: Access,
      act: (settings: RepositorySettings, call: GitHubRequest, match: Record<string, string>, access: Access) => GitHubReply,
    ): Act =>
    (call, match, caller) => {
      const name = `${match.owner}/${match.repository}`.toLowerCase();
      const access = accessOf(caller, name);
      const settings = access && repositories.get(name);
      if (!settings) throw new HttpError(404, "Not Found");
      if ((need === "read" && access === "metadata") || (need === "admin" && access !== "admin")) {
        throw new HttpError(403, `Resource not accessible by ${caller.kind === "token" ? "personal access token" : "integration"}`);
      }
      return act(settings, call, match, access);
    };
  const list = (call: GitHubRequest, all: readonly object[], key?: string): GitHubReply => {
    const { items, headers } = paged(call, all);
    return { status: 200, body: key === undefined ? items : { total_count: all.length, [key]: items }, headers };
  };
  const rulesets = (settings: RepositorySettings): Ruleset[] => {
    if (!settings.hasRulesets) throw new HttpError(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.");
    return settings.rulesets;
  };
  return [
    [
      `${REPOSITORY}/rulesets`,
      route("metadata", (settings, call, match) =>
        list(
          call,
          rulesets(settings).map((one) => summary(one, match)),
        ),
      ),
    ],
    [
      `${REPOSITORY}/rulesets/{ruleset_id}`,
      route("metadata", (settings, _, match, access) => {
        const found = rulesets(settings).find(({ id }) => id === Number(match.ruleset_id));
        if (!found) throw new HttpError(404, "Not Found");
        const { bypass_actors, conditions, rules } = found;
        // An organization's ruleset shows them to the organization's owners only.
        const shown = access === "admin" && found.source_type === "Repository";
        return { status: 200, body: { ...summary(found, match), conditions, rules, ...(shown ? { bypass_actors } : {}) } };
      }),
    ],
    [
      `${REPOSITORY}/rules/branches/{branch}`,
      route("metadata", (settings, call, match) => {
        const ref = `refs/heads/${decodeURIComponent(match.branch!)}`;
        const active = rulesets(settings).filter((one) => one.target === "branch" && one.enforcement === "active" && covers(one, ref));
        const source = (one: Ruleset) => ({
          ruleset_id: one.id,
          ruleset_source_type: one.source_type,
          ruleset_source: sourceOf(one, match),
        });
        return list(
          call,
          active.flatMap((one) => one.rules.map((rule) => ({ ...rule, ...source(one) }))),
        );
      }),
    ],
    [
      `${REPOSITORY}/environments`,
      route("read", (settings, call) => list(call, settings.environments.map(environmentBody), "environments")),
    ],
    [
      `${REPOSITORY}/environments/{environment_name}/deployment-branch-policies`,
      route("read", (settings, call, match) => {
        const name = decodeURIComponent(match.environment_name!);
        const found = settings.environments.find((one) => one.name === name);
        // "The deployment_branch_policy.custom_branch_policies property for the environment must be set to true."
        if (!found?.deployment_branch_policy?.custom_branch_policies) throw new HttpError(404, "Not Found");
        return list(
          call,
          found.branch_policies.map((policy, at) => ({ id: at + 1, node_id: `P_${at + 1}`, ...policy })),
          "branch_policies",
        );
      }),
    ],
    [
      `${REPOSITORY}/environments/{environment_name}/secrets`,
      route("read", ({ environments }, call, match) => {
        const name = decodeURIComponent(match.environment_name!);
        const found = environments.find((one) => one.name === name);
        if (!found) throw new HttpError(404, "Not Found");
        return list(call, found.secrets.map(secretBody), "secrets");
      }),
    ],
    [`${REPOSITORY}/actions/secrets`, route("read", ({ secrets }, call) => list(call, secrets.repository.map(secretBody), "secrets"))],
    [
      `${REPOSITORY}/actions/organization-secrets`,
      route("read", ({ secrets }, call) => list(call, secrets.organization.map(secretBody), "secrets")),
    ],
    [
      `${REPOSITORY}/actions/permissions/workflow`,
      route("admin", ({ actionsMayApprove }) => ({
        status: 200,
        body: { default_workflow_permissions: "read", can_approve_pull_request_reviews: actionsMayApprove },
      })),
    ],
    [
      `${REPOSITORY}/codeowners/errors`,
      route("read", ({ codeOwnersErrors }) => {
        if (!codeOwnersErrors) throw new HttpError(404, "Not Found");
        const message = ({ line, kind }: { line: number; kind: string }) =>
          `${kind} on line ${line}: make sure the owner exists and has write access`;
        const errors = codeOwnersErrors.map((one) => ({ ...one, column: 1, path: ".github/CODEOWNERS", message: message(one) }));
        return { status: 200, body: { errors } };
      }),
    ],
  ];
}

function accessOf(caller: Caller, repository: string): Access | undefined {
  if (caller.kind === "app") throw new HttpError(401, "Bad credentials");
  if (caller.kind === "token") return caller.scopes.some((own) => own.toLowerCase() === repository) ? caller.access : undefined;
  const { account, repositories, permissions } = caller.installation;
  const [owner, name] = repository.split("/");
  if (account.toLowerCase() !== owner || (repositories && !repositories.some((own) => own.toLowerCase() === name))) return undefined;
  if (permissions.administration === "write") return "admin";
  return permissions.actions ? "read" : "metadata";
}

function sourceOf({ source_type }: Ruleset, match: Record<string, string>): string {
  return source_type === "Organization" ? match.owner! : `${match.owner}/${match.repository}`;
}

/** What a list shows of a ruleset: neither its conditions nor its rules. */
function summary(ruleset: Ruleset, match: Record<string, string>): object {
  const { id, name, target, enforcement, source_type } = ruleset;
  return {
    id,
    name,
    target,
    enforcement,
    source_type,
    source: sourceOf(ruleset, match),
    node_id: `RRS_${id}`,
    created_at: CREATED,
    updated_at: CREATED,
  };
}

const secretBody = (name: string) => ({ name, created_at: CREATED, updated_at: CREATED });

function environmentBody({ name, deployment_branch_policy, reviewers }: Environment, at: number): object {
  const url = `https://api.github.com/environments/${encodeURIComponent(name)}`;
  const rule = (type: string, more: object = {}) => ({ id: at + 1, node_id: `G_${at + 1}`, type, ...more });
  const teams = reviewers.map((slug, id) => ({ type: "Team", reviewer: { id, node_id: `T_${id}`, slug, name: slug } }));
  return {
    id: at + 1,
    node_id: `EN_${at + 1}`,
    name,
    url,
    html_url: url,
    created_at: CREATED,
    updated_at: CREATED,
    deployment_branch_policy,
    protection_rules: [
      ...(deployment_branch_policy ? [rule("branch_policy")] : []),
      ...(reviewers.length > 0 ? [rule("required_reviewers", { prevent_self_review: false, reviewers: teams })] : []),
    ],
  };
}

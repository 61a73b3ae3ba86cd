import type { Json } from "./plan";

/** Values of the `github` context that the runner exports as `GITHUB_*`; the others exist in expressions only. */
const EXPORTED = [
  "action",
  "action_path",
  "action_ref",
  "action_repository",
  "actor",
  "actor_id",
  "api_url",
  "base_ref",
  "event_name",
  "event_path",
  "graphql_url",
  "head_ref",
  "job",
  "ref",
  "ref_name",
  "ref_protected",
  "ref_type",
  "repository",
  "repository_id",
  "repository_owner",
  "repository_owner_id",
  "retention_days",
  "run_attempt",
  "run_id",
  "run_number",
  "server_url",
  "sha",
  "triggering_actor",
  "workflow",
  "workflow_ref",
  "workflow_sha",
  "workspace",
] as const;

export function gitHubVariables(github: { [key: string]: Json }): Record<string, string> {
  const variables: Record<string, string> = { CI: "true", GITHUB_ACTIONS: "true" };
  for (const key of EXPORTED) {
    const value = github[key];
    if (value !== undefined && value !== null) variables[`GITHUB_${key.toUpperCase()}`] = String(value);
  }
  return variables;
}

/** Of the `runner` context, as `RUNNER_*`. */
export function runnerVariables(runner: { [key: string]: Json }): Record<string, string> {
  return Object.fromEntries(Object.entries(runner).map(([key, value]) => [`RUNNER_${key.toUpperCase()}`, String(value)]));
}

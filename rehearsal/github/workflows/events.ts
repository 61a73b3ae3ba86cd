import type { Files, Json } from "../../runner/steps/plan";

/** What happened in a repository, for the workflows that it may start. */
export interface WorkflowEvent {
  /** `OWNER/REPO` in which the workflows run. */
  repository: string;
  /** Such as `push`. */
  name: string;
  /** Such as `labeled`. */
  action?: string;
  /** Full name of the ref, or `refs/pull/N/merge`. */
  ref: string;
  sha: string;
  /** The tree whose workflow files decide, and that the jobs check out. */
  files: Files;
  /** For the filters: a branch, or a tag. */
  branch?: string;
  tag?: string;
  /** Of the change; absent: filters by path do not apply. */
  paths?: string[];
  /** Of a pull request: its branches. */
  headRef?: string;
  baseRef?: string;
  /** A pull request from a fork: no secrets, a token that only reads, none for `id-token`. */
  isFromFork?: boolean;
  actor: string;
  /** The `github.event` context. */
  payload: { [key: string]: Json };
  /** Of a commit or a pull request: may contain `[skip ci]`. */
  message?: string;
  /** `workflow_dispatch`: the only workflow that it is for, and its inputs. */
  workflow?: string;
  inputs?: Record<string, Json>;
}

/** Parts of a payload that every event has. */
export function commonPayload(repository: string, isPrivate: boolean, actor: string, defaultBranch: string): { [key: string]: Json } {
  const [owner = "", name = ""] = repository.split("/");
  return {
    repository: {
      name,
      full_name: repository,
      private: isPrivate,
      fork: false,
      default_branch: defaultBranch,
      owner: { login: owner },
      html_url: `https://github.com/${repository}`,
    },
    organization: { login: owner },
    sender: { login: actor, type: "User" },
  };
}

/** The `github` context of a run, apart from what only its jobs have. */
export function gitHubContext(
  event: WorkflowEvent,
  run: { id: number; number: number; attempt: number; workflow: string; path: string; repositoryId: number; server: string; api: string },
): { [key: string]: Json } {
  const { repository, ref } = event;
  return {
    actor: event.actor,
    actor_id: "1",
    api_url: run.api,
    base_ref: event.baseRef ?? "",
    event: event.payload,
    event_name: event.name,
    graphql_url: `${run.api}/graphql`,
    head_ref: event.headRef ?? "",
    ref,
    ref_name: ref.replace(/^refs\/(?:heads|tags|pull)\//, ""),
    ref_protected: false,
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    repository,
    repository_id: String(run.repositoryId),
    repository_owner: repository.split("/")[0] ?? "",
    repository_owner_id: "1",
    retention_days: "90",
    run_attempt: String(run.attempt),
    run_id: String(run.id),
    run_number: String(run.number),
    server_url: run.server,
    sha: event.sha,
    triggering_actor: event.actor,
    workflow: run.workflow,
    workflow_ref: `${repository}/${run.path}@${ref}`,
    workflow_sha: event.sha,
  };
}

import { createHash } from "node:crypto";
import { ended, type Job, type Run } from "./jobs";
import type { Repository } from "./repositories";
import { repositoryBody } from "./repository-shapes";
import type { RunnerGroup } from "./runner-groups";
import { conclusionOf, statusOf } from "./runs";
import { account, instant } from "./shapes";

/** Reply bodies of the routes for workflow runs, jobs and runner groups, in the shape of GitHub's OpenAPI description. */

/** The status that GitHub shows: an assigned job is queued until its runner has acquired it. */
function shownStatus(job: Job): "waiting" | "queued" | "in_progress" | "completed" {
  if (ended(job)) return "completed";
  if (job.state === "waiting") return "waiting";
  return job.state === "acquired" ? "in_progress" : "queued";
}

/** A job, as the REST API and webhooks describe it. */
export function jobBody(job: Job, api: string): Record<string, unknown> {
  const { run, number } = job;
  const url = `${api}/repos/${run.repository}`;
  const sha = shaOf(run);
  return {
    id: number,
    run_id: run.id,
    workflow_name: run.workflow,
    head_branch: run.file?.branch ?? "main",
    run_url: `${url}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: `CR_${number}`,
    head_sha: sha,
    url: `${url}/actions/jobs/${number}`,
    html_url: `https://github.com/${run.repository}/actions/runs/${run.id}/job/${number}`,
    status: shownStatus(job),
    conclusion: job.conclusion ?? null,
    created_at: instant(job.createdAt),
    // Never null: until the job runs, the time of its creation.
    started_at: instant(job.acquiredAt ?? (job.state === "canceled" ? job.endedAt : undefined) ?? job.createdAt),
    completed_at: job.endedAt === undefined ? null : instant(job.endedAt),
    name: job.spec.name,
    steps: (job.steps ?? []).map(({ name, conclusion }, index) => ({ name, status: "completed", conclusion, number: index + 1 })),
    check_run_url: `${url}/check-runs/${number}`,
    labels: job.spec.labels,
    ...runnerOf(job),
  };
}

/** Null while the job waits. A job that was cancelled while it waited has no null but zero and an empty name. */
function runnerOf(job: Job): Record<string, unknown> {
  const { runnerGroup } = job;
  if (job.acquiredAt !== undefined && runnerGroup) {
    const group = { runner_group_id: runnerGroup.id, runner_group_name: runnerGroup.name };
    return { runner_id: job.runnerId, runner_name: job.runnerName, ...group };
  }
  return job.state === "canceled"
    ? { runner_id: 0, runner_name: "", runner_group_id: 0, runner_group_name: "" }
    : { runner_id: null, runner_name: null, runner_group_id: null, runner_group_name: null };
}

export function runBody(run: Run, repository: Repository, api: string): Record<string, unknown> {
  const url = `${api}/repos/${run.repository}/actions/runs/${run.id}`;
  const { file } = run;
  const actor = account(file?.actor ?? "octocat", "User", api);
  const author = { name: "octocat", email: "octocat@example.com" };
  const sha = shaOf(run);
  const changes = run.jobs.flatMap((job) => [job.createdAt, job.acquiredAt ?? 0, job.endedAt ?? 0]);
  return {
    id: run.id,
    name: run.workflow,
    node_id: `WFR_${run.id}`,
    head_branch: file?.branch ?? "main",
    head_sha: sha,
    path: file?.path ?? `.github/workflows/${run.workflow}.yml`,
    display_title: file?.title ?? run.workflow,
    run_number: run.number,
    run_attempt: run.attempt,
    event: file?.event ?? "push",
    status: statusOf(run),
    conclusion: conclusionOf(run),
    workflow_id: 1,
    url,
    html_url: `https://github.com/${run.repository}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: instant(run.createdAt),
    updated_at: instant(Math.max(run.createdAt, ...changes)),
    actor,
    triggering_actor: actor,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/repos/${run.repository}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${api}/repos/${run.repository}/actions/workflows/1`,
    head_commit: { id: sha, tree_id: sha, message: "Change", timestamp: instant(run.createdAt), author, committer: author },
    repository: repositoryBody(repository, api),
    head_repository: repositoryBody(repository, api),
  };
}

export function groupBody(group: RunnerGroup, organization: string, api: string): Record<string, unknown> {
  const url = `${api}/orgs/${organization}/actions/runner-groups/${group.id}`;
  return {
    id: group.id,
    name: group.name,
    visibility: group.repositories ? "selected" : "all",
    default: group.isDefault,
    ...(group.repositories && { selected_repositories_url: `${url}/repositories` }),
    runners_url: `${url}/runners`,
    inherited: false,
    allows_public_repositories: false,
    restricted_to_workflows: false,
    selected_workflows: [],
    workflow_restrictions_read_only: false,
  };
}

function shaOf(run: Run): string {
  if (run.file) return run.file.sha;
  return createHash("sha1").update(String(run.id)).digest("hex");
}

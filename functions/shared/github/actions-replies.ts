import type { Repository, RunnerGroup, WorkflowJob, WorkflowRun } from "./api";
import { readEach, readTime } from "./pages";

/** Readers of GitHub's replies about Actions: each checks the fields that it uses, and returns undefined if one is not as documented. */

export function readRepository(data: any): Repository | undefined {
  if (typeof data?.full_name !== "string") return undefined;
  return { name: data.full_name, dormant: data.archived === true || data.disabled === true };
}

export function readNames(data: any): string[] | undefined {
  return readEach(data?.repositories, (one) => readRepository(one)?.name);
}

export function readRuns(data: any): WorkflowRun[] | undefined {
  return readEach(data?.workflow_runs, (run): WorkflowRun | undefined => {
    const createdAt = readTime(run?.created_at);
    if (typeof run?.id !== "number" || createdAt === undefined) return undefined;
    return { id: run.id, attempt: attemptOf(run), status: String(run.status ?? ""), createdAt };
  });
}

export function readJobs(data: any): WorkflowJob[] | undefined {
  return readEach(data?.jobs, readJob);
}

export function readJob(data: any): WorkflowJob | undefined {
  const createdAt = readTime(data?.created_at);
  const { id, run_id: runId, name, status, labels } = data ?? {};
  if (typeof id !== "number" || typeof runId !== "number" || typeof name !== "string" || typeof status !== "string") return undefined;
  if (createdAt === undefined || !Array.isArray(labels)) return undefined;
  const runner = textOf(data.runner_name);
  const hasRun = status === "in_progress" || (status === "completed" && runner !== undefined);
  const startedAt = hasRun ? readTime(data.started_at) : undefined;
  const completedAt = readTime(data.completed_at);
  const workflow = textOf(data.workflow_name);
  const runnerGroup = textOf(data.runner_group_name);
  const conclusion = textOf(data.conclusion);
  return {
    id,
    runId,
    attempt: attemptOf(data),
    name,
    status,
    labels: labels.map(String),
    createdAt,
    ...(workflow !== undefined && { workflow }),
    ...(conclusion !== undefined && { conclusion }),
    ...(startedAt !== undefined && { startedAt }),
    ...(completedAt !== undefined && { completedAt }),
    ...(runner !== undefined && { runner }),
    ...(runnerGroup !== undefined && { runnerGroup }),
  };
}

export function readGroup(data: any): RunnerGroup | undefined {
  const { id, name, visibility } = data ?? {};
  if (typeof id !== "number" || typeof name !== "string") return undefined;
  if (visibility !== "all" && visibility !== "selected" && visibility !== "private") return undefined;
  return {
    id,
    name,
    visibility,
    isDefault: data.default === true,
    ...(typeof data.allows_public_repositories === "boolean" && { allowsPublicRepositories: data.allows_public_repositories }),
    ...(data.restricted_to_workflows === true && { workflows: (data.selected_workflows ?? []).map(String) }),
  };
}

/** Absent on an old Enterprise Server. */
function attemptOf(data: any): number {
  return typeof data.run_attempt === "number" ? data.run_attempt : 1;
}

/** GitHub sends null or an empty text for what does not exist, such as the runner of a queued job. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

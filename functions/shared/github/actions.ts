import type { ActionsApi, Conditional, Repository, RerunOutcome, RunnerGroup, RunStatus, WorkflowJob, WorkflowRun } from "./api";
import { readGroup, readJob, readJobs, readNames, readRepository, readRuns } from "./actions-replies";
import { GitHubError } from "./error";
import { readAll, readEach, readPages } from "./pages";
import type { Call, GitHubTransport } from "./transport";

/** Bounds on lists, in pages of 100. */
const MOST = {
  /** 10,000 repositories. */
  repositories: 100,
  /** GitHub shows at most 1,000 runs of one status. */
  runs: 10,
  /** A matrix has at most 256 jobs, and a run several of them. */
  jobs: 20,
  /** An organization has at most 10,000 runner groups. */
  groups: 100,
};

/** Repositories, workflow runs, jobs and runner groups, as the installation of an App sees them. */
export class GitHubActions implements ActionsApi {
  constructor(private readonly transport: GitHubTransport) {}

  repositories(signal: AbortSignal): Promise<readonly Repository[]> {
    const read = (data: any) => readEach(data?.repositories, readRepository);
    return readAll(this.transport, { method: "GET", path: "/installation/repositories" }, read, MOST.repositories, signal);
  }

  runs(repository: string, status: RunStatus, etag: string | undefined, signal: AbortSignal): Promise<Conditional<readonly WorkflowRun[]>> {
    const call = { method: "GET", path: `${actionsOf(repository)}/runs`, query: { status } } as const;
    return this.conditional(call, etag, readRuns, MOST.runs, signal);
  }

  jobs(repository: string, runId: number, etag: string | undefined, signal: AbortSignal): Promise<Conditional<readonly WorkflowJob[]>> {
    const call = { method: "GET", path: `${actionsOf(repository)}/runs/${runId}/jobs`, query: { filter: "latest" } } as const;
    return this.conditional(call, etag, readJobs, MOST.jobs, signal);
  }

  async job(repository: string, jobId: number, signal: AbortSignal): Promise<WorkflowJob | undefined> {
    try {
      return await this.transport.call({ method: "GET", path: `${actionsOf(repository)}/jobs/${jobId}` }, readJob, signal);
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  }

  async rerun(repository: string, runId: number, which: "all" | "failed", signal: AbortSignal): Promise<RerunOutcome> {
    const path = `${actionsOf(repository)}/runs/${runId}/${which === "all" ? "rerun" : "rerun-failed-jobs"}`;
    try {
      return await this.transport.call({ method: "POST", path }, () => ({ outcome: "accepted" }) as const, signal);
    } catch (error) {
      if (isRefusal(error)) return { outcome: "refused", reason: error.message };
      throw error;
    }
  }

  runnerGroups(organization: string, signal: AbortSignal): Promise<readonly RunnerGroup[]> {
    const read = (data: any) => readEach(data?.runner_groups, readGroup);
    return readAll(this.transport, { method: "GET", path: groupsOf(organization) }, read, MOST.groups, signal);
  }

  groupRepositories(organization: string, groupId: number, signal: AbortSignal): Promise<readonly string[]> {
    const path = `${groupsOf(organization)}/${groupId}/repositories`;
    return readAll(this.transport, { method: "GET", path }, readNames, MOST.repositories, signal);
  }

  remainingQuota(spending = 0): number {
    return this.transport.remainingQuota(spending);
  }

  private async conditional<T>(
    call: Call,
    etag: string | undefined,
    read: (data: unknown) => T[] | undefined,
    most: number,
    signal: AbortSignal,
  ): Promise<Conditional<readonly T[]>> {
    const pages = await readPages(this.transport, { ...call, ...(etag !== undefined && { etag }) }, read, most, signal);
    if (!pages) return { unchanged: true };
    if (!pages.complete) throw new Error(`GET ${call.path}: more than ${most * 100} items; the list was not used`);
    return { unchanged: false, value: pages.items, ...(pages.etag !== undefined && { etag: pages.etag }) };
  }
}

/** GitHub answers 403 both to a run that cannot be run again and to a missing permission or an exhausted limit. */
function isRefusal(error: unknown): error is GitHubError {
  if (!(error instanceof GitHubError) || error.retryAt) return false;
  if (error.status === 403) return !/Resource not accessible|Must have/i.test(error.message);
  return error.status === 404 || error.status === 409 || error.status === 422;
}

/** @throws if it is not `owner/name`. */
function actionsOf(repository: string): string {
  const [owner, name, ...rest] = repository.split("/");
  if (!owner || !name || rest.length > 0) throw new Error(`repository "${repository}": must be owner/name`);
  return `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/actions`;
}

function groupsOf(organization: string): string {
  return `/orgs/${encodeURIComponent(organization)}/actions/runner-groups`;
}

import { requireAccess } from "./access";
import type { Caller } from "./github-credentials";
import { HttpError } from "./http";
import { groupBody, jobBody, runBody } from "./job-shapes";
import { ended, type Run } from "./jobs";
import type { JobQueue } from "./queue";
import type { Repositories } from "./repositories";
import { repositoryBody } from "./repository-shapes";
import { type Act, at, ok, paged, repositoryOf, type Route, scopeOf } from "./routes";
import type { RunnerGroup, RunnerGroups } from "./runner-groups";
import { conclusionOf, statusOf } from "./runs";

export interface ActionsState {
  queue: JobQueue;
  repositories: Repositories;
  groups: RunnerGroups;
  now(): number;
}

/** GitHub lists at most 1,000 runs of one status. */
const MOST_RUNS = 1000;

const REPOSITORY = "/repos/{owner}/{repo}";

/** The routes for workflow runs, jobs, runner groups and the repositories of an installation. */
export function actionsRoutes({ queue, repositories, groups, now }: ActionsState, largestPage: number): Route[] {
  /** Throws 404 for a repository that does not exist or that the caller does not cover. */
  const repository = (match: Record<string, string>, caller: Caller, need: "read" | "write") => {
    const name = repositoryOf(match);
    requireAccess(caller, name, "actions", need);
    const known = repositories.get(name);
    if (!known) throw new HttpError(404, "Not Found");
    return known;
  };
  const runOf = (match: Record<string, string>, caller: Caller, need: "read" | "write"): Run => {
    const { fullName } = repository(match, caller, need);
    const run = queue.known.runs.get(Number(match.run_id));
    if (run?.repository.toLowerCase() !== fullName.toLowerCase()) throw new HttpError(404, "Not Found");
    return run;
  };

  const runs: Act = (call, match, caller) => {
    const known = repository(match, caller, "read");
    const wanted = call.query.get("status");
    const isWanted = (run: Run) => wanted === null || statusOf(run) === wanted || conclusionOf(run) === wanted;
    const found = queue.known.runs.list(known.fullName).filter(isWanted);
    const page = paged(call, found.slice(0, wanted === null ? undefined : MOST_RUNS), largestPage);
    const bodies = page.items.map((run) => runBody(run, known, call.origin));
    return { status: 200, body: { total_count: found.length, workflow_runs: bodies }, headers: page.headers };
  };
  const jobs: Act = (call, match, caller) => {
    const run = runOf(match, caller, "read");
    const all = call.query.get("filter") === "all" ? queue.known.all().filter((job) => job.run === run) : run.jobs;
    const page = paged(call, all, largestPage);
    const bodies = page.items.map((job) => jobBody(job, call.origin));
    return { status: 200, body: { total_count: all.length, jobs: bodies }, headers: page.headers };
  };
  const jobOf = (match: Record<string, string>, caller: Caller, need: "read" | "write") => {
    const { fullName } = repository(match, caller, need);
    const found = queue.known.numbered(Number(match.job_id));
    if (found?.run.repository.toLowerCase() !== fullName.toLowerCase()) throw new HttpError(404, "Not Found");
    return found;
  };
  const job: Act = (call, match, caller) => ok(jobBody(jobOf(match, caller, "read"), call.origin));
  const rerun =
    (which: "all" | "failed"): Act =>
    (_, match, caller) => {
      const run = runOf(match, caller, "write");
      queue.known.runs.rerun(run, which, now(), (spec) => queue.queue(spec, run));
      return ok({}, 201);
    };

  const rerunJob: Act = (_, match, caller) => {
    const found = jobOf(match, caller, "write");
    queue.known.runs.rerun(found.run, found, now(), (spec) => queue.queue(spec, found.run));
    return ok({}, 201);
  };
  const cancel =
    (force: boolean): Act =>
    (_, match, caller) => {
      const run = runOf(match, caller, "write");
      if (statusOf(run) === "completed") throw new HttpError(409, "Cannot cancel a workflow run that is completed.");
      if (run.file) run.file.cancel(force);
      else
        for (const one of run.jobs.filter((job) => !ended(job)))
          force ? queue.terminate(one.id, "canceled by force") : queue.cancel(one.id);
      return ok({}, 202);
    };

  const groupsOf = (match: Record<string, string>, caller: Caller): RunnerGroup[] => {
    requireAccess(caller, scopeOf(match), "organization_self_hosted_runners", "read");
    return groups.list(scopeOf(match));
  };
  const listGroups: Act = (call, match, caller) => {
    const all = groupsOf(match, caller);
    const page = paged(call, all, largestPage);
    const bodies = page.items.map((group) => groupBody(group, scopeOf(match), call.origin));
    return { status: 200, body: { total_count: all.length, runner_groups: bodies }, headers: page.headers };
  };
  const admitted: Act = (call, match, caller) => {
    const group = groupsOf(match, caller).find(({ id }) => id === Number(match.runner_group_id));
    if (!group) throw new HttpError(404, "Not Found");
    const all = [...(group.repositories ?? [])].map((name) => repositories.add(name));
    const page = paged(call, all, largestPage);
    const bodies = page.items.map((one) => repositoryBody(one, call.origin));
    return { status: 200, body: { total_count: all.length, repositories: bodies }, headers: page.headers };
  };

  const installed: Act = (call, _, caller) => {
    if (caller.kind === "app") throw new HttpError(401, "Bad credentials");
    if (caller.kind === "token") {
      throw new HttpError(
        403,
        "You must authenticate with an installation access token in order to list repositories for an installation.",
      );
    }
    const all = repositories.of(caller.installation);
    const page = paged(call, all, largestPage);
    const bodies = page.items.map((one) => repositoryBody(one, call.origin));
    return { status: 200, body: { total_count: all.length, repositories: bodies }, headers: page.headers };
  };

  return [
    at("GET", "/installation/repositories", installed),
    at("GET", `${REPOSITORY}/actions/runs`, runs),
    at("GET", `${REPOSITORY}/actions/runs/{run_id}`, (call, match, caller) => {
      const run = runOf(match, caller, "read");
      return ok(runBody(run, repositories.add(run.repository), call.origin));
    }),
    at("GET", `${REPOSITORY}/actions/runs/{run_id}/jobs`, jobs),
    at("GET", `${REPOSITORY}/actions/jobs/{job_id}`, job),
    at("POST", `${REPOSITORY}/actions/jobs/{job_id}/rerun`, rerunJob),
    at("POST", `${REPOSITORY}/actions/runs/{run_id}/cancel`, cancel(false)),
    at("POST", `${REPOSITORY}/actions/runs/{run_id}/force-cancel`, cancel(true)),
    at("POST", `${REPOSITORY}/actions/runs/{run_id}/rerun`, rerun("all")),
    at("POST", `${REPOSITORY}/actions/runs/{run_id}/rerun-failed-jobs`, rerun("failed")),
    at("GET", "/orgs/{org}/actions/runner-groups", listGroups),
    at("GET", "/orgs/{org}/actions/runner-groups/{runner_group_id}/repositories", admitted),
  ];
}

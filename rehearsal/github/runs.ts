import { HttpError } from "./http";
import { type Conclusion, ended, type Job, type JobSpec, type Run } from "./jobs";

/** Real ids of runs and jobs have eleven digits: more than 32 bits hold. */
const FIRST_RUN = 10_000_000_000;

/** "A workflow run can be re-run for up to 30 days after its initial run", and at most 50 times. */
const RERUN_DAYS = 30;
const MOST_RERUNS = 50;

/** Workflow runs: what groups the jobs of one trigger, and is run again as a whole or in part. */
export class Runs {
  private readonly byId = new Map<number, Run>();
  private readonly byRepository = new Map<string, Set<Run>>();
  private started = 0;

  start(repository: string, workflow: string, now: number): Run {
    const number = ++this.started;
    const run: Run = { id: FIRST_RUN + number, number, repository, workflow, createdAt: now, attempt: 1, jobs: [] };
    this.byId.set(run.id, run);
    const key = repository.toLowerCase();
    this.byRepository.set(key, (this.byRepository.get(key) ?? new Set()).add(run));
    return run;
  }

  forget(run: Run): void {
    this.byId.delete(run.id);
    this.byRepository.get(run.repository.toLowerCase())?.delete(run);
  }

  get(id: number): Run | undefined {
    return this.byId.get(id);
  }

  /** Newest first, as GitHub lists them. */
  list(repository: string): Run[] {
    return [...(this.byRepository.get(repository.toLowerCase()) ?? [])].reverse();
  }

  /**
   * Begins a new attempt, in which GitHub gives new ids to the jobs that it runs again.
   *
   * @param queue queues a job with the specification of an earlier one
   * @throws HttpError 403 for what GitHub does not run again
   */
  rerun(run: Run, which: "all" | "failed" | Job, now: number, queue: (spec: JobSpec, run: Run) => void): void {
    if (statusOf(run) !== "completed") throw new HttpError(403, "This workflow is already running");
    if (run.attempt > MOST_RERUNS) {
      throw new HttpError(403, `Unable to re-run this workflow run because it has been re-run ${MOST_RERUNS} times`);
    }
    if (now - run.createdAt > RERUN_DAYS * 86_400_000) {
      throw new HttpError(403, "Unable to re-run this workflow run because it was created over a month ago");
    }
    const again = run.jobs.filter((job) => {
      if (typeof which !== "string") return job === which;
      return which === "all" || job.conclusion === "failure" || job.conclusion === "cancelled";
    });
    if (again.length === 0) throw new HttpError(403, "This workflow run cannot be retried: it has no failed jobs");
    run.attempt++;
    if (run.file) return run.file.rerun(which);
    run.jobs = run.jobs.filter((job) => !again.includes(job));
    for (const { spec } of again) queue(spec, run);
  }
}

/** A run with one running job is in progress although others of it are queued. */
export function statusOf({ jobs, file }: Run): "pending" | "queued" | "in_progress" | "waiting" | "completed" {
  if (file?.status === "pending") return "pending";
  if (file ? file.status === "completed" : jobs.every(ended)) return "completed";
  const hasBegun = jobs.some((job) => job.state === "acquired" || (ended(job) && job.conclusion !== "skipped"));
  // The next job of a workflow file may not exist yet.
  const isRunnable = jobs.some((job) => job.state !== "waiting" && !ended(job)) || (file && jobs.every(ended));
  if (hasBegun) return "in_progress";
  return isRunnable ? "queued" : "waiting";
}

export function conclusionOf(run: Run): Conclusion | null {
  if (statusOf(run) !== "completed") return null;
  if (run.file?.conclusion) return run.file.conclusion;
  const all = run.jobs.map(({ conclusion }) => conclusion);
  if (all.includes("failure")) return "failure";
  if (all.includes("cancelled")) return "cancelled";
  return all.length > 0 && all.every((one) => one === "skipped") ? "skipped" : "success";
}

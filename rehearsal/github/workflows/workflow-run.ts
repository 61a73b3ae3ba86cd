import type { Clock, Timer } from "../../clock";
import type { Expressions } from "../../runner/steps/expressions";
import type { Json } from "../../runner/steps/plan";
import { ended, type Conclusion, type Job, type JobAction, type JobSpec, type Run } from "../jobs";
import type { JobQueue } from "../queue";
import type { Claim, ConcurrencyGroups } from "./concurrency";
import { gitHubContext, type WorkflowEvent } from "./events";
import { JobSet } from "./job-set";
import type { LoadedWorkflow } from "./loaded";
import type { Granted } from "./permissions";
import { takeOver } from "./rerun";
import type { RunHost, WorkflowSettings } from "./run-host";

/** "After the 5 minute cancellation timeout period, the server will forcibly terminate all jobs and steps that are still running." */
const CANCELLATION_MS = 300_000;

/** What a run needs of GitHub. */
export interface RunParts {
  clock: Clock;
  queue: JobQueue;
  expressions: Expressions;
  groups: ConcurrencyGroups;
  settings: WorkflowSettings;
  secrets: Record<string, string>;
  server: string;
  api: string;
  /** For which a job waits for a self-hosted runner. */
  queuedMs: number;
  repositoryId: number;
  isHosted(labels: readonly string[]): boolean;
  simulatedSeconds(jobId: string): number | undefined;
  mintToken(permissions: Granted, job: Readonly<Job>): string;
  idToken(job: Readonly<Job>): { url: string; token: string } | undefined;
  /** Of an attempt. */
  onStart(run: WorkflowRun): void;
  onEnd(run: WorkflowRun): void;
}

/** A run of a workflow file: its concurrency group, its jobs, its cancellation and its later attempts. */
export class WorkflowRun implements RunHost {
  readonly github: { [key: string]: Json };
  isCanceled = false;
  group?: string;
  /** What went wrong beside the jobs. */
  readonly problems: string[] = [];
  private jobs: JobSet;
  private claim?: Claim;
  /** Of the job that is being queued: GitHub reports it before `queue` has returned it. */
  private track?: (job: Job) => void;
  private readonly timers = new Map<Job, Timer[]>();

  constructor(
    readonly run: Run,
    readonly event: WorkflowEvent,
    private readonly loaded: LoadedWorkflow,
    private readonly inputs: { [key: string]: Json },
    private readonly parts: RunParts,
  ) {
    const { server, api, repositoryId } = parts;
    const { id, number, attempt, workflow } = run;
    this.github = gitHubContext(event, { id, number, attempt, workflow, path: loaded.file.path, repositoryId, server, api });
    const title = loaded.file.runName
      ? this.expressions.text(loaded.file.runName, this.contexts())
      : (event.message?.split("\n")[0] ?? workflow);
    run.file = {
      path: loaded.file.path,
      event: event.name,
      branch: event.headRef ?? event.branch ?? event.tag ?? String(this.github.ref_name),
      sha: event.sha,
      title,
      actor: event.actor,
      status: "pending",
      rerun: (which) => this.rerun(which),
      cancel: (force) => this.cancel("The run was canceled by a user", force),
    };
    this.jobs = this.newSet();
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  get expressions(): Expressions {
    return this.parts.expressions;
  }

  get groups(): ConcurrencyGroups {
    return this.parts.groups;
  }

  get settings(): WorkflowSettings {
    return this.parts.settings;
  }

  /** Begins at once, or when its concurrency group is free. @throws for a group that cannot be evaluated */
  start(): void {
    this.parts.onStart(this);
    const { concurrency } = this.loaded.file;
    if (!concurrency) return this.begin();
    const contexts = this.contexts();
    const group = this.expressions.text(concurrency.group, contexts);
    const cancelInProgress = concurrency.cancelInProgress ? this.expressions.value(concurrency.cancelInProgress, contexts) === true : false;
    if (group === "") return this.begin();
    this.group = group;
    this.claim = { begin: () => this.begin(), cancel: (reason) => this.cancel(reason, false) };
    this.groups.claim(group, this.claim, { cancelInProgress, queue: concurrency.queue });
  }

  /** GitHub reports what becomes of a job of this run. */
  jobChanged(job: Job, action: JobAction): void {
    const { track } = this;
    this.track = undefined;
    track?.(job);
    if (action === "queued" && !job.spec.hosted) this.limitQueue(job);
    if (action === "in_progress") this.limit(job);
    if (action !== "completed") return;
    for (const timer of this.timers.get(job) ?? []) timer.cancel();
    this.timers.delete(job);
    this.jobs.ended(job);
  }

  cancel(reason: string, force: boolean): void {
    const { file } = this.run;
    if (file?.status === "completed") return;
    this.isCanceled = true;
    if (file?.status === "pending") return this.end("cancelled");
    this.jobs.cancel(reason, force);
  }

  isHosted(labels: readonly string[]): boolean {
    return this.parts.isHosted(labels);
  }

  simulatedSeconds(jobId: string): number | undefined {
    return this.parts.simulatedSeconds(jobId);
  }

  mintToken(permissions: Granted, job: Readonly<Job>): string {
    return this.parts.mintToken(permissions, job);
  }

  idToken(job: Readonly<Job>): { url: string; token: string } | undefined {
    return this.parts.idToken(job);
  }

  queue(spec: JobSpec, track: (job: Job) => void): void {
    this.track = track;
    this.parts.queue.queue(spec, this.run);
  }

  approve(job: Job): void {
    if (job.state === "waiting") this.parts.queue.approve(job.id);
  }

  cancelJob(job: Job): void {
    this.parts.queue.cancel(job.id);
    if (!ended(job)) this.after(job, CANCELLATION_MS, () => this.terminate(job, "its cancellation took more than 5 minutes"));
  }

  terminate(job: Job, reason: string, state: "canceled" | "failed" = "canceled"): void {
    this.parts.queue.terminate(job.id, reason, state);
  }

  report(problem: string): void {
    this.problems.push(problem);
  }

  cancelRun(reason: string): void {
    this.problems.push(reason);
    this.cancel(reason, false);
  }

  /** Ends all waits: a limit of hours would keep this process. */
  close(): void {
    for (const timer of [...this.timers.values()].flat()) timer.cancel();
    this.timers.clear();
  }

  private begin(): void {
    this.run.file!.status = "open";
    this.jobs.resume();
  }

  private contexts(): Record<string, Json> {
    return { github: this.github, inputs: this.inputs, vars: this.parts.settings.variables ?? {} };
  }

  private newSet(): JobSet {
    const { secrets } = this.parts;
    return new JobSet(this, this.loaded, { prefix: "", inputs: this.inputs, secrets }, () => this.end());
  }

  /** The job may run for so long; then GitHub cancels it. */
  private limit(job: Job): void {
    const minutes = this.jobs.legOf(job)?.timeoutMinutes;
    if (minutes === undefined) return;
    this.after(job, minutes * 60_000, () => {
      this.problems.push(`${job.spec.name} has exceeded the maximum execution time of ${minutes} minutes.`);
      this.cancelJob(job);
    });
  }

  /** `timeout-minutes` does not run while a job is queued. */
  private limitQueue(job: Job): void {
    this.after(job, this.parts.queuedMs, () => {
      const hours = this.parts.queuedMs / 3_600_000;
      if (job.state === "queued") this.terminate(job, `no runner with its labels has taken it within ${hours} hours`);
    });
  }

  private after(job: Job, ms: number, act: () => void): void {
    this.timers.set(job, [...(this.timers.get(job) ?? []), this.clock.after(ms, act)]);
  }

  private rerun(which: "all" | "failed" | Job): void {
    this.github.run_attempt = String(this.run.attempt);
    this.isCanceled = false;
    const earlier = this.jobs;
    this.jobs = this.newSet();
    const dropped = new Set(takeOver(earlier, this.jobs, which));
    this.run.jobs = this.run.jobs.filter((job) => !dropped.has(job));
    Object.assign(this.run.file!, { status: "pending", conclusion: undefined });
    this.start();
  }

  private end(conclusion: Conclusion = this.isCanceled ? "cancelled" : this.jobs.result): void {
    Object.assign(this.run.file!, { status: "completed", conclusion });
    const { claim, group } = this;
    this.claim = undefined;
    this.parts.onEnd(this);
    if (claim && group !== undefined) this.groups.release(group, claim);
  }
}

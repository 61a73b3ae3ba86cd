import type { Clock } from "../clock";
import type { JobChange, Timeline, TimelineEntry } from "../timeline";
import { ended, type Job, type JobAction, type JobSpec, type JobState, type Run } from "./jobs";
import { KnownJobs } from "./known-jobs";
import { Locks } from "./locks";
import { type Completion, ProtocolError, type Report } from "./messages";
import { conclusionOf, outcomeOf } from "./outcomes";
import type { GitHubOptions } from "./github-options";
import type { Runner, Runners } from "./runners";
import { WaitingJobs } from "./waiting-jobs";

/** The lifecycle of every job: queued, assigned, acquired in time or requeued, locked while it runs, ended once. */
export class JobQueue {
  readonly known = new KnownJobs();
  private readonly waiting = new WaitingJobs();
  private readonly locks: Locks;
  /** The job that each runner was assigned or has acquired; at most one. */
  private readonly held = new Map<number, Job>();
  private openJobs = 0;
  private readonly hookBegan = new Map<string, number>();
  /** Called when a job becomes assignable: when it is new or requeued. */
  onWaiting: (job: Job) => void = () => {};
  /** Called when a runner no longer holds a job. */
  onFree: (runnerId: number) => void = () => {};
  onCancel: (job: Job) => void = () => {};
  /** Called when a job that GitHub runs on a machine of its own becomes runnable. */
  onHosted: (job: Job) => void = () => {};
  onHostedCancel: (job: Job) => void = () => {};
  /** Called when a job reaches a status that GitHub reports by webhook. */
  onAction: (job: Job, action: JobAction) => void = () => {};
  /** Whether GitHub keeps the job queued although runners that match it idle; asked once, when it is queued. */
  isWithheld: (job: Job) => boolean = () => false;

  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
    private readonly runners: Runners,
    private readonly options: GitHubOptions,
  ) {
    this.locks = new Locks(clock, options, (job) => this.end(job, "lost", "the runner stopped renewing the job's lock"));
  }

  /** Returns the job's id. @param run whose new attempt it belongs to; absent: as its specification says */
  queue(spec: JobSpec, run?: Run): string {
    const job = this.known.create(spec, this.clock.now(), this.options.organization, run);
    this.openJobs++;
    if (spec.begins === "skipped") this.end(job, "skipped", "skipped by its condition");
    else if (spec.begins === "waiting") this.wait(job);
    else this.makeRunnable(job);
    return job.id;
  }

  /** What it waited for is granted. @throws if it does not wait */
  approve(id: string): void {
    const job = this.known.get(id);
    if (job.state !== "waiting") throw new Error(`${id} cannot be approved: it is ${job.state}`);
    job.state = "queued";
    job.queuedAt = this.clock.now();
    this.makeRunnable(job);
  }

  /** GitHub assigns a withheld job after all. */
  release(job: Job): void {
    if (job.state !== "queued") return;
    if (job.spec.hosted) return this.onHosted(job);
    this.waiting.add(job);
    this.onWaiting(job);
  }

  heldBy(runnerId: number): Job | undefined {
    return this.held.get(runnerId);
  }

  /** Jobs that have not ended. */
  get open(): number {
    return this.openJobs;
  }

  get hasWaiting(): boolean {
    return this.waiting.any;
  }

  /** Assigns the longest-waiting job that matches the runner; undefined when there is none. */
  assignTo(runner: Runner): Job | undefined {
    // An ephemeral runner gets no second job, even if its first one was lost without a word from it.
    if (this.held.has(runner.id) || runner.used || this.options.isAway?.()) return undefined;
    const job = this.waiting.longestFor(runner);
    if (!job) return undefined;
    this.waiting.remove(job);
    this.held.set(runner.id, job);
    Object.assign(job, { state: "assigned", runnerId: runner.id, runnerName: runner.name, acknowledged: false });
    this.record(job, "assigned");
    job.timer = this.clock.after(this.options.pickUpMs, () => this.notPickedUp(job));
    return job;
  }

  /** The runner has received the message, so it is not sent again. Throws JobNotFound when it is about no job of its own. */
  acknowledge(id: string, runnerId: number): void {
    const job = this.heldBy(runnerId);
    if (job?.id !== id) throw new ProtocolError("JobNotFound", `Job ${id} is not assigned here.`);
    job.acknowledged = true;
    job.acknowledgedAt = this.clock.now();
  }

  /** Locks the job for its runner. Throws JobNotFound when the job is not, or no longer, assigned to the runner. */
  acquire(id: string, runner: Runner): Job {
    const job = this.known.get(id);
    const own = job.runnerId === runner.id;
    if (own && job.state === "acquired" && this.options.acquireIsIdempotent) return job;
    if (job.state === "acquired" || ended(job)) {
      throw new ProtocolError("JobAlreadyAcquired", `Job ${id} is ${job.state} already.`);
    }
    if (!own || job.state !== "assigned") {
      throw new ProtocolError("JobNotFound", `Job ${id} is not assigned to runner ${runner.name}.`);
    }
    job.state = "acquired";
    job.acquiredAt = this.clock.now();
    job.runnerGroup = runner.group;
    if (runner.ephemeral) runner.used = true;
    this.runners.setBusy(runner, true);
    this.locks.lock(job);
    this.record(job, "acquired");
    this.onAction(job, "in_progress");
    return job;
  }

  /** A machine of GitHub's own has taken the job. */
  beginHosted(job: Job): void {
    Object.assign(job, { state: "acquired", acquiredAt: this.clock.now(), runnerName: `GitHub Actions ${job.requestId}` });
    job.runnerGroup = { id: 0, name: "GitHub Actions" };
    this.record(job, "acquired");
    this.onAction(job, "in_progress");
  }

  /** Ends a job whatever its runner does, which may report a result only to hear that the job is unknown. */
  terminate(id: string, detail: string, state: "canceled" | "failed" = "canceled"): void {
    const job = this.known.get(id);
    if (ended(job)) return;
    job.cancelRequested = state === "canceled";
    this.end(job, state, detail);
  }

  /** Extends the lock. Throws JobNotFound once the job has ended. */
  renew(id: string): Job {
    const job = this.known.get(id);
    if (job.state !== "acquired") throw new ProtocolError("JobNotFound", `Job ${id} is ${job.state}.`);
    this.locks.lock(job);
    return job;
  }

  report(report: Report): void {
    const job = this.known.get(report.jobId);
    const at = Math.min(report.at ?? this.clock.now(), this.clock.now());
    const { change } = report;
    if (change === "hook-started" || change === "completed-hook-started") this.hookBegan.set(job.id, at);
    const began = this.hookBegan.get(job.id);
    if (began !== undefined && change === "hook-ended") job.hooks.started = at - began;
    if (began !== undefined && change === "completed-hook-ended") job.hooks.completed = at - began;
    if (change === "completed-hook-started" || change === "completed-hook-ended") return;
    this.record(job, change, report.detail, at);
  }

  /** Throws JobNotFound when GitHub has given up the job meanwhile: a late success does not restore it. */
  complete(completion: Completion): Job {
    const job = this.known.get(completion.jobId);
    if (job.state !== "acquired") throw new ProtocolError("JobNotFound", `Job ${job.id} is ${job.state}.`);
    job.annotations = completion.annotations ?? [];
    job.outputs = completion.outputs;
    job.steps = completion.steps;
    const outcome = outcomeOf(job, completion);
    this.end(job, outcome.state, outcome.detail);
    return job;
  }

  /** A user presses "Cancel workflow". A waiting job ends immediately; a running one is canceled through its runner. */
  cancel(id: string): void {
    const job = this.known.get(id);
    if (ended(job)) return;
    job.cancelRequested = true;
    if (job.state === "acquired") (job.spec.hosted ? this.onHostedCancel : this.onCancel)(job);
    else this.end(job, "canceled", "canceled before a runner took it");
  }

  /** Stops all timers, so that none outlives the rehearsal. */
  close(): void {
    for (const job of this.known.all()) job.timer?.cancel();
  }

  private wait(job: Job): void {
    job.state = "waiting";
    this.record(job, "waiting", job.spec.name);
    this.onAction(job, "waiting");
  }

  private makeRunnable(job: Job): void {
    this.record(job, "queued", job.spec.name);
    this.onAction(job, "queued");
    if (this.isWithheld(job)) return;
    if (job.spec.hosted) return this.onHosted(job);
    this.waiting.add(job);
    this.onWaiting(job);
  }

  private notPickedUp(job: Job): void {
    if (!job.acknowledged || this.options.acknowledgedJobs === "requeued") return this.requeue(job);
    const { acknowledgedMs } = this.options;
    const left = (job.acknowledgedAt ?? 0) + acknowledgedMs - this.clock.now();
    job.timer = this.clock.after(left, () =>
      this.end(job, "lost", `acknowledged by its runner, but not acquired within ${acknowledgedMs / 1000} s`),
    );
  }

  private requeue(job: Job): void {
    const runnerId = job.runnerId;
    this.record(job, "requeued", `not picked up within ${this.options.pickUpMs / 1000} s`);
    if (runnerId !== undefined) this.held.delete(runnerId);
    Object.assign(job, { state: "queued", runnerId: undefined, runnerName: undefined, timer: undefined });
    job.requeues++;
    this.waiting.add(job);
    if (runnerId !== undefined) this.onFree(runnerId);
    this.onWaiting(job);
  }

  private end(job: Job, state: JobState, detail?: string): void {
    job.timer?.cancel();
    this.waiting.remove(job);
    job.state = state;
    job.endedAt = this.clock.now();
    job.conclusion = conclusionOf(state);
    this.openJobs--;
    job.detail = detail;
    if (state === "succeeded" || state === "lost" || state === "skipped") this.record(job, state, detail);
    else this.record(job, "failed", detail);
    const runner = job.runnerId === undefined ? undefined : this.runners.get(job.runnerId);
    if (job.runnerId !== undefined) this.held.delete(job.runnerId);
    if (runner) this.runners.setBusy(runner, false);
    this.hookBegan.delete(job.id);
    if (!this.options.keepJobs) this.known.forget(job);
    this.onAction(job, "completed");
    if (job.runnerId !== undefined) this.onFree(job.runnerId);
  }

  private record(job: Job, change: JobChange, detail?: string, at?: number): void {
    const entry: TimelineEntry = { kind: "job", job: job.id, change };
    if (job.runnerName !== undefined) entry.instance = job.runnerName;
    if (detail !== undefined) entry.detail = detail;
    if (change === "acquired") entry.queuedAt = job.queuedAt;
    // A runner's report carries the time of the event on the runner, so that network latency is not counted.
    this.timeline.record(entry, at);
  }
}

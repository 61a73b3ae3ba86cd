import type { Draws } from "./draws";
import type { EventLoop } from "./event-loop";
import type { Job, Run } from "./load";
import { HOSTS } from "./parameters";

export interface QueuedJob {
  id: string;
  createdAt: number;
  duration: number;
  state: "waiting" | "assigned" | "over";
  /** When its first step ran, or when it was cancelled in the queue. */
  waitedUntil?: number;
  runner?: Runner;
  /** Of the last event that the ledger has applied. */
  rank: number;
}

export interface Runner {
  readonly id: string;
  busy: boolean;
}

export interface GitHubEvents {
  queued(job: QueuedJob): void;
  started(job: QueuedJob): void;
  completed(job: QueuedJob): void;
  idle(runner: Runner): void;
}

/** Runs, their waves, and the assignment of jobs: the oldest first, each to any idle runner. Times are milliseconds. */
export class GitHub {
  readonly jobs: QueuedJob[] = [];
  waiting = 0;
  running = 0;
  /** While it is down, nothing is assigned. */
  down = false;
  private runsLeft: number;
  private queue: QueuedJob[] = [];
  private idle: Runner[] = [];

  constructor(
    private readonly loop: EventLoop,
    private readonly draws: Draws,
    private readonly events: GitHubEvents,
    runs: readonly Run[],
  ) {
    this.runsLeft = runs.length;
    for (const run of runs) loop.at(run.at * 1000, () => new RunningRun(loop, this, run));
  }

  get finished(): boolean {
    return this.runsLeft === 0;
  }

  /** The jobs that wait or run. */
  open(): QueuedJob[] {
    return this.jobs.filter(({ state }) => state !== "over");
  }

  create(duration: number, ended: () => void): QueuedJob {
    const job: QueuedJob = { id: String(this.jobs.length), createdAt: this.loop.now, duration, state: "waiting", rank: 0 };
    this.jobs.push(job);
    this.queue.push(job);
    this.endings.set(job, ended);
    this.waiting++;
    this.events.queued(job);
    this.assign();
    return job;
  }

  /** A runner polls for a job. */
  online(runner: Runner): void {
    this.idle.push(runner);
    this.events.idle(runner);
    this.assign();
  }

  /** A runner that was idle stops to poll. */
  offline(runner: Runner): void {
    this.idle = this.idle.filter((one) => one !== runner);
  }

  cancel(job: QueuedJob): void {
    if (job.state === "waiting") {
      job.waitedUntil = this.loop.now;
      this.waiting--;
      this.over(job);
    } else if (job.state === "assigned") this.end(job);
  }

  assign(): void {
    while (!this.down && this.waiting > 0 && this.idle.length > 0) {
      const job = this.queue.shift()!;
      if (job.state !== "waiting") continue;
      const index = this.draws.between(0, this.idle.length - 1);
      const runner = this.idle[index]!;
      this.idle[index] = this.idle.at(-1)!;
      this.idle.pop();
      this.start(job, runner);
    }
  }

  runFinished(): void {
    this.runsLeft--;
  }

  private readonly endings = new Map<QueuedJob, () => void>();

  private start(job: QueuedJob, runner: Runner): void {
    this.waiting--;
    this.running++;
    Object.assign(job, { state: "assigned", runner });
    runner.busy = true;
    this.loop.after(HOSTS.pickUp * 1000, () => {
      job.waitedUntil ??= this.loop.now;
      if (job.state === "over") return;
      this.events.started(job);
      this.loop.after(job.duration * 1000, () => this.end(job));
    });
  }

  private end(job: QueuedJob): void {
    if (job.state === "over") return;
    job.waitedUntil ??= this.loop.now;
    this.running--;
    const runner = job.runner!;
    runner.busy = false;
    this.over(job);
    this.online(runner);
  }

  private over(job: QueuedJob): void {
    job.state = "over";
    this.events.completed(job);
    const ended = this.endings.get(job)!;
    this.endings.delete(job);
    ended();
  }
}

/** One run: a wave is queued when the jobs of the one before have ended. */
class RunningRun {
  private cancelled = false;
  private readonly open = new Set<QueuedJob>();
  private toCome = 0;

  constructor(
    private readonly loop: EventLoop,
    private readonly gitHub: GitHub,
    private readonly run: Run,
  ) {
    if (run.cancelledAfter !== undefined) loop.after(run.cancelledAfter * 1000, () => this.cancel());
    this.wave(0);
  }

  private wave(index: number): void {
    const jobs = this.run.waves[index];
    if (jobs) return this.queue(jobs, () => this.wave(index + 1));
    const { rerun } = this.run;
    if (!rerun) return this.gitHub.runFinished();
    this.loop.after(rerun.after * 1000, () => this.queue(rerun.jobs, () => this.gitHub.runFinished()));
  }

  private queue(jobs: readonly Job[], next: () => void): void {
    this.toCome = jobs.length;
    const ended = () => {
      if (this.toCome > 0 || this.open.size > 0) return;
      if (this.cancelled) this.gitHub.runFinished();
      else next();
    };
    for (const { duration, offset } of jobs) {
      this.loop.after(offset * 1000, () => {
        this.toCome--;
        if (this.cancelled) return ended();
        const job: QueuedJob = this.gitHub.create(duration, () => {
          this.open.delete(job);
          ended();
        });
        if (job.state !== "over") this.open.add(job);
      });
    }
  }

  private cancel(): void {
    this.cancelled = true;
    for (const job of [...this.open]) this.gitHub.cancel(job);
  }
}

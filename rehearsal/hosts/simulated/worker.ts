import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import { type JobMessage, SHUTDOWN_ANNOTATION } from "../../github/messages";
import { throwIfAborted, never, type AbortFlag } from "./abort-signal";
import { TRIES, type Requests } from "./requests";

/** Milliseconds. A cancelled step gets SIGINT, SIGTERM 7.5 s later, and is killed another 2.5 s later. */
const CANCEL_DURATION = 2_000;

const LOST = [{ level: "failure" as const, message: "The runner's worker has ended unexpectedly." }];

/** The runner and its host, as the worker uses them. */
export interface WorkerEnvironment {
  /** `killed`: the hook has ended the worker, which then runs no step. */
  jobStarted(job: JobMessage): void | "killed";
  jobCompleted(): void;
  /** True: the job's steps never end. */
  hung(): boolean;
  /** The steps have ended or were cancelled: there is nothing left to cancel. */
  stepsOver(): void;
  /** Called right before the process ends. */
  exiting(): void;
}

/** `Runner.Worker`: runs one job's steps and reports how they ended. */
export class Worker implements AbortFlag {
  aborted = false;

  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly requests: Requests,
    private readonly job: JobMessage,
    private readonly environment: WorkerEnvironment,
  ) {}

  /** Runs until the process exits. Rejects with Aborted if it is killed. */
  async run(cancelled: Promise<"cancelled">): Promise<void> {
    const { jobId } = this.job;
    const steps: AbortFlag = { aborted: false };
    const outcome = await Promise.race([this.runSteps(steps), cancelled]);
    steps.aborted = true;
    throwIfAborted(this);
    this.environment.stepsOver();
    if (outcome === "killed") {
      // The listener reports for it.
      await this.requests.exchange(this, "complete", TRIES, () =>
        this.github.protocol.complete({ jobId, result: "Failed", annotations: LOST }),
      );
    } else if (outcome === "cancelled") {
      await this.requests.sleep(this, CANCEL_DURATION);
      const annotations = [{ level: "failure" as const, message: SHUTDOWN_ANNOTATION }];
      await this.requests.exchange(this, "complete", TRIES, () => this.github.protocol.complete({ jobId, result: "Failed", annotations }));
    } else {
      await this.requests.exchange(this, "complete", TRIES, () => this.github.protocol.complete({ jobId, result: "Succeeded" }));
    }
    this.environment.exiting();
    this.aborted = true;
  }

  private async runSteps(steps: AbortFlag): Promise<"done" | "killed"> {
    const { job, environment } = this;
    const report = (change: "hook-started" | "hook-ended" | "steps-started" | "steps-ended") =>
      this.requests.attempt(() => this.github.protocol.report({ jobId: job.jobId, change, at: this.clock.now() }));
    const over = () => this.aborted || steps.aborted;
    const seconds = job.steps.reduce((sum, step) => sum + (step.seconds ?? 0), 0);
    await this.clock.sleep(job.setupSeconds * 1000);
    if (over()) return never();
    report("hook-started");
    if (environment.jobStarted(job) === "killed") return "killed";
    report("hook-ended");
    report("steps-started");
    await this.clock.sleep(seconds * 1000);
    if (over() || environment.hung()) return never();
    report("steps-ended");
    environment.jobCompleted();
    return "done";
  }
}

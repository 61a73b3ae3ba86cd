import assert from "node:assert/strict";
import { ended, type Job } from "../../rehearsal/github/jobs";
import type { LivePool } from "../support/live-pool";
import { MOMENTS, type Moment } from "./boundaries";
import { HeldRunner } from "./held-runner";

/** Seconds; see HeldRunner. GitHub gives a job that was only assigned to another runner after 60 s. */
const BOUND = 300;

/** Every moment at once, each on a runner of its own, and one cause that reaches all of them. */
export class Round {
  readonly runners: readonly HeldRunner[];
  /** When the cause came, in ms since the epoch. */
  since = Infinity;

  constructor(
    private readonly pool: LivePool,
    private readonly name: string,
  ) {
    const free = pool.inService().filter((instance) => pool.world.stage.jobs.online().includes(instance));
    assert.ok(free.length >= MOMENTS.length, `${free.length} runners for ${MOMENTS.length} moments`);
    this.runners = MOMENTS.map((moment, index) => new HeldRunner(pool, free[index]!, moment, name));
  }

  at(moment: Moment): HeldRunner {
    return this.runners[MOMENTS.indexOf(moment)]!;
  }

  /** Brings every runner to its moment, then the cause, and releases each once its stop is under way. */
  async run(cause: (instances: string[]) => Promise<void>): Promise<void> {
    await Promise.all(this.runners.filter(({ isSlow }) => isSlow).map((runner) => runner.reach()));
    await Promise.all(this.runners.filter(({ isSlow }) => !isSlow).map((runner) => runner.reach()));
    this.since = Date.now();
    this.note("every runner at its moment");
    await Promise.all([
      cause(this.runners.map(({ instance }) => instance)),
      ...this.runners.map((runner) => runner.release(this.since)),
    ]);
    this.note("every runner released");
    for (const runner of this.runners) runner.unpin();
  }

  private note(message: string): void {
    this.pool.world.stage.timeline.record({ kind: "scenario", message: `${this.name}: ${message}` });
    if (process.env.RACES_TRACE) console.log(`    ${new Date().toISOString()} ${this.name}: ${message}`);
  }

  jobOf(runner: HeldRunner): Readonly<Job> | undefined {
    return runner.job === undefined ? undefined : this.pool.world.github.job(runner.job);
  }

  /** Jobs that a runner had accepted. */
  acceptedJobsToEnd(): Promise<void> {
    const jobs = this.runners.flatMap((runner) => (runner.moment.job === "here" ? [this.jobOf(runner)!] : []));
    return this.pool.until("accepted jobs to end", () => jobs.every(ended), BOUND);
  }

  allJobsToEnd(): Promise<void> {
    return this.pool.until("all jobs to end", () => this.runners.every((runner) => runner.job === undefined || ended(this.jobOf(runner)!)), BOUND);
  }

  allToBeGone(): Promise<void> {
    return this.pool.until("every instance to be gone", () => this.runners.every(({ instance }) => this.pool.gone(instance)), BOUND);
  }
}

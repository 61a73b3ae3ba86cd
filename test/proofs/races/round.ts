import assert from "node:assert/strict";
import type { Job } from "../../../rehearsal/github/jobs";
import type { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { HeldRunner } from "./held-runner";
import type { Moment } from "./moments";

/** Several moments at once, each on a runner of its own, and one cause that reaches all of them. */
export class Round {
  readonly runners: readonly HeldRunner[];
  /** When the cause came, in ms since the epoch. */
  since = Infinity;

  constructor(
    private readonly pool: LivePool,
    private readonly name: string,
    moments: readonly Moment[],
  ) {
    const free = idleRunners(pool);
    assert.ok(free.length >= moments.length, `${free.length} runners for ${moments.length} moments`);
    this.runners = moments.map((moment, index) => new HeldRunner(pool, free[index]!, moment, name));
  }

  at(moment: Moment): HeldRunner {
    return this.runners.find((runner) => runner.moment === moment)!;
  }

  /** Brings every runner to its moment, then the cause, and releases each once its stop is under way. */
  async run(cause: (runners: readonly HeldRunner[]) => Promise<void>): Promise<void> {
    await Promise.all(this.runners.filter(({ isSlow }) => isSlow).map((runner) => runner.reach()));
    await Promise.all(this.runners.filter(({ isSlow }) => !isSlow).map((runner) => runner.reach()));
    this.since = Date.now();
    this.note("every runner at its moment");
    await Promise.all([cause(this.runners), ...this.runners.map((runner) => runner.release(this.since))]);
    this.note("every runner released");
    for (const runner of this.runners) runner.unpin();
  }

  jobOf(runner: HeldRunner): Readonly<Job> | undefined {
    return runner.job === undefined ? undefined : this.pool.environment.github.job(runner.job);
  }

  allToBeGone(seconds: number): Promise<void> {
    return this.pool.until(
      `instances of the ${this.name} to be gone`,
      () => this.runners.every(({ instance }) => this.pool.gone(instance)),
      seconds,
    );
  }

  private note(message: string): void {
    this.pool.environment.context.timeline.record({ kind: "scenario", message: `${this.name}: ${message}` });
  }
}

export function idleRunners(pool: LivePool): string[] {
  const online = pool.environment.context.jobs.online();
  const busy = pool.environment.github.runners().flatMap((runner) => (runner.busy ? [runner.name] : []));
  return pool.inService().filter((instance) => online.includes(instance) && !busy.includes(instance));
}

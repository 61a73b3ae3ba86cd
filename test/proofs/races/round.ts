import assert from "node:assert/strict";
import type { Job } from "../../../rehearsal/github/jobs";
import type { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { HeldRunner } from "./held-runner";
import type { Moment } from "./moments";

/** Longer than any round from its first moment to its last release, even on a busy machine. */
const HELD_MS = 900_000;

/** Several moments at once, each on its own runner, and one cause that stops all of them. */
export class Round {
  readonly runners: readonly HeldRunner[];
  /** When the cause was triggered, in ms since the epoch. */
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

  /** Brings every runner to its moment, triggers the cause, and releases each runner once its stop is in progress. */
  async run(cause: (runners: readonly HeldRunner[]) => Promise<void>): Promise<void> {
    const { options } = this.pool.environment.github;
    const { pickUpMs } = options;
    // A held runner cannot pick up its job in time; that is a side effect of the hold.
    options.pickUpMs = HELD_MS;
    await this.reach((runner) => runner.isSlow);
    await this.reach((runner) => !runner.isSlow && runner.moment.job !== "anywhere");
    // A job that is not accepted before the stop is re-queued after GitHub's own timeout.
    options.pickUpMs = pickUpMs;
    await this.reach((runner) => !runner.isSlow && runner.moment.job === "anywhere");
    this.since = Date.now();
    this.note("every runner at its moment");
    await Promise.all([cause(this.runners), ...this.runners.map((runner) => runner.release(this.since))]);
    this.note("every runner released");
    for (const runner of this.runners) runner.unpin();
  }

  private async reach(which: (runner: HeldRunner) => boolean): Promise<void> {
    await Promise.all(this.runners.filter(which).map((runner) => runner.reach()));
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

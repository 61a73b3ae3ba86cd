import type { Clock } from "../../../functions/shared/lambda/clock";

/** A clock whose pauses pass at once and move its time, so that paced work takes none of the test's. */
export class QuickClock implements Clock {
  /** Pauses so far, in ms. */
  readonly pauses: number[] = [];

  /** @param longest pause that passes at once, in ms. Longer ones are bounds on work, and never expire here. */
  constructor(
    private time: number,
    private readonly longest = 5_000,
  ) {}

  now(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }

  after(milliseconds: number, act: () => void): { cancel(): void } {
    if (milliseconds > this.longest) return { cancel: () => {} };
    const timer = setImmediate(() => {
      this.pauses.push(milliseconds);
      this.time += milliseconds;
      act();
    });
    return { cancel: () => clearImmediate(timer) };
  }
}

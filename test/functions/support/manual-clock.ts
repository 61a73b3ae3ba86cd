import type { Clock } from "../../../functions/shared/lambda/clock";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  private timers: { at: number; act: () => void }[] = [];

  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  after(milliseconds: number, act: () => void): { cancel(): void } {
    const timer = { at: this.time + milliseconds, act };
    this.timers.push(timer);
    return { cancel: () => void (this.timers = this.timers.filter((one) => one !== timer)) };
  }

  /** Fires what is due, in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = next.at;
      next.act();
    }
    this.time = end;
  }
}

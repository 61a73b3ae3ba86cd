import type { Clock, Timer } from "./clock";

/**
 * The wall clock, ahead by what a test has skipped: for the cloud, whose waits take minutes, beside machines and programs that know only the
 * wall clock and whose own waits take as long as they take.
 */
export class SkippingClock implements Clock {
  private ahead = 0;
  private readonly timers = new Set<SkippingTimer>();

  /** Milliseconds that were skipped. */
  get skipped(): number {
    return this.ahead;
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  after(ms: number, act: () => void): Timer {
    const timer = new SkippingTimer(this, this.now() + ms, () => {
      this.timers.delete(timer);
      act();
    });
    this.timers.add(timer);
    timer.arm();
    return {
      cancel: () => {
        this.timers.delete(timer);
        timer.disarm();
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  during<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  /** What is due by then fires at once, in its order, and late: a schedule of every minute fires once in a skipped hour. */
  skip(ms: number): void {
    this.ahead += ms;
    for (const timer of [...this.timers].sort((one, other) => one.at - other.at)) timer.arm();
  }
}

/** The longest that Node.js waits; a longer timer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

class SkippingTimer {
  private timeout?: NodeJS.Timeout;

  constructor(
    private readonly clock: SkippingClock,
    readonly at: number,
    private readonly fire: () => void,
  ) {}

  arm(): void {
    this.disarm();
    const ms = Math.max(this.at - this.clock.now(), 0);
    this.timeout = ms > LONGEST_MS ? setTimeout(() => this.arm(), LONGEST_MS) : setTimeout(this.fire, ms);
  }

  disarm(): void {
    clearTimeout(this.timeout);
  }
}

import type { Clock, Timer } from "../clock";

/** Timers that their owner cancels together: on the wall clock, a forgotten timer keeps the process running. */
export class Timers {
  private readonly pending = new Set<Timer>();

  constructor(private readonly clock: Clock) {}

  after(ms: number, act: () => void): void {
    const timer = this.clock.after(ms, () => {
      this.pending.delete(timer);
      act();
    });
    this.pending.add(timer);
  }

  get count(): number {
    return this.pending.size;
  }

  cancel(): void {
    for (const timer of this.pending) timer.cancel();
    this.pending.clear();
  }
}

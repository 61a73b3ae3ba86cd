/** Time for the stand-ins: the wall clock with real machines, a virtual clock with simulated hosts. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds by which it is ahead of the wall clock, by which machines and other programs sign. Absent: not at all, or it is virtual. */
  readonly skipped?: number;
  after(ms: number, act: () => void): Timer;
  sleep(ms: number): Promise<void>;
  /** Runs real work (a child process, an HTTP exchange, the engine) during which virtual time stands still. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

export class RealClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(ms: number, act: () => void): Timer {
    const timer = setTimeout(act, ms);
    return { cancel: () => clearTimeout(timer) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  during<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

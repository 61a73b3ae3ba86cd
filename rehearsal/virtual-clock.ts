import type { Clock, Timer } from "./clock";
import { type TimerEntry, TimerQueue } from "./timer-queue";

/**
 * Turns of the event loop between two instants. A reaction to a timer may hop through `setImmediate` before it sets
 * its own timer; three turns let two such hops finish before time moves on.
 */
const SETTLE_TURNS = 3;
/** Steps between two turns of the event loop where no instant waits for one, so that Ctrl-C and timeouts get through. */
const STEPS_IN_A_ROW = 20_000;

export interface VirtualClockOptions {
  /** Milliseconds since the epoch; by default a fixed date, so that runs are alike to the digit. */
  start?: number;
  /**
   * True: promises are all that ever reacts to a timer (no files, sockets, processes or immediates), so that time may
   * move on as soon as none is left to settle. Some five times faster.
   */
  promisesOnly?: boolean;
}

/**
 * A discrete-event clock: time stands still while code runs and jumps to the next timer when nothing holds it.
 * Timers fire by time, then in the order in which they were set, and promises settle between any two of them, so a
 * run with the same inputs is the same run. Real work (files, sockets, child processes) is invisible to it and must
 * be wrapped in `during`.
 */
export class VirtualClock implements Clock {
  private time: number;
  private order = 0;
  private readonly queue = new TimerQueue();
  private working = 0;
  private held = 0;
  private flowing = 0;
  private pumping = false;
  private closed = false;
  private stepsInARow = 0;
  private readonly promisesOnly: boolean;
  private readonly settled = () => process.nextTick(this.next);
  private readonly next = () => this.step();

  constructor(options: number | VirtualClockOptions = {}) {
    const { start, promisesOnly = false } = typeof options === "number" ? { start: options } : options;
    this.time = start ?? Date.UTC(2026, 0, 1);
    this.promisesOnly = promisesOnly;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, act: () => void): Timer {
    const delay = Math.max(ms, 0);
    const entry: TimerEntry = {
      at: this.time + delay,
      order: this.order++,
      act,
      cancel: () => {
        if (!entry.act) return;
        entry.act = undefined;
        this.queue.cancelled();
      },
    };
    this.queue.push(entry);
    this.pump();
    return entry;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Time stands still until the work is done, whatever `flow` says: the work must not wait for this clock. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.working++;
    try {
      return await work();
    } finally {
      this.working--;
      this.pump();
    }
  }

  /**
   * Time stands still until the returned function is called, except while someone is inside `flow`. For work that is
   * real for the most part but waits for the cloud at times, such as an operation of the engine.
   */
  hold(): () => void {
    let released = false;
    this.held++;
    return () => {
      if (released) return;
      released = true;
      this.held--;
      this.pump();
    };
  }

  /** Time may move on while this work waits for the cloud, although someone holds the clock. */
  async flow<T>(work: () => Promise<T>): Promise<T> {
    this.flowing++;
    this.pump();
    try {
      return await work();
    } finally {
      this.flowing--;
    }
  }

  /** Timers not yet fired; 0 means that time has nowhere to go. */
  get pending(): number {
    return this.queue.live;
  }

  /** Drops every timer and lets the process end. Later timers are never fired. */
  close(): void {
    this.closed = true;
    this.queue.clear();
  }

  private get frozen(): boolean {
    return this.closed || this.working > 0 || (this.held > 0 && this.flowing === 0);
  }

  private pump(): void {
    if (this.pumping || this.frozen || this.queue.live === 0) return;
    this.pumping = true;
    this.beforeNextInstant();
  }

  private beforeNextInstant(): void {
    if (!this.promisesOnly) return this.turn(SETTLE_TURNS);
    if (++this.stepsInARow % STEPS_IN_A_ROW === 0) setImmediate(this.next);
    else this.settlePromises();
  }

  /** A tick that is asked for by a microtask runs once no microtask is left. */
  private settlePromises(): void {
    queueMicrotask(this.settled);
  }

  private turn(turns: number): void {
    setImmediate(() => {
      if (turns > 1) this.turn(turns - 1);
      else this.step();
    });
  }

  /**
   * Fires one timer. Where several share an instant, promises settle between them. A turn of the event loop for each
   * would be 20 times slower.
   */
  private step(): void {
    const entry = this.frozen ? undefined : this.queue.pop();
    if (!entry) {
      this.pumping = false;
      return;
    }
    this.time = entry.at;
    const act = entry.act!;
    entry.act = undefined;
    try {
      // Still pumping: timers that are set in here must not start a second pump beside this one.
      act();
    } finally {
      const next = this.frozen ? undefined : this.queue.peek();
      this.pumping = next !== undefined;
      if (next) {
        if (next.at > this.time) this.beforeNextInstant();
        else this.settlePromises();
      }
    }
  }
}

/** Lets time move on during a wait for the cloud where the clock is virtual; with the wall clock it just waits. */
export function flow<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  return clock instanceof VirtualClock ? clock.flow(work) : work();
}

/** Holds a virtual clock; with the wall clock there is nothing to hold. */
export function hold(clock: Clock): () => void {
  return clock instanceof VirtualClock ? clock.hold() : () => undefined;
}

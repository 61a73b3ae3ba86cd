import type { Clock, Timer } from "./clock";
import { TimerEntry, TimerQueue } from "./timer-queue";

/**
 * Turns of the event loop between two instants. A reaction to a timer may go through `setImmediate` before it sets its
 * own timer; three turns let two such steps finish before time advances.
 */
const SETTLE_TURNS = 3;
/** `then` of a resolved promise costs half of `queueMicrotask`, which wraps each callback in an async resource. */
const RESOLVED = Promise.resolve();
/**
 * With `promisesOnly`, steps before the first turn of the event loop; then twice as many before each next one. Ctrl-C, real timeouts and
 * the end of a test wait that long, since a clock that nobody awaits runs on. In a simulation of 1,000 instances a turn every 500 steps
 * needed five times the processor time of one every 20,000.
 */
const STEPS_IN_A_ROW = { first: 500, most: 20_000 };

export interface VirtualClockOptions {
  /** Milliseconds since the epoch; by default a fixed date, so that runs are identical. */
  start?: number;
  /**
   * True: only promises react to timers (no files, sockets, processes or immediates), so time may advance as soon as
   * none is left to settle. About five times faster.
   */
  promisesOnly?: boolean;
}

/**
 * A discrete-event clock: time stands still while code runs and jumps to the next timer when nothing holds it.
 * Timers fire by time, then in the order in which they were set, and promises settle between any two of them, so the
 * same inputs give the same run. The clock cannot see real work (files, sockets, child processes): wrap it in `during`.
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
  private stepsInARow = STEPS_IN_A_ROW.first;
  private stepsUntilTurn = STEPS_IN_A_ROW.first;
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
    const entry = new TimerEntry(this.queue, this.time + Math.max(ms, 0), this.order++, act);
    this.queue.push(entry);
    this.pump();
    return entry;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Stops time until the work is done, even inside `flow`: the work must not wait for this clock. */
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
   * Stops time until the returned function is called, except while a caller is inside `flow`. For work that is mostly
   * real but sometimes waits for the cloud, such as an operation of the engine.
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

  /** Lets time advance while this work waits for the cloud, even if the clock is held. */
  async flow<T>(work: () => Promise<T>): Promise<T> {
    this.flowing++;
    this.pump();
    try {
      return await work();
    } finally {
      this.flowing--;
    }
  }

  /** Number of timers that have not fired; at 0 time cannot advance. */
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
    if (--this.stepsUntilTurn > 0) return this.settlePromises();
    this.stepsInARow = Math.min(2 * this.stepsInARow, STEPS_IN_A_ROW.most);
    this.stepsUntilTurn = this.stepsInARow;
    setImmediate(this.next);
  }

  /** A `nextTick` callback that a microtask queues runs once no microtask is left. */
  private settlePromises(): void {
    void RESOLVED.then(this.settled);
  }

  private turn(turns: number): void {
    setImmediate(() => {
      if (turns > 1) this.turn(turns - 1);
      else this.step();
    });
  }

  /**
   * Fires one timer. Where several share an instant, promises settle between them; a turn of the event loop between
   * them would be 20 times slower.
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
      // Still pumping: a timer set by this call must not start a second pump.
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

/** Lets a virtual clock advance during a wait for the cloud; with the wall clock it only runs the work. */
export function flow<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  return clock instanceof VirtualClock ? clock.flow(work) : work();
}

/** Holds a virtual clock; a no-op with the wall clock. */
export function hold(clock: Clock): () => void {
  return clock instanceof VirtualClock ? clock.hold() : () => undefined;
}

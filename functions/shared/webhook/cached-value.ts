import type { Clock } from "../lambda/clock";

/** How long a failed read stands, in ms: an outage must not multiply what strangers can make a public function ask for. */
const FAILURE_MS = 1_000;
/** How long a request waits for the renewal of a value that it has, in ms: GitHub wants its answer within seconds. */
const RENEWAL_MS = 500;
/** For how long a value outlives the reads that fail to renew it, in ms. */
const OUTLIVES_MS = 10 * 60_000;

/**
 * A value that a process reads at most once in a given time, however many requests need it. While it cannot be renewed, the last
 * one serves for ten more minutes: a delivery that could be checked must not be lost because Secrets Manager is down or slow. A read
 * that takes longer goes on meanwhile, and renews the value for the next request.
 */
export class CachedValue<T> {
  private known?: { value: T; readAt: number };
  private failed?: { error: unknown; at: number };
  private pending?: Promise<T>;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly clock: Clock,
    /** Milliseconds. */
    private readonly maxAge: number,
  ) {}

  async get(): Promise<T> {
    const age = this.age();
    if (this.known && age < this.maxAge) return this.known.value;
    const last = age < this.maxAge + OUTLIVES_MS ? this.known : undefined;
    if (this.sinceFailure() >= FAILURE_MS) {
      // Also if no one waits for it any more, a failure is no unhandled rejection; `failed` has its error.
      const renewal = this.refresh().then(
        (value) => ({ value }),
        () => undefined,
      );
      const renewed = await (last ? this.soon(renewal) : renewal);
      if (renewed) return renewed.value;
    }
    if (last) return last.value;
    throw this.failed?.error;
  }

  /**
   * The value no older than its time, however long the read takes. Also this asks a store that is down at most once a second.
   *
   * @throws if it cannot be read.
   */
  async fresh(): Promise<T> {
    if (this.known && this.age() < this.maxAge) return this.known.value;
    if (this.sinceFailure() < FAILURE_MS) throw this.failed?.error;
    return this.refresh();
  }

  /** Milliseconds since the value was read; infinite if it never was. */
  age(): number {
    return this.known ? this.clock.now() - this.known.readAt : Infinity;
  }

  /** Reads it now; requests at the same time share the read. */
  refresh(): Promise<T> {
    this.pending ??= this.load().finally(() => (this.pending = undefined));
    return this.pending;
  }

  private sinceFailure(): number {
    return this.failed ? this.clock.now() - this.failed.at : Infinity;
  }

  private soon<V>(renewal: Promise<V | undefined>): Promise<V | undefined> {
    return new Promise((resolve) => {
      const timer = this.clock.after(RENEWAL_MS, () => resolve(undefined));
      void renewal.then(resolve).finally(() => timer.cancel());
    });
  }

  private async load(): Promise<T> {
    // The time before the read: what changes during it is not in the value.
    const readAt = this.clock.now();
    try {
      const value = await this.read();
      this.known = { value, readAt };
      this.failed = undefined;
      return value;
    } catch (error) {
      this.failed = { error, at: this.clock.now() };
      throw error;
    }
  }
}

/** Lambda as far as concurrency matters: an idle process serves the next request, another one starts cold, and beyond the limit none does. */
export class LambdaModel<P> {
  private readonly idle: P[] = [];
  private running = 0;
  /** Most requests at once. */
  peak = 0;
  processes = 0;
  refused = 0;
  /** Milliseconds that each request took, cold starts included. */
  readonly durations: number[] = [];

  constructor(
    private readonly clock: { now(): number; sleep(ms: number): Promise<void> },
    private readonly options: { limit: number; coldStartMs: number; start(): P },
  ) {}

  /** Undefined: throttled. */
  async invoke<T>(work: (process: P) => Promise<T>): Promise<T | undefined> {
    if (this.running >= this.options.limit) {
      this.refused += 1;
      return undefined;
    }
    this.running += 1;
    this.peak = Math.max(this.peak, this.running);
    const begun = this.clock.now();
    const process = this.idle.pop() ?? (await this.startProcess());
    try {
      return await work(process);
    } finally {
      this.running -= 1;
      this.idle.push(process);
      this.durations.push(this.clock.now() - begun);
    }
  }

  private async startProcess(): Promise<P> {
    this.processes += 1;
    await this.clock.sleep(this.options.coldStartMs);
    return this.options.start();
  }
}

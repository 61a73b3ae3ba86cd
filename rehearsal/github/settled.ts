/** Waits for GitHub's jobs to end. */
export class Settled {
  private readonly waiters = new Set<() => void>();

  /** @param isBusy whether a job is queued, assigned or running, or is to come */
  constructor(private readonly isBusy: () => boolean) {}

  /** To be called after every change. */
  changed(): void {
    if (this.isBusy()) return;
    const waiters = [...this.waiters];
    this.waiters.clear();
    for (const wake of waiters) wake();
  }

  async reached(): Promise<void> {
    while (this.isBusy()) await new Promise<void>((resolve) => this.waiters.add(resolve));
  }
}

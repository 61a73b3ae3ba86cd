/**
 * Since when every sweep has found outdated instances and no running refresh. Kept in the function's process: after a
 * cold start the measurement begins again, and a refresh starts a little later.
 */
export class RefreshWatch {
  private since: number | undefined;

  /**
   * @param now milliseconds since the epoch.
   * @returns for how long, in ms; 0 at the first sweep.
   */
  idleFor(now: number): number {
    this.since ??= now;
    return now - this.since;
  }

  /** Notes a running refresh, or that no instance is outdated. */
  reset(): void {
    this.since = undefined;
  }
}

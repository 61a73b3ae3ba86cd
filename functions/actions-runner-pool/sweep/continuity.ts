/**
 * Since when every look has found something so. GitHub does not say since when a runner is offline, and Auto Scaling's history
 * may not say since when an instance rests, so the sweeps measure it.
 *
 * Kept in the function's process, which Lambda reuses between sweeps 5 minutes apart. After a cold start the measurement
 * begins again: what depends on it happens later.
 */
export class Continuity {
  private readonly since = new Map<string, number>();

  /**
   * Notes that a look found it so.
   *
   * @param id of an instance or a runner.
   * @param now milliseconds since the epoch.
   * @returns for how long, in ms, every look has found it so; 0 at the first.
   */
  continued(id: string, now: number): number {
    const since = this.since.get(id) ?? now;
    this.since.set(id, since);
    return now - since;
  }

  /** Notes that a look did not find it so. */
  broken(id: string): void {
    this.since.delete(id);
  }

  /** Forgets all others. */
  keepOnly(ids: readonly string[]): void {
    for (const known of [...this.since.keys()]) if (!ids.includes(known)) this.since.delete(known);
  }
}

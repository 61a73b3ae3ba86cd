/**
 * Since when every look at the runner of a retained instance has found it offline and idle. GitHub does not say since
 * when a runner is offline, so the sweeps measure it.
 *
 * Kept in the function's process, which Lambda reuses between sweeps 5 minutes apart. After a cold start the
 * measurement begins again: the instance is kept for longer, and its alarm stays.
 */
export class Silences {
  private readonly since = new Map<string, number>();

  /**
   * Notes that a look found the runner silent.
   *
   * @param now milliseconds since the epoch.
   * @returns for how long, in ms, every look has found it so; 0 at the first.
   */
  continued(instanceId: string, now: number): number {
    const since = this.since.get(instanceId) ?? now;
    this.since.set(instanceId, since);
    return now - since;
  }

  /** Notes that a look did not find it silent. */
  broken(instanceId: string): void {
    this.since.delete(instanceId);
  }

  /** Forgets all other instances. */
  keepOnly(instanceIds: readonly string[]): void {
    for (const known of [...this.since.keys()]) if (!instanceIds.includes(known)) this.since.delete(known);
  }
}

/**
 * End of the newest failed launch that was reported. Kept in the function's process, which Lambda reuses between sweeps:
 * a sweep may come later than 5 minutes after the one before, or that one may not have read the history. After a cold start
 * it begins one interval back, and what a sweep missed before stays unreported.
 */
export class FailureMark {
  private newest: number | undefined;

  /**
   * @param start where a process begins that has reported nothing yet, in milliseconds since the epoch.
   * @returns the time after which failures are new.
   */
  since(start: number): number {
    this.newest ??= start;
    return this.newest;
  }

  /** Notes a failure that was reported. Auto Scaling lists the newest first, so that an earlier end moves nothing back. */
  reported(endedAt: number): void {
    this.newest = Math.max(this.newest ?? 0, endedAt);
  }
}

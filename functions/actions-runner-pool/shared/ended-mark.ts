/**
 * The label of a runner whose instance has ended: `ci-runners-ended-<end, in seconds since the epoch>-<pool>`. It replaces
 * the runner's custom labels, so that it gets no further job by them, and stays as long as the runner.
 *
 * It is the memory of that proof: the group's history, of which a sweep reads 3,000 activities, passes on within hours in a
 * large pool, while a thief may stay busy for days. A principal that can set labels can remove runners as well, so it opens
 * nothing; the credentials of a runner alone do not suffice to change its labels.
 */
const PREFIX = "ci-runners-ended-";
const MARK = new RegExp(`^${PREFIX}(\\d{1,12})-(.+)$`, "i");

/** @param endedAt milliseconds since the epoch */
export function endedMark(pool: string, endedAt: number): string {
  return `${PREFIX}${Math.floor(endedAt / 1000)}-${pool}`;
}

/** When the instance ended, in ms since the epoch, if this pool has marked its runner. GitHub ignores the case of labels. */
export function markedEnd(pool: string, labels: readonly string[]): number | undefined {
  for (const label of labels) {
    const [, seconds, owner] = MARK.exec(label) ?? [];
    if (owner?.toLowerCase() === pool.toLowerCase()) return Number(seconds) * 1000;
  }
  return undefined;
}

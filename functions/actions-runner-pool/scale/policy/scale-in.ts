/**
 * Instances that have idled for long enough to leave, the longest first. GitHub gives a job to any idle runner; taking the one that
 * has idled longest is the only way to gather the idle time on few of them.
 */
export function longestIdle(idleSince: Readonly<Record<string, number>>, idleTimeout: number, now: number): string[] {
  return Object.entries(idleSince)
    .filter(([, since]) => now - since >= idleTimeout)
    .sort(([one, a], [other, b]) => a - b || (one < other ? -1 : 1))
    .map(([id]) => id);
}

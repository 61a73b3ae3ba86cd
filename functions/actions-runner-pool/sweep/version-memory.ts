import type { VersionSchedule } from "../../shared/github/runners";

/**
 * How long an answer about a version is used, in ms. GitHub plans the end of a version 30 days ahead, so that six hours
 * do not matter, and four calls a day for each version are nothing beside the hourly quota.
 */
const FRESH_MS = 6 * 3600_000;
/**
 * Maximum lookups in FRESH_MS. A pool has one or two versions: the one that is installed, and the one to which its runners
 * have updated themselves. A job can make its runner report any version, so their number is not trusted.
 */
const MAX_VERSIONS = 5;

interface Answer {
  askedAt: number;
  /** Undefined if GitHub does not know the version, or has not answered. */
  schedule?: VersionSchedule;
}

/**
 * What GitHub said about the end of the runner's versions. Kept in the function's process, which Lambda reuses between
 * sweeps 5 minutes apart; after a cold start each version is looked up again.
 */
export class VersionMemory {
  /** Versions of the pool's runners by the last complete list, the oldest first: most sweeps of a large pool read no list. */
  inUse: readonly string[] = [];
  private readonly answers = new Map<string, Answer>();

  /**
   * Whether to look the version up now. If so, the lookup counts as made, whatever comes of it.
   *
   * @param now milliseconds since the epoch.
   */
  takeLookup(version: string, now: number): boolean {
    const known = this.answers.get(version);
    if (known && now - known.askedAt < FRESH_MS) return false;
    const recent = [...this.answers.values()].filter(({ askedAt }) => now - askedAt < FRESH_MS);
    if (recent.length >= MAX_VERSIONS) return false;
    // What an earlier lookup found is kept if this one fails.
    this.answers.set(version, { ...known, askedAt: now });
    return true;
  }

  note(version: string, schedule: VersionSchedule | undefined): void {
    const known = this.answers.get(version);
    if (known) this.answers.set(version, { askedAt: known.askedAt, ...(schedule && { schedule }) });
  }

  schedule(version: string): VersionSchedule | undefined {
    return this.answers.get(version)?.schedule;
  }

  /** Forgets what no runner has any more, except lookups that still count. */
  keepOnly(versions: readonly string[], now: number): void {
    for (const [version, { askedAt }] of [...this.answers])
      if (!versions.includes(version) && now - askedAt >= FRESH_MS) this.answers.delete(version);
  }
}

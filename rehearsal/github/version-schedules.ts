import { HttpError } from "./http";
import type { Runners } from "./runners";

/** When GitHub ends a version of the runner, in milliseconds since the epoch; absent: no end is planned. */
export interface VersionEnds {
  registration?: number;
  runtime?: number;
}

/** The version of the API in which GitHub documents the route. */
const SINCE = "2026-03-10";

/** The end of each version of the runner's software, by version. */
export class VersionSchedules {
  private readonly ends = new Map<string, VersionEnds>();

  constructor(private readonly runners: Runners) {}

  set(version: string, ends: VersionEnds): void {
    this.ends.set(version, ends);
  }

  /**
   * The reply for a version that is planned to end, or that some runner has. Throws HttpError 404 for any other, and for a
   * version of the API before the route's first.
   */
  body(version: string, apiVersion: string): Record<string, unknown> {
    const isInUse = this.runners.all().some((runner) => runner.version === version);
    const ends = this.ends.get(version) ?? (isInUse ? {} : undefined);
    if (ends === undefined || apiVersion < SINCE) throw new HttpError(404, "Not Found");
    return {
      runner_version: version,
      registration_deprecates_at: instant(ends.registration),
      runtime_deprecates_at: instant(ends.runtime),
    };
  }
}

function instant(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

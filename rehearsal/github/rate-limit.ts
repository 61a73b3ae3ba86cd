import type { Clock } from "../clock";
import { HttpError } from "./http";

interface Window {
  used: number;
  /** Milliseconds since the epoch. */
  resetAt: number;
}

/** GitHub's primary rate limit: a number of requests per hour for each installation or token; beyond it, 403. */
export class RateLimit {
  private readonly windows = new Map<string, Window>();
  /** Most requests of one caller in one hour. */
  busiest = 0;
  /** Requests refused beyond the limit. */
  refused = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
  ) {}

  /** Counts one request; returns the headers that every reply carries. Throws HttpError 403 when the limit is exhausted. */
  count(rateKey: string): Record<string, string> {
    const now = this.clock.now();
    let window = this.windows.get(rateKey);
    if (!window || window.resetAt <= now) window = { used: 0, resetAt: now + 3_600_000 };
    this.windows.set(rateKey, window);
    const exhausted = window.used >= this.limit;
    if (exhausted) this.refused++;
    else this.busiest = Math.max(this.busiest, ++window.used);
    const headers = {
      "x-ratelimit-limit": String(this.limit),
      "x-ratelimit-remaining": String(this.limit - window.used),
      "x-ratelimit-reset": String(Math.ceil(window.resetAt / 1000)),
      "x-ratelimit-used": String(window.used),
      "x-ratelimit-resource": "core",
    };
    if (exhausted) throw new HttpError(403, `API rate limit exceeded for ${rateKey}.`, {}, headers);
    return headers;
  }

  /** A caller's current usage; reading it does not count as a request. */
  state(rateKey: string): { limit: number; used: number; remaining: number; reset: number } {
    const window = this.windows.get(rateKey);
    const running = window && window.resetAt > this.clock.now() ? window : { used: 0, resetAt: this.clock.now() + 3_600_000 };
    return { limit: this.limit, used: running.used, remaining: this.limit - running.used, reset: Math.ceil(running.resetAt / 1000) };
  }

  /** Requests counted in the current hour. */
  used(rateKey: string): number {
    return this.windows.get(rateKey)?.used ?? 0;
  }
}

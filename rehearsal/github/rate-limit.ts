import type { Clock } from "../clock";
import { HttpError } from "./http";

interface Window {
  used: number;
  /** Milliseconds since the epoch. */
  resetAt: number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * GitHub's rate limits, for each installation or token. The primary one is a number of requests per hour, of which replies of 304
 * are not counted. The secondary one is points per minute: 1 for a read, 5 for a change, whatever the reply.
 */
export class RateLimit {
  private readonly windows = new Map<string, Window>();
  private readonly minutes = new Map<string, Window>();
  /** Most requests of one caller in one hour. */
  busiest = 0;
  /** Requests refused beyond a limit. */
  refused = 0;

  constructor(
    private readonly clock: Clock,
    private readonly pointsPerMinute: number,
  ) {}

  /** Counts one request; returns the headers that every reply carries. Throws HttpError 403 when a limit is exhausted. */
  count(rateKey: string, limit: number, method: string): Record<string, string> {
    this.countPoints(rateKey, method === "GET" ? 1 : 5);
    const window = this.current(this.windows, rateKey, HOUR_MS);
    const exhausted = window.used >= limit;
    if (exhausted) this.refused++;
    else this.busiest = Math.max(this.busiest, ++window.used);
    const headers = headersOf(window, limit);
    if (exhausted) throw new HttpError(403, `API rate limit exceeded for ${rateKey}.`, {}, headers);
    return headers;
  }

  /** The reply is 304, so the request does not count. */
  refund(rateKey: string, limit: number): Record<string, string> {
    const window = this.current(this.windows, rateKey, HOUR_MS);
    window.used--;
    return headersOf(window, limit);
  }

  /** A caller's current usage; reading it does not count as a request. */
  state(rateKey: string, limit: number): { limit: number; used: number; remaining: number; reset: number } {
    const window = this.windows.get(rateKey);
    const running = window && window.resetAt > this.clock.now() ? window : { used: 0, resetAt: this.clock.now() + HOUR_MS };
    return { limit, used: running.used, remaining: limit - running.used, reset: Math.ceil(running.resetAt / 1000) };
  }

  /** Requests counted in the current hour. */
  used(rateKey: string): number {
    return this.windows.get(rateKey)?.used ?? 0;
  }

  private countPoints(rateKey: string, points: number): void {
    const minute = this.current(this.minutes, rateKey, MINUTE_MS);
    minute.used += points;
    if (minute.used <= this.pointsPerMinute) return;
    this.refused++;
    const seconds = Math.max(1, Math.ceil((minute.resetAt - this.clock.now()) / 1000));
    throw new HttpError(403, "You have exceeded a secondary rate limit.", {}, { "retry-after": String(seconds) });
  }

  private current(windows: Map<string, Window>, rateKey: string, length: number): Window {
    const now = this.clock.now();
    const known = windows.get(rateKey);
    if (known && known.resetAt > now) return known;
    const fresh = { used: 0, resetAt: now + length };
    windows.set(rateKey, fresh);
    return fresh;
  }
}

function headersOf(window: Window, limit: number): Record<string, string> {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(limit - window.used),
    "x-ratelimit-reset": String(Math.ceil(window.resetAt / 1000)),
    "x-ratelimit-used": String(window.used),
    "x-ratelimit-resource": "core",
  };
}

/** "50 requests per hour for each repository above 20, up to 12,500 per hour" */
export function installationLimit(base: number, repositories: number): number {
  return Math.min(Math.max(12_500, base), base + 50 * Math.max(0, repositories - 20));
}

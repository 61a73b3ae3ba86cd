import { request as octokitRequest } from "@octokit/request";
import { RequestError } from "@octokit/request-error";
import { type Clock, systemClock } from "../lambda/clock";
import { abortable, pause } from "../lambda/timeout";
import type { GitHubAccount } from "./account";
import { GitHubCredentials, type Identity, type ReadSecret } from "./credentials";
import { GitHubError, toGitHubError } from "./error";

export interface TransportLimits {
  /** Timeout of one HTTP call, in ms. */
  callMs: number;
  /** Retries after a transient failure. */
  retries: number;
  /** Delay before the first retry, in ms; it doubles each time. */
  pauseMs: number;
}

/** GitHub keeps each version of its API for at least two years after the next one. */
const API_VERSION = "2022-11-28";

/** GitHub's primary rate limit resets every hour. */
const LONGEST_LIMIT_MS = 3_600_000;

const DEFAULT_LIMITS: TransportLimits = { callMs: 5000, retries: 2, pauseMs: 500 };

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to the API's base URL, encoded. */
  path: string;
  query?: Record<string, string | number>;
  /** Version of the API that describes the route; absent: API_VERSION. */
  apiVersion?: string;
  body?: Record<string, unknown>;
  /** Absent: the installation, or the token's owner. */
  as?: Identity;
  /** Of an earlier response: GitHub answers 304 if it would be the same, and does not count the call against the quota. */
  etag?: string;
}

/** A response whose body the caller's reader has checked. */
export type Response<T> =
  | { unchanged: true }
  | {
      unchanged: false;
      value: T;
      etag?: string;
      /** The query of the next page; undefined on the last one. */
      next?: URLSearchParams;
    };

/** The hourly quota as GitHub reports it; `reset` is in seconds since the epoch. */
interface Budget {
  limit: number;
  remaining: number;
  reset: number;
}

export interface Answer {
  data: unknown;
  headers: Record<string, string | number | undefined>;
  /** GitHub answered 304. */
  unchanged?: true;
}

/** Sends one authorized call. Throws RequestError or GitHubError. */
export type Send = (call: Call, authorization: string, signal: AbortSignal) => Promise<Answer>;

/** What a simulation replaces: network and clock. */
export interface TransportSeams {
  send?: Send;
  clock?: Clock;
}

/**
 * Sends GitHub API calls: authorized, each with a timeout. It retries transient failures, renews rejected credentials
 * once, and sends nothing while a rate limit is in force. It knows no endpoint but `/rate_limit`.
 */
export class GitHubTransport {
  private readonly limits: TransportLimits;
  private readonly send: Send;
  private readonly credentials: GitHubCredentials;
  readonly clock: Clock;
  /** The quota as GitHub's last response reported it; `until` is in ms since the epoch. */
  private budget = { limit: 1, remaining: 1, until: 0 };
  /** End of the rate limit in force, in ms since the epoch. The App itself and its installation have separate limits. */
  private readonly refusedUntil: Record<Identity, number> = { installation: 0, app: 0 };

  constructor(account: GitHubAccount, readSecret: ReadSecret, limits: Partial<TransportLimits> = {}, seams: TransportSeams = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    const request = octokitRequest.defaults({
      baseUrl: account.apiUrl,
      headers: { "user-agent": "ci-runners", "x-github-api-version": API_VERSION },
      request: { fetch: boundedFetch(this.limits.callMs), log: SILENT },
    });
    this.clock = seams.clock ?? systemClock;
    this.send = seams.send ?? sendBy(request);
    this.credentials = new GitHubCredentials(account, readSecret, request, this.clock);
  }

  /**
   * @param read checks the response body and returns the part that the caller uses, or undefined if the body is not what
   *   the API documents. The check is required: a truncated body arrives as an empty string with status 200.
   * @param signal bounds the whole call, delays included.
   * @throws GitHubError, or the signal's reason.
   */
  async call<T>(call: Call, read: (data: unknown) => T | undefined, signal: AbortSignal): Promise<T> {
    const response = await this.exchange(call, read, signal);
    if (response.unchanged) throw new GitHubError(`${call.method} ${call.path}: 304 in reply to an unconditional request`, 304);
    return response.value;
  }

  /** As `call`, with what the response's headers say of later calls. */
  async exchange<T>(call: Call, read: (data: unknown) => T | undefined, signal: AbortSignal): Promise<Response<T>> {
    let renewed = false;
    for (let attempt = 0; ; ) {
      try {
        return await abortable(this.once(call, read, signal), signal);
      } catch (error) {
        signal.throwIfAborted();
        // Anything else comes from reading the credentials, where the AWS SDK has already retried.
        if (!(error instanceof RequestError || error instanceof GitHubError)) throw error;
        const failure = toGitHubError(`${call.method} ${call.path}`, error, this.clock.now());
        if (failure.retryAt) {
          this.refusedUntil[call.as ?? "installation"] = Math.min(failure.retryAt.getTime(), this.clock.now() + LONGEST_LIMIT_MS);
        }
        if (failure.status === 401 && !renewed) {
          renewed = true;
          this.credentials.invalidate();
          continue;
        }
        if (!failure.transient || attempt >= this.limits.retries) throw failure;
        await pause(this.clock, this.limits.pauseMs * 2 ** attempt, signal);
        attempt += 1;
      }
    }
  }

  /**
   * Share of the hourly quota that remains after `spending` more calls; 1 if GitHub has not reported it, or the reported
   * hour is over.
   */
  remainingQuota(spending = 0): number {
    if (this.clock.now() < this.refusedUntil.installation) return 0;
    const { limit, remaining, until } = this.budget;
    return this.clock.now() < until ? Math.max(0, remaining - spending) / limit : 1;
  }

  /**
   * The current share, read from an endpoint that does not count against the quota. `remainingQuota` alone would reflect only this
   * process's calls, and hundreds of processes of a function may run at once.
   */
  async fetchRemainingQuota(signal: AbortSignal): Promise<number> {
    if (this.remainingQuota() === 0) return 0;
    const read = (data: any) => (typeof data?.resources?.core === "object" ? (data.resources.core as Budget) : undefined);
    try {
      this.note(await this.call({ method: "GET", path: "/rate_limit" }, read, signal));
    } catch (error) {
      // An Enterprise Server without rate limits returns 404. Any other failure must not block the caller's work either.
      if (!(error instanceof GitHubError)) throw error;
    }
    return this.remainingQuota();
  }

  private noteBudget(headers: Answer["headers"]): void {
    const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => Number(headers[`x-ratelimit-${name}`]));
    this.note({ limit: limit!, remaining: remaining!, reset: reset! });
  }

  private note({ limit, remaining, reset }: Budget): void {
    if (limit > 0 && remaining >= 0 && reset > 0) this.budget = { limit, remaining, until: reset * 1000 };
  }

  private async once<T>(call: Call, read: (data: unknown) => T | undefined, signal: AbortSignal): Promise<Response<T>> {
    const { as = "installation" } = call;
    // GitHub counts rejected calls against the caller and may ban a client that continues to send them.
    if (this.clock.now() < this.refusedUntil[as]) {
      const until = new Date(this.refusedUntil[as]);
      throw new GitHubError(`${call.method} ${call.path}: not sent (rate limit until ${until.toISOString()})`, 429, until);
    }
    const authorization = await this.credentials.authorization(as);
    const answer = await this.send(call, authorization, signal).catch(unchangedOnly);
    // The App's own calls say nothing about the installation's quota.
    if (as === "installation") this.noteBudget(answer.headers);
    if (answer.unchanged) return { unchanged: true };
    const value = read(answer.data);
    if (value === undefined)
      throw new GitHubError(`${call.method} ${call.path}: the response is truncated or not what the API documents`, 0);
    const { etag, link } = answer.headers;
    const next = /<([^>]*)>; rel="next"/.exec(String(link ?? ""))?.[1];
    return {
      unchanged: false,
      value,
      ...(typeof etag === "string" && { etag }),
      ...(next !== undefined && { next: new URLSearchParams(next.split("?")[1]) }),
    };
  }
}

/** The HTTP client treats 304 as an error. */
function unchangedOnly(error: unknown): Answer & { unchanged: true } {
  if (error instanceof RequestError && error.status === 304) {
    return { data: undefined, headers: error.response?.headers ?? {}, unchanged: true };
  }
  throw error;
}

function sendBy(request: typeof octokitRequest): Send {
  return ({ method, path, query, body, etag, apiVersion = API_VERSION }, authorization, signal) => {
    const headers = { authorization, "x-github-api-version": apiVersion, ...(etag !== undefined && { "if-none-match": etag }) };
    // As `data`, because a body's own `url`, as a webhook's configuration has one, would replace the call's.
    return request(`${method} ${path}`, { ...query, ...(body && { data: body }), headers, request: { signal } });
  };
}

/** Also applies to the calls that `@octokit/auth-app` makes itself. */
function boundedFetch(milliseconds: number): typeof fetch {
  return (input, init) => {
    const bound = AbortSignal.timeout(milliseconds);
    const signal = init?.signal ? AbortSignal.any([init.signal, bound]) : bound;
    return fetch(input, { ...init, signal });
  };
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

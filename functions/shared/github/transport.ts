import { request as octokitRequest } from "@octokit/request";
import { RequestError } from "@octokit/request-error";
import { type Clock, systemClock } from "../lambda/clock";
import { abortable, pause } from "../lambda/timeout";
import type { GitHubAccount } from "./account";
import { GitHubCredentials, type ReadSecret } from "./credentials";
import { GitHubError, toGitHubError } from "./error";

export interface TransportLimits {
  /** Bound on one HTTP call, in ms. */
  callMs: number;
  /** Further tries after a transient failure. */
  retries: number;
  /** Wait before the first further try, in ms; doubles each time. */
  pauseMs: number;
}

/** GitHub's primary limit starts anew each hour. */
const LONGEST_LIMIT_MS = 3_600_000;

const DEFAULT_LIMITS: TransportLimits = { callMs: 5000, retries: 2, pauseMs: 500 };

export interface Call {
  method: "GET" | "POST" | "DELETE";
  /** Below the API's base, encoded. */
  path: string;
  query?: Record<string, string | number>;
}

/** Calls of the hour, as GitHub tells them; `reset` in seconds since the epoch. */
interface Budget {
  limit: number;
  remaining: number;
  reset: number;
}

export interface Answer {
  data: unknown;
  headers: Record<string, string | number | undefined>;
}

/** Sends one authorised call. Throws RequestError or GitHubError. */
export type Send = (call: Call, authorization: string, signal: AbortSignal) => Promise<Answer>;

/** What a simulation replaces: the network and the time. */
export interface TransportSeams {
  send?: Send;
  clock?: Clock;
}

/**
 * One GitHub API call after the other: authorised, each bounded, transient failures tried again, refused credentials
 * renewed once. Knows nothing of what is called.
 */
export class GitHubTransport {
  private readonly limits: TransportLimits;
  private readonly send: Send;
  private readonly credentials: GitHubCredentials;
  readonly clock: Clock;
  private budget = { share: 1, until: 0 };
  /** Until then GitHub refuses every call, in ms since the epoch. */
  private refusedUntil = 0;

  constructor(account: GitHubAccount, readSecret: ReadSecret, limits: Partial<TransportLimits> = {}, seams: TransportSeams = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    const request = octokitRequest.defaults({
      baseUrl: account.apiUrl,
      headers: { "user-agent": "ci-runners", "x-github-api-version": "2022-11-28" },
      request: { fetch: boundedFetch(this.limits.callMs), log: SILENT },
    });
    this.clock = seams.clock ?? systemClock;
    this.send = seams.send ?? sendBy(request);
    this.credentials = new GitHubCredentials(account, readSecret, request, this.clock);
  }

  /**
   * @param read checks the answer's body and gives what the caller wants of it, or undefined if it is not what the
   *   API promises. The check is not for tidiness: a body that is cut off arrives as an empty string with status 200.
   * @param signal bound on the whole, waits included.
   * @throws GitHubError, or the signal's reason.
   */
  async call<T>(call: Call, read: (data: unknown) => T | undefined, signal: AbortSignal): Promise<T> {
    let renewed = false;
    for (let attempt = 0; ; ) {
      try {
        return await abortable(this.once(call, read, signal), signal);
      } catch (error) {
        signal.throwIfAborted();
        // Anything else comes from reading the credentials: its own client has tried again already.
        if (!(error instanceof RequestError || error instanceof GitHubError)) throw error;
        const failure = toGitHubError(`${call.method} ${call.path}`, error, this.clock.now());
        if (failure.retryAt) this.refusedUntil = Math.min(failure.retryAt.getTime(), this.clock.now() + LONGEST_LIMIT_MS);
        if (failure.status === 401 && !renewed) {
          renewed = true;
          this.credentials.forget();
          continue;
        }
        if (!failure.transient || attempt >= this.limits.retries) throw failure;
        await pause(this.clock, this.limits.pauseMs * 2 ** attempt, signal);
        attempt += 1;
      }
    }
  }

  /** Share of the hour's calls that is left; all of them where GitHub has not said, or its hour is over. */
  spare(): number {
    if (this.clock.now() < this.refusedUntil) return 0;
    return this.clock.now() < this.budget.until ? this.budget.share : 1;
  }

  /**
   * The same, by a question that GitHub answers at no charge: each process of a function knows only of its own calls,
   * and hundreds of them may run at once.
   */
  async askSpare(signal: AbortSignal): Promise<number> {
    if (this.spare() === 0) return 0;
    const read = (data: any) => (typeof data?.resources?.core === "object" ? (data.resources.core as Budget) : undefined);
    try {
      this.note(await this.call({ method: "GET", path: "/rate_limit" }, read, signal));
    } catch (error) {
      // An Enterprise Server without rate limits has no such page, and a question that failed is no reason to do nothing.
      if (!(error instanceof GitHubError)) throw error;
    }
    return this.spare();
  }

  private noteBudget(headers: Answer["headers"]): void {
    const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => Number(headers[`x-ratelimit-${name}`]));
    this.note({ limit: limit!, remaining: remaining!, reset: reset! });
  }

  private note({ limit, remaining, reset }: Budget): void {
    if (limit > 0 && remaining >= 0 && reset > 0) this.budget = { share: remaining / limit, until: reset * 1000 };
  }

  private async once<T>(call: Call, read: (data: unknown) => T | undefined, signal: AbortSignal): Promise<T> {
    // GitHub counts refused calls against the caller and may bar who goes on with them.
    if (this.clock.now() < this.refusedUntil) {
      const until = new Date(this.refusedUntil);
      throw new GitHubError(`${call.method} ${call.path}: not sent (rate limit until ${until.toISOString()})`, 429, until);
    }
    const authorization = await this.credentials.authorization();
    const { data, headers } = await this.send(call, authorization, signal);
    this.noteBudget(headers);
    const result = read(data);
    if (result === undefined) throw new GitHubError(`${call.method} ${call.path}: the answer is cut off or not what the API promises`, 0);
    return result;
  }
}

function sendBy(request: typeof octokitRequest): Send {
  return ({ method, path, query }, authorization, signal) =>
    request(`${method} ${path}`, { ...query, headers: { authorization }, request: { signal } });
}

/** Also bounds the calls that the App authentication makes by itself. */
function boundedFetch(milliseconds: number): typeof fetch {
  return (input, init) => {
    const bound = AbortSignal.timeout(milliseconds);
    const signal = init?.signal ? AbortSignal.any([init.signal, bound]) : bound;
    return fetch(input, { ...init, signal });
  };
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

import { RequestError } from "@octokit/request-error";

/**
 * A failed call, without the request and response objects that the HTTP client's own errors carry: those hold
 * headers and bodies, and whatever is thrown ends up in a log.
 */
export class GitHubError extends Error {
  override readonly name = "GitHubError";

  constructor(
    message: string,
    /** HTTP status; 0 when there was no (whole) answer. */
    readonly status: number,
    /** When the rate limit allows calls again. Set only if a rate limit was the cause. */
    readonly retryAt?: Date,
  ) {
    super(message);
  }

  /** Worth a second try within the same invocation. A rate limit (403, 429) is not: it lasts for minutes. */
  get transient(): boolean {
    return this.status === 0 || this.status === 408 || this.status >= 500;
  }
}

/** A proxy's error page arrives as the message: this many characters of it are enough for a log line. */
const MESSAGE = 300;

/**
 * @param call what was called, for the message: method and path, no query.
 * @param now milliseconds since the epoch.
 */
export function toGitHubError(call: string, cause: unknown, now: number): GitHubError {
  if (cause instanceof GitHubError) return cause;
  if (!(cause instanceof RequestError) || !cause.response) {
    return new GitHubError(`${call}: ${cause instanceof Error ? cause.message : String(cause)}`, 0);
  }
  const { status, response } = cause;
  const retryAt = rateLimitEnd(status, response.headers, cause.message, now);
  const until = retryAt ? ` (rate limit until ${retryAt.toISOString()})` : "";
  return new GitHubError(`${call}: ${status} ${cause.message.slice(0, MESSAGE)}${until}`, status, retryAt);
}

type Headers = Record<string, string | number | undefined>;

/** GitHub answers 403 or 429; the primary limit tells by its counters, the secondary one by `retry-after` or its text. */
function rateLimitEnd(status: number, headers: Headers, message: string, now: number): Date | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = Number(headers["retry-after"]);
  if (seconds > 0) return new Date(now + seconds * 1000);
  if (Number(headers["x-ratelimit-remaining"] ?? 1) === 0) return new Date(Number(headers["x-ratelimit-reset"] ?? 0) * 1000);
  // Documentation asks to wait for at least one minute when no header says more.
  return status === 429 || /rate limit/i.test(message) ? new Date(now + 60_000) : undefined;
}

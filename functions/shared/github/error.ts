import { RequestError } from "@octokit/request-error";

/**
 * A failed call. Unlike the HTTP client's errors it has no request and response objects: those contain headers and
 * bodies, and a thrown error ends up in a log.
 */
export class GitHubError extends Error {
  override readonly name = "GitHubError";

  constructor(
    message: string,
    /** HTTP status; 0 if there was no complete response. */
    readonly status: number,
    /** End of the rate limit. Set only if a rate limit was the cause. */
    readonly retryAt?: Date,
  ) {
    super(message);
  }

  /** Worth a retry within the same invocation. A rate limit (403, 429) is not: it lasts for minutes. */
  get transient(): boolean {
    return this.status === 0 || this.status === 408 || this.status >= 500;
  }
}

/** Characters of a message to log. A proxy's whole error page may arrive as the message. */
const MESSAGE_LENGTH = 300;

/**
 * @param call method and path without the query, for the message.
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
  return new GitHubError(`${call}: ${status} ${cause.message.slice(0, MESSAGE_LENGTH)}${until}`, status, retryAt);
}

type Headers = Record<string, string | number | undefined>;

/**
 * GitHub returns 403 or 429 for both limits. The primary one is recognizable by its counters, the secondary one by
 * `retry-after` or its text.
 */
function rateLimitEnd(status: number, headers: Headers, message: string, now: number): Date | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = Number(headers["retry-after"]);
  if (seconds > 0) return new Date(now + seconds * 1000);
  if (Number(headers["x-ratelimit-remaining"] ?? 1) === 0) return new Date(Number(headers["x-ratelimit-reset"] ?? 0) * 1000);
  // GitHub's documentation asks clients to wait for at least one minute if no header says otherwise.
  return status === 429 || /rate limit/i.test(message) ? new Date(now + 60_000) : undefined;
}

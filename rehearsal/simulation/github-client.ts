import type { GitHubScope } from "../../functions/shared/github/account";
import { GitHubError } from "../../functions/shared/github/error";
import { GitHubRunners } from "../../functions/shared/github/runners";
import { GitHubTransport, type Send } from "../../functions/shared/github/transport";
import type { Clock, Timer } from "../clock";
import type { GitHub } from "../github";

/** Kind of the requests that do not count against GitHub's rate limit. */
export const FREE = "rate limit queries";
/** Timeout of one HTTP call in ms, as in the transport. */
const CALL_TIMEOUT_MS = 5_000;

export interface GitHubClientOptions {
  clock: Clock;
  github: GitHub;
  organization: string;
  /** Secret with the token. */
  tokenSecret: string;
  readSecret(secret: string): Promise<string>;
  /** Returns the milliseconds that a call takes. */
  callMs(): number;
  /** Called with the kind of each request, such as `removals`. */
  onCall(what: string): void;
}

/** The functions' own GitHub client (retries, credentials, pagination), connected to the stand-in without a socket. */
export function gitHubClient(options: GitHubClientOptions): GitHubRunners {
  const scope: GitHubScope = { organization: options.organization };
  const account = { apiUrl: "https://api.github.com", scope, credentials: { tokenSecret: options.tokenSecret } };
  const overrides = { send: sendTo(options), clock: options.clock };
  return new GitHubRunners(new GitHubTransport(account, options.readSecret, {}, overrides), scope);
}

function sendTo({ clock, github, callMs, onCall }: GitHubClientOptions): Send {
  return async ({ method, path, query, body = {}, apiVersion = "", etag = "" }, authorization, signal) => {
    const what = `${method} ${path}`;
    onCall(kindOf(method, path, query));
    let timer: Timer | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = clock.after(CALL_TIMEOUT_MS, () => reject(new GitHubError(`${what}: took longer than ${CALL_TIMEOUT_MS} ms`, 0)));
    });
    const exchange = async () => {
      await clock.sleep(callMs());
      const given = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]));
      const call = {
        method,
        host: "api.github.com",
        path,
        query: given,
        origin: "https://api.github.com",
        authorization,
        apiVersion,
        ifNoneMatch: etag,
        body,
        signal,
      };
      return github.request(call).catch((error: Error) => {
        throw new GitHubError(`${what}: ${error.message}`, 0);
      });
    };
    const reply = await Promise.race([exchange(), timeout]).finally(() => timer?.cancel());
    if (reply.status === 304) return { data: undefined, headers: reply.headers ?? {}, unchanged: true };
    if (reply.status < 400) return { data: reply.body, headers: reply.headers ?? {} };
    const { message } = reply.body as { message: string };
    const exhausted = reply.headers?.["x-ratelimit-remaining"] === "0";
    const retryAt = exhausted ? new Date(Number(reply.headers?.["x-ratelimit-reset"]) * 1000) : undefined;
    throw new GitHubError(`${what}: ${reply.status} ${message}`, reply.status, retryAt);
  };
}

function kindOf(method: string, path: string, query: Record<string, unknown> = {}): string {
  if (path === "/rate_limit") return FREE;
  if (path.endsWith("/registration-token")) return "registration tokens";
  if (path.includes("/deprecations/")) return "ends of runner versions";
  if (path.endsWith("/labels")) return "cordons";
  if (method === "DELETE") return "removals";
  return query.name === undefined ? "pages of runners" : "runners by name";
}

import type { GitHubScope } from "../../functions/shared/github/account";
import { GitHubError } from "../../functions/shared/github/error";
import { GitHubRunners } from "../../functions/shared/github/runners";
import { GitHubTransport, type Send } from "../../functions/shared/github/transport";
import type { Clock, Timer } from "../clock";
import type { GitHub } from "../github";

/** What GitHub does not count. */
export const FREE = "questions for the rate limit";
/** Bound on one HTTP call, in ms, as the transport has it. */
const CALL_MS = 5_000;

export interface GitHubClientOptions {
  clock: Clock;
  github: GitHub;
  organization: string;
  /** Secret with the token; read as often as the functions read it. */
  tokenSecret: string;
  readSecret(secret: string): Promise<string>;
  /** Milliseconds that a call takes. */
  callMs(): number;
  /** Told of each request: `DELETE runner`, `GET runners by name`. */
  onCall(what: string): void;
}

/** The functions' own GitHub client (retries, credentials, pages), spoken to the stand-in without a socket. */
export function gitHubClient(options: GitHubClientOptions): GitHubRunners {
  const scope: GitHubScope = { organization: options.organization };
  const account = { apiUrl: "https://api.github.com", scope, credentials: { tokenSecret: options.tokenSecret } };
  const seams = { send: sendTo(options), clock: options.clock };
  return new GitHubRunners(new GitHubTransport(account, options.readSecret, {}, seams), scope);
}

function sendTo({ clock, github, callMs, onCall }: GitHubClientOptions): Send {
  return async ({ method, path, query }, authorization, signal) => {
    const what = `${method} ${path}`;
    onCall(kindOf(method, path, query));
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = clock.after(CALL_MS, () => reject(new GitHubError(`${what}: took longer than ${CALL_MS} ms`, 0)));
    });
    const answer = async () => {
      await clock.sleep(callMs());
      const given = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]));
      const call = {
        method,
        host: "api.github.com",
        path,
        query: given,
        origin: "https://api.github.com",
        authorization,
        body: {},
        signal,
      };
      return github.request(call).catch((error: Error) => {
        throw new GitHubError(`${what}: ${error.message}`, 0);
      });
    };
    const reply = await Promise.race([answer(), late]).finally(() => timer?.cancel());
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
  if (path.endsWith("/labels")) return "cordons";
  if (method === "DELETE") return "removals";
  return query.name === undefined ? "pages of runners" : "runners by name";
}

import { createAppAuth } from "@octokit/auth-app";
import type { request as octokitRequest } from "@octokit/request";
import type { Clock } from "../lambda/clock";
import { type GitHubAccount, type GitHubScope, scopePath } from "./account";
import { GitHubError, toGitHubError } from "./error";

type Request = typeof octokitRequest;

/** Reads a secret's value by its name or ARN. */
export type ReadSecret = (secret: string) => Promise<string>;

/**
 * Credentials are cached for this long across warm invocations: long enough to spare Secrets Manager, short enough that
 * a rotated key is picked up without a deployment. Installation tokens are valid for one hour and are renewed before
 * they expire.
 */
const CACHE_MS = 15 * 60_000;

/** Provides the `authorization` header of API calls. The caller invalidates the cache when GitHub rejects it. */
export class GitHubCredentials {
  private cached?: { header: () => Promise<string>; until: number };
  private pending?: Promise<() => Promise<string>>;

  constructor(
    private readonly account: GitHubAccount,
    private readonly readSecret: ReadSecret,
    /** Has a timeout and sends no authorization header by itself. */
    private readonly request: Request,
    private readonly clock: Clock,
  ) {}

  async authorization(): Promise<string> {
    if (this.cached && this.cached.until > this.clock.now()) return this.cached.header();
    // Parallel calls share one lookup.
    this.pending ??= this.load().finally(() => (this.pending = undefined));
    return (await this.pending)();
  }

  /** To be called after a 401: the token was revoked, the key rotated or the App reinstalled. */
  invalidate(): void {
    this.cached = undefined;
  }

  private async load(): Promise<() => Promise<string>> {
    const header = await this.headerSource();
    this.cached = { header, until: this.clock.now() + CACHE_MS };
    return header;
  }

  private async headerSource(): Promise<() => Promise<string>> {
    const source = this.account.credentials;
    if ("tokenSecret" in source) {
      const token = await this.secret(source.tokenSecret, "a GitHub token");
      return async () => `token ${token}`;
    }
    const privateKey = await this.secret(source.privateKeySecret, "the GitHub App's private key (PEM)");
    const auth = createAppAuth({ appId: source.appId, privateKey, request: this.request });
    const installationId =
      source.installationId ?? (await this.findInstallation(async () => (await this.signed(() => auth({ type: "app" }))).token));
    return async () => `token ${(await this.signed(() => auth({ type: "installation", installationId }))).token}`;
  }

  private async secret(name: string, content: string): Promise<string> {
    const value = (await this.readSecret(name)).trim();
    if (value === "") throw new Error(`secret ${name} is empty; put ${content} into it as plain text`);
    return value;
  }

  /** An unreadable key fails deep in a crypto library, with a message that does not help the operator. */
  private async signed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = toGitHubError("authenticating as a GitHub App", error, this.clock.now());
      if (failure.status !== 0 || (error instanceof Error && "status" in error)) throw failure;
      throw new GitHubError(`${failure.message}; the secret must contain the App's private key, as PEM, in plain text`, 0);
    }
  }

  private async findInstallation(appToken: () => Promise<string>): Promise<number> {
    const path = `${scopePath(this.account.scope)}/installation`;
    try {
      const { data } = await this.request(`GET ${path}`, { headers: { authorization: `bearer ${await appToken()}` } });
      const id: unknown = data?.id;
      if (typeof id !== "number") throw new GitHubError(`GET ${path}: the response has no id`, 0);
      return id;
    } catch (error) {
      const failure = toGitHubError(`GET ${path}`, error, this.clock.now());
      if (failure.status !== 404) throw failure;
      throw new GitHubError(`the GitHub App is not installed for ${describe(this.account.scope)}; install it there`, 404);
    }
  }
}

function describe(scope: GitHubScope): string {
  return "organization" in scope ? `organization ${scope.organization}` : `repository ${scope.owner}/${scope.repository}`;
}

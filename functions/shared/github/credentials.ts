import { createAppAuth } from "@octokit/auth-app";
import type { request as octokitRequest } from "@octokit/request";
import type { Clock } from "../lambda/clock";
import { type GitHubAccount, type GitHubScope, scopePath } from "./account";
import { GitHubError, toGitHubError } from "./error";

type Request = typeof octokitRequest;

/** Reads a secret's value by its name or ARN. */
export type ReadSecret = (secret: string) => Promise<string>;

/**
 * Credentials are kept for this long across warm invocations: long enough to spare Secrets Manager, short enough
 * that a rotated key is picked up without a deployment. Installation tokens live one hour and are renewed before.
 */
const KEEP_MS = 15 * 60_000;

/** Gives the `authorization` header for API calls, and forgets what it knows when GitHub refuses it. */
export class GitHubCredentials {
  private known?: { header: () => Promise<string>; until: number };
  private pending?: Promise<() => Promise<string>>;

  constructor(
    private readonly account: GitHubAccount,
    private readonly readSecret: ReadSecret,
    /** Bounded and without authorization of its own. */
    private readonly request: Request,
    private readonly clock: Clock,
  ) {}

  async authorization(): Promise<string> {
    if (this.known && this.known.until > this.clock.now()) return this.known.header();
    // Parallel calls wait for one look-up instead of starting their own.
    this.pending ??= this.load().finally(() => (this.pending = undefined));
    return (await this.pending)();
  }

  /** After a 401: the token was revoked, the key rotated or the App installed anew. */
  forget(): void {
    this.known = undefined;
  }

  private async load(): Promise<() => Promise<string>> {
    const header = await this.headerSource();
    this.known = { header, until: this.clock.now() + KEEP_MS };
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

  /** An unreadable key fails deep in a crypto library, whose words help nobody. */
  private async signed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = toGitHubError("authentication as a GitHub App", error, this.clock.now());
      if (failure.status !== 0 || (error instanceof Error && "status" in error)) throw failure;
      throw new GitHubError(`${failure.message}; is the secret the App's private key, as PEM, in plain text?`, 0);
    }
  }

  private async findInstallation(appToken: () => Promise<string>): Promise<number> {
    const path = `${scopePath(this.account.scope)}/installation`;
    try {
      const { data } = await this.request(`GET ${path}`, { headers: { authorization: `bearer ${await appToken()}` } });
      const id: unknown = data?.id;
      if (typeof id !== "number") throw new GitHubError(`GET ${path}: the answer has no id`, 0);
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

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

/** `app`: the App itself, by a JWT, for what concerns the App and not one of its installations. */
export type Identity = "installation" | "app";

/** Provides a header on each call, because tokens expire. */
type Headers = Record<Identity, () => Promise<string>>;

/** Provides the `authorization` header of API calls. The caller invalidates the cache when GitHub rejects it. */
export class GitHubCredentials {
  private cached?: { headers: Headers; until: number };
  private pending?: Promise<Headers>;

  constructor(
    private readonly account: GitHubAccount,
    private readonly readSecret: ReadSecret,
    /** Has a timeout and sends no authorization header by itself. */
    private readonly request: Request,
    private readonly clock: Clock,
  ) {}

  /** @throws for the identity `app` if the credentials are a token. */
  async authorization(identity: Identity = "installation"): Promise<string> {
    if (this.cached && this.cached.until > this.clock.now()) return this.cached.headers[identity]();
    // Parallel calls share one lookup.
    this.pending ??= this.load().finally(() => (this.pending = undefined));
    return (await this.pending)[identity]();
  }

  /** To be called after a 401: the token was revoked, the key rotated or the App reinstalled. */
  invalidate(): void {
    this.cached = undefined;
  }

  private async load(): Promise<Headers> {
    const headers = await this.headers();
    this.cached = { headers, until: this.clock.now() + CACHE_MS };
    return headers;
  }

  private async headers(): Promise<Headers> {
    const source = this.account.credentials;
    if ("tokenSecret" in source) {
      const token = await this.secret(source.tokenSecret, "a GitHub token");
      const app = async () => {
        throw new GitHubError(`${source.tokenSecret} holds a token, which cannot act as a GitHub App; configure an App instead`, 0);
      };
      return { installation: async () => `token ${token}`, app };
    }
    const privateKey = await this.secret(source.privateKeySecret, "the GitHub App's private key (PEM)");
    const auth = createAppAuth({ appId: source.appId, privateKey, request: this.request });
    const app = async () => `bearer ${(await this.signed(() => auth({ type: "app" }))).token}`;
    // Looked up at the first use: calls of the App itself need no installation.
    let found: Promise<number> | undefined;
    const installation = async () => {
      found ??= source.installationId === undefined ? this.findInstallation(app) : Promise.resolve(source.installationId);
      const installationId = await found.catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return `token ${(await this.signed(() => auth({ type: "installation", installationId }))).token}`;
    };
    return { installation, app };
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

  private async findInstallation(app: () => Promise<string>): Promise<number> {
    const path = `${scopePath(this.account.scope)}/installation`;
    try {
      const { data } = await this.request(`GET ${path}`, { headers: { authorization: await app() } });
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

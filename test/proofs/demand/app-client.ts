import { createSign, generateKeyPairSync } from "node:crypto";
import { GitHubError } from "../../../functions/shared/github/error";
import { GitHubTransport, type Send } from "../../../functions/shared/github/transport";
import type { GitHub } from "../../../rehearsal/github";
import type { VirtualClock } from "../../../rehearsal/virtual-clock";

const ID = 12;
const INSTALLATION = 34;
/** Milliseconds of a call. */
const GITHUB_MS = 150;
/** A new token each hour: GitHub's ETags depend on it. */
const RENEWAL_MS = 55 * 60_000;

/** The product's own client as an App, over the stand-in without a socket. Counts calls as GitHub does. */
export class AppClient {
  readonly scope: { organization: string };
  readonly transport: GitHubTransport;
  /** Calls that counted against the hour of the App's installation. */
  calls = 0;
  private readonly privateKey: string;
  private token: { value: string; until: number } | undefined;

  constructor(
    private readonly github: GitHub,
    private readonly clock: VirtualClock,
    { organization, ...webhook }: { organization: string; url: string; secret: string },
  ) {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
    this.privateKey = privateKey;
    this.scope = { organization };
    const permissions = { actions: "read", organization_self_hosted_runners: "write" } as const;
    const installation = { id: INSTALLATION, account: organization, accountType: "Organization" as const, permissions };
    github.registerApp({ id: ID, slug: "ci", publicKey, installations: [installation], events: ["workflow_job"], webhook });
    const account = { apiUrl: "https://api.github.com", scope: this.scope, credentials: { tokenSecret: "token" } };
    this.transport = new GitHubTransport(account, async () => "unused", {}, { send: this.send, clock });
    // Octokit's own would ask for a token over the network; `send` signs instead.
    Object.assign(this.transport, { credentials: { authorization: async () => "", invalidate: () => {} } });
  }

  private readonly send: Send = async ({ method, path, query, body = {}, apiVersion = "", etag = "", as }, _, signal) => {
    await this.clock.sleep(GITHUB_MS);
    const authorization = as === "app" ? `bearer ${this.jwt()}` : `token ${await this.installationToken()}`;
    const reply = await this.request(method, path, authorization, { query, body, apiVersion, etag, signal });
    // Calls of the App itself have a limit of their own, and a reply of 304 is free.
    if (as !== "app" && reply.status !== 304) this.calls += 1;
    const headers = { ...reply.headers, etag: reply.etag?.() };
    if (reply.status === 304) return { data: undefined, headers, unchanged: true };
    if (reply.status < 400) return { data: reply.body, headers };
    throw new GitHubError(`${method} ${path}: ${reply.status}`, reply.status);
  };

  private async installationToken(): Promise<string> {
    if (!this.token || this.token.until <= this.clock.now()) {
      const reply = await this.request("POST", `/app/installations/${INSTALLATION}/access_tokens`, `bearer ${this.jwt()}`);
      this.token = { value: (reply.body as { token: string }).token, until: this.clock.now() + RENEWAL_MS };
    }
    return this.token.value;
  }

  private request(method: string, path: string, authorization: string, more: Partial<Record<string, any>> = {}) {
    const query = new URLSearchParams(Object.entries(more.query ?? {}).map(([name, value]) => [name, String(value)]));
    const { body = {}, apiVersion = "", etag: ifNoneMatch = "", signal = new AbortController().signal } = more;
    const origin = "https://api.github.com";
    return this.github.request({
      method,
      host: "api.github.com",
      path,
      query,
      origin,
      authorization,
      apiVersion,
      ifNoneMatch,
      body,
      signal,
    });
  }

  private jwt(): string {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const now = Math.floor(this.clock.now() / 1000);
    const unsigned = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: ID, iat: now - 30, exp: now + 300 })}`;
    return `${unsigned}.${createSign("sha256").update(unsigned).sign(this.privateKey, "base64url")}`;
  }
}

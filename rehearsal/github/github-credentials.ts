import { createPublicKey, type KeyObject, randomBytes, verify } from "node:crypto";
import type { Clock } from "../clock";
import { HttpError } from "./http";
import { ProtocolError } from "./messages";
import type { GitHubOptions } from "./github-options";

export interface Installation {
  id: number;
  /** Login of the organization or user that installed the App. */
  account: string;
  accountType: "Organization" | "User";
  /** Names of the repositories that it may access; absent: all of the account's. */
  repositories?: string[];
  permissions: Record<string, "read" | "write">;
}

export interface App {
  id: number;
  slug: string;
  /** PEM of the public half of the App's key. */
  publicKey: string;
  installations: Installation[];
  /** What the App asks for; absent: what its first installation has granted. */
  permissions?: Record<string, "read" | "write">;
  /** Events that it is subscribed to, such as `workflow_job`. */
  events?: string[];
  /** Absent: no address is configured. */
  webhook?: { url: string; secret?: string };
}

/** The authenticated caller of a request, and the key of its rate limit. */
export type Caller =
  | { kind: "app"; app: App }
  | { kind: "installation"; app: App; installation: Installation; rateKey: string }
  | { kind: "token"; scopes: string[]; access: TokenAccess; rateKey: string };

/** What a caller may read of a repository's settings. Only an admin sees who may bypass a ruleset. */
export type TokenAccess = "metadata" | "read" | "admin";

interface RegistrationToken {
  scope: string;
  purpose: "register" | "remove";
  expiresAt: number;
}

/** Apps, installation tokens, personal access tokens, and the one-hour tokens with which runners register. */
export class GitHubCredentials {
  private readonly apps = new Map<number, { app: App; key: KeyObject }>();
  private readonly installationTokens = new Map<string, { app: App; installation: Installation; expiresAt: number }>();
  private readonly tokens = new Map<string, { scopes: string[]; access: TokenAccess }>();
  private readonly registrationTokens = new Map<string, RegistrationToken>();

  constructor(
    private readonly clock: Clock,
    private readonly options: GitHubOptions,
  ) {}

  addApp(app: App): void {
    this.apps.set(app.id, { app, key: createPublicKey(app.publicKey) });
  }

  /** Throws for an unknown App. */
  app(id: number): App {
    const known = this.apps.get(id);
    if (!known) throw new Error(`App ${id} is not registered`);
    return known.app;
  }

  /** A personal access token; `scopes` are the organizations and `OWNER/REPO`s in which it may manage runners. */
  addToken(token: string, scopes: string[], access: TokenAccess = "admin"): void {
    this.tokens.set(token, { scopes, access });
  }

  /** Throws HttpError 401 with GitHub's wording. */
  caller(authorization: string): Caller {
    const [, scheme, credential] = /^(bearer|token)\s+(\S+)$/i.exec(authorization.trim()) ?? [];
    if (!scheme || !credential) throw new HttpError(401, "Requires authentication");
    if (credential.split(".").length === 3) return { kind: "app", app: this.appOf(credential) };
    const installed = this.installationTokens.get(credential);
    if (installed && installed.expiresAt > this.options.wallNow()) {
      const rateKey = `installation ID ${installed.installation.id}`;
      return { kind: "installation", app: installed.app, installation: installed.installation, rateKey };
    }
    const known = this.tokens.get(credential);
    if (known) return { kind: "token", ...known, rateKey: `user ID ${[...this.tokens.keys()].indexOf(credential) + 1}` };
    throw new HttpError(401, "Bad credentials");
  }

  mintInstallationToken(app: App, installation: Installation): { token: string; expiresAt: number } {
    const token = `ghs_${randomBytes(27).toString("base64url")}`;
    const expiresAt = this.options.wallNow() + this.options.installationTokenMs;
    this.installationTokens.set(token, { app, installation, expiresAt });
    return { token, expiresAt };
  }

  /** As at the end of a job, whose own token ends with it. */
  revokeInstallationToken(token: string): void {
    this.installationTokens.delete(token);
  }

  mintRegistrationToken(scope: string, purpose: RegistrationToken["purpose"]): { token: string; expiresAt: number } {
    const token = `A${randomBytes(14).toString("hex").toUpperCase()}`;
    const expiresAt = this.clock.now() + this.options.registrationTokenMs;
    this.registrationTokens.set(token, { scope, purpose, expiresAt });
    return { token, expiresAt };
  }

  /** Throws InvalidToken for a token that is unknown, expired, for another scope or for another purpose. */
  checkRegistrationToken(token: string, scope: string, purpose: RegistrationToken["purpose"]): void {
    const known = this.registrationTokens.get(token);
    const valid = known && known.expiresAt > this.clock.now() && known.purpose === purpose;
    if (!valid || known.scope.toLowerCase() !== scope.toLowerCase()) throw new ProtocolError("InvalidToken", "Not Found");
  }

  /** Checks the signature, issuer and times of an App's JWT as GitHub does. */
  private appOf(jwt: string): App {
    const [head, payload, signature] = jwt.split(".") as [string, string, string];
    const header = decode(head);
    const claims = decode(payload);
    if (!header || !claims || header.alg !== "RS256") throw undecodable();
    const known = this.apps.get(Number(claims.iss));
    if (!known) throw new HttpError(404, "Integration not found");
    const signed = verify("sha256", Buffer.from(`${head}.${payload}`), known.key, Buffer.from(signature, "base64url"));
    if (!signed) throw undecodable();
    const now = this.options.wallNow() / 1000;
    if (typeof claims.exp !== "number" || claims.exp <= now) {
      throw new HttpError(
        401,
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
      );
    }
    if (claims.exp > now + 600) throw new HttpError(401, "'Expiration time' claim ('exp') is too far in the future");
    if (typeof claims.iat !== "number" || claims.iat > now) {
      throw new HttpError(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
    }
    return known.app;
  }
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function undecodable(): HttpError {
  return new HttpError(401, "A JSON web token could not be decoded");
}

import { randomBytes, randomUUID } from "node:crypto";
import { TOKEN_REQUEST_ENV } from "../../../contract/shared/workflow-token";
import type { GitHubOptions } from "../github-options";
import { type GitHubReply, type GitHubRequest, HttpError } from "../http";
import type { Repositories } from "../repositories";
import { claimsOf, ownerOf } from "./claims";
import type { SubjectSettings, WorkflowIdentity } from "./identity";
import { SigningKeys } from "./signing-keys";

/** GitHub's reply of its discovery document; claims that depend on the enterprise's plan are omitted. */
const CLAIMS = [
  ...["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "sha", "repository", "repository_id", "repository_owner"],
  ...["repository_owner_id", "repository_visibility", "run_id", "run_number", "run_attempt", "actor", "actor_id", "workflow"],
  ...["workflow_ref", "workflow_sha", "head_ref", "base_ref", "event_name", "ref_type", "environment", "job_workflow_ref"],
  ...["job_workflow_sha", "runner_environment", "check_run_id"],
];

/** Permission to request tokens for a job, while it is in progress. */
export interface TokenGrant {
  /** Of the job's steps. */
  environment: Record<string, string>;
  /** The job is no longer in progress. */
  end(): void;
}

/**
 * GitHub's issuer of tokens for workflows: discovery document, public keys, and the endpoint at which a job requests tokens by a secret of
 * its own. Tokens have the time of the wall clock, by which other services verify them.
 */
export class WorkflowTokens {
  readonly keys = new SigningKeys();
  readonly issuer: string;
  private readonly requests: string;
  private readonly granted = new Map<string, WorkflowIdentity>();
  private readonly settings = new Map<string, SubjectSettings>();

  constructor(
    private readonly options: GitHubOptions,
    private readonly repositories: Repositories,
  ) {
    const { host, baseUrl } = options;
    const own = baseUrl ?? (host === "github.com" ? undefined : `https://${host}`);
    this.issuer = own === undefined ? "https://token.actions.githubusercontent.com" : `${own}/_services/token`;
    this.requests =
      own === undefined ? "https://run-actions-3-azure-eastus.actions.githubusercontent.com/104//idtoken" : `${own}/_services/idtoken`;
  }

  /** @param repository `OWNER/REPO` */
  configure(repository: string, settings: SubjectSettings): void {
    this.settings.set(repository.toLowerCase(), settings);
  }

  /** For a job that has the permission `id-token: write` and is in progress. Undefined: it is of a fork, which has no such permission. */
  grant(identity: WorkflowIdentity): TokenGrant | undefined {
    if (identity.isFromFork && identity.event === "pull_request") return undefined;
    const secret = randomBytes(32).toString("base64url");
    this.granted.set(secret, identity);
    const url = `${this.requests}/${identity.run.id}/${randomUUID()}?api-version=2.0`;
    return {
      environment: { [TOKEN_REQUEST_ENV.url]: url, [TOKEN_REQUEST_ENV.token]: secret },
      end: () => void this.granted.delete(secret),
    };
  }

  /** A token as GitHub signs it. @param audience default: the repository's owner */
  token(identity: WorkflowIdentity, audience?: string): string {
    return this.keys.sign(this.claims(identity, audience));
  }

  claims(identity: WorkflowIdentity, audience?: string): Record<string, unknown> {
    const repository = this.repositories.add(identity.repository);
    const server = this.options.baseUrl ?? `https://${this.options.host}`;
    return claimsOf(identity, repository, this.settings.get(identity.repository.toLowerCase()) ?? {}, {
      issuer: this.issuer,
      audience: audience ?? `${server}/${ownerOf(repository.fullName)}`,
      id: randomUUID(),
      now: Math.floor(this.options.wallNow() / 1000),
      validFor: this.options.workflowTokenMs / 1000,
    });
  }

  /** Undefined when the address is another service's. Throws HttpError. */
  handle(call: GitHubRequest): GitHubReply | undefined {
    const address = `${this.options.baseUrl ?? `https://${call.host}`}${call.path}`;
    if (address === `${this.issuer}/.well-known/openid-configuration`) return read(call, this.discovery());
    if (address === `${this.issuer}/.well-known/jwks`) return read(call, this.keys.published());
    if (!address.startsWith(`${this.requests}/`)) return undefined;
    const identity = this.granted.get(call.authorization.replace(/^bearer\s+/i, ""));
    if (!identity) throw new HttpError(401, "The job is not in progress, or the token is not its own.");
    // Each job has an address of its own.
    if (!address.startsWith(`${this.requests}/${identity.run.id}/`)) throw new HttpError(403, "The token is of another run.");
    const value = this.token(identity, call.query.get("audience") || undefined);
    return read(call, { count: value.length, value });
  }

  private discovery(): object {
    return {
      issuer: this.issuer,
      jwks_uri: `${this.issuer}/.well-known/jwks`,
      subject_types_supported: ["public", "pairwise"],
      response_types_supported: ["id_token"],
      claims_supported: CLAIMS,
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid"],
    };
  }
}

function read({ method }: GitHubRequest, body: unknown): GitHubReply {
  if (method !== "GET") throw new HttpError(405, "Method Not Allowed");
  return { status: 200, body };
}

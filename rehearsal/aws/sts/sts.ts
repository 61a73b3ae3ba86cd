import type { Clock } from "../../clock";
import type { AwsAccount } from "../account";
import { type Authorisation, AwsError, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { Credentials } from "../credentials";
import type { Iam } from "../iam/iam";
import { checkWebIdentity, type IdentityProvider, type KeysUnreadable, type ReadDocument } from "./web-identity";

export interface StsParts {
  clock: Clock;
  account: AwsAccount;
  store: ResourceStore;
  iam: Iam;
  credentials: Credentials;
  /** Providers that the account has besides those of the program. */
  providers: readonly IdentityProvider[];
  /** Reads what issuers of tokens publish. */
  read: ReadDocument;
}

const PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider";
/** Seconds: the least, and what a role without a setting of its own allows and is assumed for. */
const SHORTEST = 900;
const DEFAULT_DURATION = 3600;

/** Each would give the session less than its role has, which is not modelled. */
const UNSUPPORTED = ["Policy", "PolicyArns", "ProviderId"];

/** Lets a workflow assume a role by the token that GitHub has signed for it. */
export class Sts implements Service {
  readonly prefix = "sts";
  /** Of the next requests whose issuer publishes no keys. */
  unreadable: KeysUnreadable = "InvalidIdentityToken";

  constructor(private readonly parts: StsParts) {}

  /** The token decides, not a policy of the caller, who may have no credentials. GetCallerIdentity needs no permission. */
  authorisation(): Authorisation[] {
    return [];
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    if (operation === "AssumeRoleWithWebIdentity") return this.assumeByToken(params);
    if (operation === "GetCallerIdentity" && principal.kind !== "anonymous") return this.parts.iam.identity(principal);
    throw new AwsError("InvalidAction", `Could not find operation ${operation} for version 2011-06-15`, 400);
  }

  private async assumeByToken(params: Shape): Promise<Shape> {
    const { clock, account, store, iam, credentials, read } = this.parts;
    const unsupported = UNSUPPORTED.find((name) => params[name] !== undefined);
    if (unsupported !== undefined) throw new Error(`AssumeRoleWithWebIdentity: the rehearsal's STS does not support ${unsupported}`);
    const { RoleArn, RoleSessionName, WebIdentityToken } = params as Record<string, string | undefined>;
    const sessionName = matching("roleSessionName", RoleSessionName, /^[\w+=,.@-]{2,64}$/);
    const token = matching("webIdentityToken", WebIdentityToken, /^[\s\S]{4,20000}$/);
    const roleArn = matching("roleArn", RoleArn, /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/);
    const checked = { providers: this.providers(), read, now: Math.floor(clock.now() / 1000), unreadable: this.unreadable };
    const { identity, provider } = await checkWebIdentity(token, checked);
    const roleName = roleArn.split("/").at(-1) ?? "";
    const role = iam.role(roleName);
    // The same answer whether the role does not exist or does not trust the token.
    if (role?.arn !== roleArn || !iam.trustsToken(roleName, provider, identity.claims)) {
      throw new AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
    }
    const deployed = store.list("aws:iam/role:Role").find(({ state }) => state["arn"] === roleArn);
    const seconds = duration(params["DurationSeconds"], deployed?.state["maxSessionDuration"] ?? DEFAULT_DURATION);
    const session = { kind: "session", roleName, sessionName } as const;
    const issued = credentials.issueSession(session, seconds * 1000);
    return {
      Credentials: {
        AccessKeyId: issued.accessKeyId,
        SecretAccessKey: issued.secretAccessKey,
        SessionToken: issued.sessionToken,
        Expiration: new Date(issued.expiration),
      },
      SubjectFromWebIdentityToken: identity.subject,
      AssumedRoleUser: {
        AssumedRoleId: `${role.uniqueId}:${sessionName}`,
        Arn: `arn:aws:sts::${account.accountId}:assumed-role/${roleName}/${sessionName}`,
      },
      Provider: provider.arn,
      Audience: identity.audience,
    };
  }

  private providers(): IdentityProvider[] {
    const deployed = this.parts.store.list(PROVIDER).map(({ state }) => ({
      arn: String(state["arn"]),
      host: String(state["url"]).replace(/^https?:\/\//, ""),
      clientIds: (state["clientIdLists"] ?? []) as string[],
    }));
    return [...deployed, ...this.parts.providers];
  }
}

function matching(member: string, value: unknown, pattern: RegExp): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  const shown = member === "webIdentityToken" ? "" : ` '${String(value)}'`;
  const message = `1 validation error detected: Value${shown} at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`;
  throw new AwsError("ValidationError", message, 400);
}

function duration(value: unknown, longest: number): number {
  const seconds = value === undefined ? DEFAULT_DURATION : Number(value);
  if (!(seconds >= SHORTEST)) {
    const constraint = `Member must have value greater than or equal to ${SHORTEST}`;
    const message = `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: ${constraint}`;
    throw new AwsError("ValidationError", message, 400);
  }
  if (seconds <= longest) return seconds;
  throw new AwsError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400);
}

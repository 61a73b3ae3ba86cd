import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { AwsError } from "../api";

/** An OIDC provider of the account. */
export interface IdentityProvider {
  arn: string;
  /** Issuer without `https://`; the prefix of its condition keys. */
  host: string;
  /** Audiences. */
  clientIds: readonly string[];
}

export interface WebIdentity {
  subject: string;
  audience: string;
  issuer: string;
  claims: Record<string, string>;
}

/**
 * How STS answers when it cannot read an issuer's keys: both are seen in practice. SDKs repeat the one by themselves; the other has the
 * name of a final refusal.
 */
export type KeysUnreadable = "InvalidIdentityToken" | "IDPCommunicationError";

interface WebIdentityParts {
  providers: readonly IdentityProvider[];
  read: ReadDocument;
  /** Seconds since the epoch. */
  now: number;
  unreadable: KeysUnreadable;
}

/** Reads a public JSON document. */
export type ReadDocument = (url: string) => Promise<unknown>;

/** IAM has providers with https alone. Tests have issuers without a certificate. */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost)(?::|\/|$)/;

const KEYS_UNREADABLE =
  "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";

/**
 * Checks a token as STS does: of a provider in the account, for one of its audiences, not expired, and signed by a key that the issuer
 * publishes. Written without the library by which the product checks tokens, so that each is a check of the other.
 *
 * @throws AwsError
 */
export async function checkWebIdentity(
  token: string,
  { providers, read, now, unreadable }: WebIdentityParts,
): Promise<{ identity: WebIdentity; provider: IdentityProvider }> {
  const { header, claims, unsigned, signature } = parsed(token);
  const issuer = String(claims["iss"] ?? "");
  const provider = providers.find(({ host }) => issuer === `https://${host}` || (LOOPBACK.test(host) && issuer === `http://${host}`));
  if (!provider) throw invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
  const audience = claims["aud"];
  if (typeof audience !== "string" || !provider.clientIds.includes(audience)) throw invalid("Incorrect token audience");
  const { exp, nbf, sub } = claims;
  if (typeof exp !== "number")
    throw invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
  if (exp <= now) {
    const message = `Token expired: current date/time ${now} must be before the expiration date/time ${exp}`;
    throw new AwsError("ExpiredTokenException", message, 400);
  }
  if (typeof nbf === "number" && nbf > now) throw invalid("The ID Token provided is not valid yet");
  if (header["alg"] !== "RS256" || "crit" in header) throw invalid("The ID Token provided is not signed by a supported algorithm");
  const key = await publicKey(issuer, header["kid"], read, unreadable);
  if (!verify("sha256", Buffer.from(unsigned), key, signature)) throw invalid("The ID Token provided has an invalid signature");
  if (typeof sub !== "string" || sub === "") throw invalid("Missing a required claim: sub");
  const texts = Object.fromEntries(Object.entries(claims).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
  return { identity: { subject: sub, audience, issuer, claims: texts }, provider };
}

interface ParsedToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  unsigned: string;
  signature: Buffer;
}

function parsed(token: string): ParsedToken {
  const [head = "", payload = "", signature = "", ...rest] = token.split(".");
  try {
    if (signature === "" || rest.length > 0) throw new Error("not three parts");
    const [header, claims] = [head, payload].map((part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")));
    return { header, claims, unsigned: `${head}.${payload}`, signature: Buffer.from(signature, "base64url") };
  } catch {
    throw invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
  }
}

async function publicKey(issuer: string, kid: unknown, read: ReadDocument, unreadable: KeysUnreadable) {
  let keys: (JsonWebKey & { kid?: string })[];
  try {
    const discovery = (await read(`${issuer}/.well-known/openid-configuration`)) as Record<string, unknown>;
    keys = ((await read(String(discovery["jwks_uri"]))) as { keys: typeof keys }).keys;
  } catch {
    if (unreadable === "InvalidIdentityToken") throw invalid(KEYS_UNREADABLE);
    throw new AwsError(unreadable, "An error occurred in IDP communication", 400);
  }
  const found = keys.find((key) => key.kid === kid);
  if (!found) throw invalid(KEYS_UNREADABLE);
  return createPublicKey({ key: found, format: "jwk" });
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidIdentityToken", message, 400);
}

import { type CryptoKey, errors, type JWTPayload, jwtVerify } from "jose";
import { IssuerUnavailable } from "./issuer-keys";
import { readClaims, type WorkflowClaims, withoutIds } from "./workflow-claims";

export interface TokenCheck {
  /** As in `iss`, exactly. */
  issuer: string;
  /** Finds the key that a token's header names; IssuerKeys does. */
  keys: { find(header: { alg?: string; kid?: string }): Promise<CryptoKey> };
  /** As in `aud`, exactly: a token for several audiences is one for strangers, too. */
  audience: string;
  /** One of them must be the token's subject, exactly. */
  subjects: readonly string[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** The token is refused, and would be each time. The message never contains it. */
export class WorkflowTokenError extends Error {
  override readonly name = "WorkflowTokenError";

  constructor(
    readonly reason: "malformed" | "algorithm" | "key" | "signature" | "issuer" | "audience" | "expired" | "early" | "subject" | "claim",
    message: string,
  ) {
    super(`workflow token refused: ${message}`);
  }
}

/** Characters. GitHub's tokens have some 2,000, and more with custom properties of repositories. */
const LONGEST = 16_384;
/** Characters of a value to quote. */
const QUOTED = 200;

/**
 * Verifies a token that GitHub Actions signed for a job, and returns what it says of the job. No clock tolerance: GitHub dates the
 * beginning of a token's validity back by ten minutes, and its end is an end.
 *
 * @throws WorkflowTokenError, or IssuerUnavailable, after which the caller can try again
 */
export async function verifyWorkflowToken(token: string, check: TokenCheck): Promise<WorkflowClaims> {
  const { issuer, keys, audience, subjects, now } = check;
  if (token.length > LONGEST) {
    throw new WorkflowTokenError("malformed", `it has ${token.length} characters, more than ${LONGEST}`);
  }
  let payload: JWTPayload;
  try {
    const algorithms = ["RS256"];
    const requiredClaims = ["iss", "aud", "sub", "iat", "nbf", "exp"];
    ({ payload } = await jwtVerify(token, (header) => keys.find(header), {
      algorithms,
      issuer,
      requiredClaims,
      currentDate: new Date(now),
    }));
  } catch (error) {
    throw error instanceof IssuerUnavailable ? error : refusalOf(error, issuer);
  }
  if (payload.aud !== audience) {
    const remedy = `request the token for the audience ${quoted(audience)}`;
    throw new WorkflowTokenError("audience", `its audience is ${quoted(payload.aud)}; ${remedy}`);
  }
  const claims = readClaims(payload, (claim) => {
    throw new WorkflowTokenError("claim", `its claim "${claim}" is missing or not as GitHub documents it`);
  });
  if (!subjects.includes(claims.subject)) throw new WorkflowTokenError("subject", strangeSubject(claims.subject, subjects));
  return claims;
}

function strangeSubject(subject: string, subjects: readonly string[]): string {
  const stranger = `its subject ${quoted(subject)} is none of ${subjects.map(quoted).join(", ")}`;
  if (subjects.includes(withoutIds(subject))) {
    return `${stranger}; GitHub adds the ids to the subjects of repositories created, renamed or moved after 15 July 2026: add it to subjects as it is`;
  }
  return `${stranger}; add it to subjects if this job may use the machine`;
}

/** By the kind of the library's error alone: its messages and members may contain the token's payload. */
function refusalOf(error: unknown, issuer: string): WorkflowTokenError {
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new WorkflowTokenError("algorithm", "it is not signed by RS256, as all of GitHub's tokens are");
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return new WorkflowTokenError("key", `it names no key that ${issuer} publishes`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new WorkflowTokenError("signature", `its signature is not by the key of ${issuer} that it names`);
  }
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    const at = typeof exp === "number" ? ` at ${new Date(exp * 1000).toISOString()}` : "";
    return new WorkflowTokenError("expired", `it expired${at}; request one immediately before its use`);
  }
  if (error instanceof errors.JWTClaimValidationFailed) return claimRefusal(error, issuer);
  return new WorkflowTokenError("malformed", "it is no JSON Web Token");
}

function claimRefusal({ claim, reason, payload }: errors.JWTClaimValidationFailed, issuer: string): WorkflowTokenError {
  if (reason === "missing" || reason === "invalid") {
    return new WorkflowTokenError("claim", `its claim "${claim}" is missing or not as GitHub documents it`);
  }
  if (claim === "iss") return new WorkflowTokenError("issuer", `its issuer is ${quoted(payload.iss)}, not ${quoted(issuer)}`);
  if (claim === "nbf") return new WorkflowTokenError("early", "it is not valid yet");
  return new WorkflowTokenError("claim", `its claim "${claim}" is not as GitHub documents it`);
}

/** Values of a token whose signature was verified. They are names, and no secrets. */
function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}...` : text;
}

import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import type { WorkflowTokenError } from "../../functions/shared/github/workflow-token";
import type { WorkflowIdentity } from "../../rehearsal/github";
import type { WorkflowTokens } from "../../rehearsal/github/oidc/workflow-tokens";

export interface ForgedToken {
  title: string;
  token: string;
  /** Why it must be refused. */
  reason: WorkflowTokenError["reason"];
}

const STRANGER = generateKeyPairSync("rsa", { modulusLength: 2048 });

/**
 * Tokens of which none may be taken for one of the job `identity` for the audience: forged, stretched, passed on from elsewhere, or
 * really GitHub's but another job's. Times are relative to now.
 */
export function forgedTokens(tokens: WorkflowTokens, identity: WorkflowIdentity, audience: string): ForgedToken[] {
  const good = tokens.token(identity, audience);
  const [head = "", payload = "", signature = ""] = good.split(".");
  const header = JSON.parse(Buffer.from(head, "base64url").toString()) as { kid: string };
  const claims = tokens.claims(identity, audience);
  const { sub: _sub, ...withoutSubject } = claims;
  const { exp: _exp, ...withoutEnd } = claims;
  const { repository: _repository, ...withoutRepository } = claims;
  const published = tokens.keys.published().keys[0] as JsonWebKey;
  const pem = createPublicKey({ key: published, format: "jwk" }).export({ type: "spki", format: "pem" });
  const now = Math.floor(Date.now() / 1000);

  const unsigned = (head: object, body: object = claims) => `${part(head)}.${part(body)}`;
  const byStranger = (head: object) => {
    const text = unsigned({ typ: "JWT", alg: "RS256", ...head });
    return `${text}.${sign("sha256", Buffer.from(text), STRANGER.privateKey).toString("base64url")}`;
  };
  const byPublicKey = (secret: string | Buffer) => {
    const text = unsigned({ typ: "JWT", alg: "HS256", kid: header.kid });
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  };
  const byGitHub = (changed: object, head: Record<string, unknown> = {}) => tokens.keys.sign({ ...claims, ...changed }, head);
  const strangerKey = { ...STRANGER.publicKey.export({ format: "jwk" }), kid: header.kid, alg: "RS256", use: "sig" };
  const forged = (title: string, reason: ForgedToken["reason"], token: string): ForgedToken => ({ title, token, reason });

  return [
    forged("that names no algorithm", "malformed", `${unsigned({ kid: header.kid })}.`),
    ...["none", "None", "nOnE"].map((alg) =>
      forged(`unsigned, with the algorithm "${alg}"`, "algorithm", `${unsigned({ alg, kid: header.kid })}.`),
    ),
    forged("with the algorithm none and a signature", "algorithm", `${unsigned({ alg: "none", kid: header.kid })}.${signature}`),
    forged("signed with the public key as a secret", "algorithm", byPublicKey(pem)),
    forged("signed with the public key's modulus as a secret", "algorithm", byPublicKey(Buffer.from(published.n ?? "", "base64url"))),
    forged("that names another algorithm of the same key", "algorithm", byGitHub({}, { alg: "PS256" })),
    forged("signed by a stranger with the name of GitHub's key", "signature", byStranger({ kid: header.kid })),
    forged("signed by a stranger with a key of its own", "key", byStranger({ kid: "stranger" })),
    forged("that brings a stranger's key along", "signature", byStranger({ kid: header.kid, jwk: strangerKey })),
    forged("that refers to a stranger's keys", "signature", byStranger({ kid: header.kid, jku: "https://stranger.example/jwks" })),
    forged("without the name of a key", "key", byStranger({})),
    forged("of GitHub's without the name of a key", "key", byGitHub({}, { kid: undefined })),
    forged("whose claims were changed", "signature", `${head}.${part({ ...claims, run_id: "1" })}.${signature}`),
    forged("whose signature was cut", "signature", `${head}.${payload}.${signature.slice(0, -4)}`),
    forged("whose signature was removed", "signature", `${head}.${payload}.`),
    forged("with an extension that must be understood", "malformed", byGitHub({}, { crit: ["b64"], b64: false })),
    forged("of another issuer", "issuer", byGitHub({ iss: "https://token.actions.stranger.example" })),
    forged("of an issuer below GitHub's", "issuer", byGitHub({ iss: `${tokens.issuer}/stranger` })),
    forged("of an issuer with a slash more", "issuer", byGitHub({ iss: `${tokens.issuer}/` })),
    forged("that has expired", "expired", byGitHub({ exp: now - 1 })),
    forged("that is not valid yet", "early", byGitHub({ nbf: now + 60 })),
    forged("that never expires", "claim", tokens.keys.sign(withoutEnd)),
    forged("that expires at a text", "claim", byGitHub({ exp: String(now + 300) })),
    forged("for AWS", "audience", byGitHub({ aud: "sts.amazonaws.com" })),
    forged("for no audience in particular", "audience", tokens.token(identity)),
    forged("for another machine", "audience", byGitHub({ aud: `${audience}-2` })),
    forged("for a part of the audience", "audience", byGitHub({ aud: audience.slice(0, -1) })),
    forged("for several audiences", "audience", byGitHub({ aud: [audience, "https://stranger.example"] })),
    forged("for the audience in a list", "audience", byGitHub({ aud: [audience] })),
    forged("of another branch", "subject", tokens.token({ ...identity, ref: "refs/heads/stranger" }, audience)),
    forged("of a branch whose name begins alike", "subject", tokens.token({ ...identity, ref: `${identity.ref}-2` }, audience)),
    forged("of a pull request", "subject", tokens.token({ ...identity, event: "pull_request", ref: "refs/pull/1/merge" }, audience)),
    forged("of an environment", "subject", tokens.token({ ...identity, environment: "stranger" }, audience)),
    forged("of another repository", "subject", tokens.token({ ...identity, repository: "stranger/app" }, audience)),
    forged("of the subject in upper case", "subject", byGitHub({ sub: String(claims["sub"]).toUpperCase() })),
    forged("of the subject with a space", "subject", byGitHub({ sub: `${String(claims["sub"])} ` })),
    forged("of several subjects", "claim", byGitHub({ sub: [claims["sub"]] })),
    forged("of no subject", "claim", tokens.keys.sign(withoutSubject)),
    forged("of no repository", "claim", tokens.keys.sign(withoutRepository)),
    forged("of a repository that changes a run's key", "claim", byGitHub({ repository: "octo-org/app#1" })),
    forged("of a run whose id changes its key", "claim", byGitHub({ run_id: "1#2" })),
    forged("of an attempt that is a number", "claim", byGitHub({ run_attempt: 1 })),
    forged("of more than 16,384 characters", "malformed", byGitHub({ padding: "x".repeat(16_384) })),
    forged("that is empty", "malformed", ""),
    forged("that is an access token", "malformed", "ghs_16C7e42F292c6912E7710c838347Ae178B4a"),
    forged("with a part too many", "malformed", `${good}.${signature}`),
    forged("with claims that are a text", "malformed", tokens.keys.sign("claims" as never)),
  ];
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

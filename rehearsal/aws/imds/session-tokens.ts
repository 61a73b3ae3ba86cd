import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Instance } from "../ec2/instance";
import { header, type ImdsRequest, type ImdsResponse, plain } from "./http";

const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN_HEADER = "x-aws-ec2-metadata-token";
/** A session token is valid for 1 second to 6 hours. */
const MAX_TTL_SECONDS = 21_600;

/** The session tokens of IMDSv2. */
export class SessionTokens {
  private readonly tokens = new Map<string, { instanceId: string; expiresAt: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  issue(instance: Instance, request: ImdsRequest): ImdsResponse {
    // IMDS rejects forwarded requests, to protect instances that run an open proxy.
    if (request.headers["x-forwarded-for"] !== undefined) return plain(403, "");
    const ttl = Number(header(request, TTL_HEADER));
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > MAX_TTL_SECONDS) return plain(400, "");
    const now = this.clock.now();
    for (const [token, { expiresAt }] of this.tokens) {
      if (expiresAt > now) break; // in order of issue; a long-lived token may keep a few expired ones behind it
      this.tokens.delete(token);
    }
    const token = Buffer.from(this.random.hex(80), "hex").toString("base64url").padEnd(56, "=");
    this.tokens.set(token, { instanceId: instance.id, expiresAt: now + ttl * 1000 });
    return { status: 200, headers: { "content-type": "text/plain", [TTL_HEADER]: String(ttl) }, body: token };
  }

  /** Whether the request has a valid token of this instance, or needs none. */
  accepts(instance: Instance, request: ImdsRequest): boolean {
    const token = header(request, TOKEN_HEADER);
    if (token === undefined) return instance.metadata?.httpTokens === "optional";
    const known = this.tokens.get(token);
    return known?.instanceId === instance.id && known.expiresAt > this.clock.now();
  }
}

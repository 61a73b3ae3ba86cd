import { createHmac, timingSafeEqual } from "node:crypto";

/** An HMAC-SHA256 in hexadecimal. */
const DIGEST = /^[0-9a-f]{64}$/i;

/**
 * Whether a delivery was signed with one of the secrets. The time it takes depends on neither the secrets nor the digest: every
 * secret is compared, and each comparison is of 32 bytes.
 *
 * @param body as it was received: a body that is parsed and serialized anew has another digest.
 * @param digest in hexadecimal, without the prefix that some servers add; undefined if the header is absent or has another form.
 */
export function isSigned(body: Buffer, digest: string | undefined, secrets: readonly string[]): boolean {
  if (digest === undefined || !DIGEST.test(digest)) return false;
  const given = Buffer.from(digest, "hex");
  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac("sha256", secret).update(body).digest();
    matches = timingSafeEqual(given, expected) || matches;
  }
  return matches;
}

/** The digest in GitHub's header `X-Hub-Signature-256`: `sha256=` and the digest. */
export function gitHubDigest(header: string | undefined): string | undefined {
  const prefix = "sha256=";
  return header?.startsWith(prefix) ? header.slice(prefix.length) : undefined;
}

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** A request as received over the wire. */
export interface SignedRequest {
  method: string;
  /** Path as sent, still percent-encoded, without the query. */
  path: string;
  /** Query as sent, without the question mark. */
  query: string;
  /** Lower-case names; multiple values joined by commas. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface Scope {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

/** Parses `Authorization: AWS4-HMAC-SHA256 Credential=.., SignedHeaders=.., Signature=..`; undefined if malformed. */
export function parseAuthorization(header: string | undefined): Scope | undefined {
  const match = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(header ?? "");
  if (!match) return undefined;
  const fields = new Map(
    (match[1] ?? "").split(",").map((part) => {
      const [name = "", ...value] = part.trim().split("=");
      return [name, value.join("=")] as const;
    }),
  );
  const [accessKeyId, date, region, service, terminator] = (fields.get("Credential") ?? "").split("/");
  const signedHeaders = fields.get("SignedHeaders");
  const signature = fields.get("Signature");
  if (!accessKeyId || !date || !region || !service || terminator !== "aws4_request" || !signedHeaders || !signature) return undefined;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/** Whether the signature is valid for this request and secret. */
export function signatureMatches(request: SignedRequest, scope: Scope, secretAccessKey: string): boolean {
  const expected = Buffer.from(sign(request, scope, secretAccessKey));
  const given = Buffer.from(scope.signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

export function sign(request: SignedRequest, scope: Scope, secretAccessKey: string): string {
  const credentialScope = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    request.headers["x-amz-date"] ?? "",
    credentialScope,
    sha256(canonicalRequest(request, scope)),
  ].join("\n");
  let key = hmac(`AWS4${secretAccessKey}`, scope.date);
  for (const part of [scope.region, scope.service, "aws4_request"]) key = hmac(key, part);
  return hmac(key, stringToSign).toString("hex");
}

function canonicalRequest(request: SignedRequest, scope: Scope): string {
  const headers = scope.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`);
  // S3 signs the hash that the client declares (possibly UNSIGNED-PAYLOAD); the other services the hash of the body.
  const payload = (scope.service === "s3" && request.headers["x-amz-content-sha256"]) || sha256(request.body);
  return [
    request.method,
    canonicalPath(request.path, scope.service),
    canonicalQuery(request.query),
    headers.join(""),
    scope.signedHeaders.join(";"),
    payload,
  ].join("\n");
}

/** S3 signs the path as sent; other services encode it once more. */
function canonicalPath(path: string, service: string): string {
  if (service === "s3") return path;
  return path.split("/").map(encode).join("/");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value.join("=")))] as const;
  });
  return pairs
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** By code point, not by locale: the signature depends on it. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** RFC 3986: encodeURIComponent leaves five characters that AWS requires to be encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

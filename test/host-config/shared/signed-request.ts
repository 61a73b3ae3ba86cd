import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export const SECRET_KEY = "wJalr/XUtnFEMI+K7MDENG=";

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Recomputes Signature Version 4 from the received request. */
export function assertSigned(request: Omit<SeenRequest, "body">, service: string, payloadHash: string, secretKey = SECRET_KEY): void {
  const match =
    /^AWS4-HMAC-SHA256 Credential=AKID\/(\d{8})\/eu-west-1\/([a-z0-9]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      String(request.headers.authorization),
    );
  assert.ok(match, String(request.headers.authorization));
  const [, day, scope, signedHeaders, signature] = match;
  assert.equal(scope, service);
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith("x-amz-")) assert.ok(signedHeaders!.split(";").includes(name), `${name} is not signed, which AWS refuses`);
  }
  const headers = signedHeaders!.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, request.url, "", headers.join(""), signedHeaders, payloadHash].join("\n");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const toSign = [
    "AWS4-HMAC-SHA256",
    request.headers["x-amz-date"],
    `${day}/eu-west-1/${service}/aws4_request`,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, day!), "eu-west-1"), service), "aws4_request");
  assert.equal(signature, createHmac("sha256", key).update(toSign).digest("hex"));
}

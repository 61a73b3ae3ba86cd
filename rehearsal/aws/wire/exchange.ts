import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import type { SignedRequest } from "./sigv4";

/** Larger than any request of the services served here; PutMetricData allows 1 MB. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** Reads the whole request, in the form over which signatures are computed. */
export async function readRequest(req: IncomingMessage): Promise<SignedRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error(`request body is larger than ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  const [path = "/", ...query] = (req.url ?? "/").split("?");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.headers)) {
    headers[name] = Array.isArray(value) ? value.join(",") : (value ?? "");
  }
  return { method: req.method ?? "GET", path, query: query.join("?"), headers, body: Buffer.concat(chunks) };
}

/** The decompressed body: SDKs compress large PutMetricData calls. */
export function decodedBody(request: SignedRequest): Buffer {
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(request.body) : request.body;
}

export interface WireReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export function sendReply(res: ServerResponse, reply: WireReply, method = "POST"): void {
  const body = reply.body === undefined ? Buffer.alloc(0) : Buffer.from(reply.body as Uint8Array);
  res.writeHead(reply.status, { "content-length": String(body.length), ...reply.headers });
  res.end(method === "HEAD" ? undefined : body);
}

import { StacklessError } from "../stackless-error";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A request with its body read and its URL parsed. */
export interface GitHubRequest {
  method: string;
  /** Lower case, without the port. */
  host: string;
  path: string;
  query: URLSearchParams;
  /** Scheme and authority that the caller used, for links to this server. */
  origin: string;
  authorization: string;
  /** The version of the API that the caller asks for, `YYYY-MM-DD`; empty: GitHub's default, the first one. */
  apiVersion: string;
  /** ETags of earlier replies; empty: the request is unconditional. */
  ifNoneMatch: string;
  body: Record<string, unknown>;
  /** Aborted when the caller hangs up. */
  signal: AbortSignal;
}

/** 1 MiB. Bodies here are small (tokens, labels, a job's result); anything larger is an error. */
const BODY_LIMIT = 1 << 20;

/** `publicHosts` are reached over TLS, even if a gateway has already terminated it. */
export async function readGitHubRequest(
  req: IncomingMessage,
  res: ServerResponse,
  baseUrl: string | undefined,
  publicHosts: readonly string[],
): Promise<GitHubRequest> {
  const authority = req.headers.host ?? "";
  const host = authority.replace(/:\d+$/, "").toLowerCase();
  const scheme = publicHosts.includes(host) || "encrypted" in req.socket ? "https" : "http";
  const origin = baseUrl ?? `${scheme}://${authority}`;
  const url = new URL(req.url ?? "/", "http://placeholder");
  const hangUp = new AbortController();
  res.once("close", () => hangUp.abort());
  return {
    method: req.method ?? "GET",
    host,
    path: url.pathname,
    query: url.searchParams,
    origin,
    authorization: req.headers.authorization ?? "",
    apiVersion: String(req.headers["x-github-api-version"] ?? ""),
    ifNoneMatch: req.headers["if-none-match"] ?? "",
    body: await readBody(req),
    signal: hangUp.signal,
  };
}

async function readBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new HttpError(413, "Payload too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    // POST and PUT of labels also accept a bare array.
    if (Array.isArray(parsed)) return { labels: parsed };
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Falls through to GitHub's error.
  }
  throw new HttpError(400, "Problems parsing JSON");
}

/** An error reply in GitHub's form. */
export class HttpError extends StacklessError {
  constructor(
    readonly status: number,
    message: string,
    readonly extra: Record<string, unknown> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

export interface GitHubReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Computed only for a caller that wants it: it takes as long as the rest of a list. */
  etag?: () => string;
}

export function send(res: ServerResponse, reply: GitHubReply): void {
  if (res.destroyed || res.writableEnded) return;
  const text = reply.body === undefined ? undefined : JSON.stringify(reply.body);
  const type = text === undefined ? {} : { "content-type": "application/json; charset=utf-8" };
  res.writeHead(reply.status, {
    ...type,
    ...(text === undefined ? { "content-length": "0" } : { "content-length": String(Buffer.byteLength(text)) }),
    ...(reply.etag && { etag: reply.etag() }),
    ...reply.headers,
  });
  res.end(text);
}

export function errorReply(error: HttpError): GitHubReply {
  const body = {
    message: error.message,
    documentation_url: "https://docs.github.com/rest",
    status: String(error.status),
    ...error.extra,
  };
  return { status: error.status, body, headers: error.headers };
}

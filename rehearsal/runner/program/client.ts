import { existsSync, readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import { RunnerProxy } from "./proxy";

/** The server returned an error status. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface RequestOptions {
  bearer?: string;
  body?: unknown;
  signal?: AbortSignal;
  /** Milliseconds after which the request fails, its reply included. Default 100 s, as in .NET. */
  timeoutMs?: number;
}

const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: undefined as https.Agent | undefined,
  tunnels: undefined as HttpsProxyAgent<string> | undefined,
};
let trust: SecureContext | undefined;
let proxies: RunnerProxy | undefined;

/**
 * By the first request: after the runner's own file of variables is read, and before there is a job to which the variables are handed on.
 */
function proxyFor(target: URL): string | undefined {
  return (proxies ??= new RunnerProxy()).proxyFor(target);
}

/** A kept-alive connection that the server has closed: there was no reply, so the request is repeated on a new one. */
class StaleConnection extends Error {}

/** One request. Throws ServerError for a status of 400 and above, and the socket's error when there is no reply. */
export async function request<T>(method: string, url: string, options: RequestOptions = {}): Promise<T> {
  try {
    return await attempt<T>(method, url, options);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return request(method, url, options);
  }
}

function attempt<T>(method: string, url: string, options: RequestOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const secure = target.protocol === "https:";
    const text = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers: http.OutgoingHttpHeaders = { "user-agent": "GitHubActionsRunner-rehearsal" };
    if (text !== undefined) headers["content-type"] = "application/json";
    if (text !== undefined) headers["content-length"] = Buffer.byteLength(text);
    if (options.bearer !== undefined) headers.authorization = `Bearer ${options.bearer}`;
    const proxy = proxyFor(target);
    const common = { method, headers, signal: options.signal };
    const outgoing = secure
      ? https.request(target, { ...common, agent: proxy === undefined ? secureAgent() : tunnels(proxy) })
      : http.request(proxy ?? target, { ...common, ...(proxy === undefined ? {} : wholeAddress(target, headers)), agent: agents.http });
    outgoing.on("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      // Otherwise the proxy's refusal would pass for an answer of GitHub's.
      if (statusCode === 200) return;
      outgoing.destroy(new Error(`The proxy tunnel request to proxy '${proxy}' failed with status code '${statusCode}'.`));
    });
    // From the beginning, as in .NET. A request without a socket, which waits for a proxy that does not answer, has no timeout of its own,
    // and reports its end only once it has one.
    const giveUp = (error: Error) => {
      outgoing.destroy(error);
      reject(error);
    };
    const late = setTimeout(() => giveUp(new Error(`${method} ${url} timed out`)), options.timeoutMs ?? 100_000);
    const stopped = () => giveUp(options.signal?.reason as Error);
    options.signal?.addEventListener("abort", stopped, { once: true });
    const over = () => {
      clearTimeout(late);
      options.signal?.removeEventListener("abort", stopped);
    };
    outgoing.on("close", over);
    if (options.signal?.aborted) stopped();
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      reject(outgoing.reusedSocket && error.code === "ECONNRESET" ? new StaleConnection() : error),
    );
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = parse(Buffer.concat(chunks).toString("utf8"));
        const status = response.statusCode ?? 0;
        if (status < 400) return resolve(body as T);
        reject(new ServerError(status, String(body?.code ?? ""), String(body?.message ?? `HTTP ${status}`)));
      });
    });
    outgoing.end(text);
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/**
 * Loads the trusted certificates now. Parsing over a hundred of them takes Node a good part of a second, which would
 * otherwise count as time of a job's first hook.
 */
export function prepareTls(): void {
  trusted();
}

function secureAgent(): https.Agent {
  return (agents.https ??= new https.Agent({ keepAlive: true, secureContext: trusted() }));
}

function tunnels(proxy: string): http.Agent {
  if (agents.tunnels) return agents.tunnels;
  agents.tunnels = new HttpsProxyAgent(proxy, { keepAlive: true });
  // The options of its constructor are for the connection to the proxy alone.
  Object.assign(agents.tunnels.options, { secureContext: trusted() });
  return agents.tunnels;
}

/** Of a request by http, as a proxy needs it. */
function wholeAddress(target: URL, headers: http.OutgoingHttpHeaders): http.RequestOptions {
  return { path: target.href, headers: { ...headers, host: target.host } };
}

/** .NET trusts the host's certificates; Node by default uses its bundled list, which has no private authorities. */
function trusted(): SecureContext {
  if (trust) return trust;
  const files = [process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt", process.env.NODE_EXTRA_CA_CERTS];
  const ca = [...new Set(files)].filter((file): file is string => file !== undefined && existsSync(file)).map((file) => readFileSync(file));
  return (trust = createSecureContext(ca.length > 0 ? { ca } : {}));
}

export interface Retry {
  attempts: number;
  /** Random delay between these two values, in milliseconds. */
  between: [number, number];
  /** Whether an error must not be retried. */
  isFinal?: (error: unknown) => boolean;
  signal?: AbortSignal;
}

export async function withRetries<T>(retry: Retry, act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      retry.signal?.throwIfAborted();
      if (attempt >= retry.attempts || retry.isFinal?.(error)) throw error;
      await pause(randomBetween(...retry.between), retry.signal);
    }
  }
}

/** GitHub's refusal is final: not found, acquired by another runner, or unprocessable. */
export function isRefused(error: unknown): boolean {
  return error instanceof ServerError && [404, 409, 422].includes(error.status);
}

export function randomBetween(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** Rejects when the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

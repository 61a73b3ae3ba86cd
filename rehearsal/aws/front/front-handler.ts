import type { IncomingMessage, ServerResponse } from "node:http";
import type { ImdsRequest, ImdsResponse } from "../imds";

export type HttpHandler = (req: IncomingMessage, res: ServerResponse) => void;

export interface FrontHandlers {
  /** AWS's services. */
  wire: HttpHandler;
  imds: (request: ImdsRequest) => ImdsResponse;
  /** GitHub, for every host name in `githubHosts`. */
  github: HttpHandler;
  /** The functions' own URLs. */
  functionUrls: HttpHandler;
  /** Exact names or `*.suffix`. */
  githubHosts: readonly string[];
  /** Milliseconds since the epoch, on the rehearsal's clock. */
  now: () => number;
}

/** Identifies the calling machine. Set by the gateway of the machines' network and trusted only on its socket. */
export const SOURCE_IP_HEADER = "x-rehearsal-source-ip";

export const GITHUB_HOST_PATTERNS = ["github.com", "*.github.com", "*.githubusercontent.com"] as const;

const FUNCTION_URL_HOST = /^[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws$/;

const METADATA_HOSTS = new Set(["169.254.169.254", "fd00:ec2::254", "instance-data"]);

/** The handler behind every listener; routes by the Host header alone. */
export function createFront(handlers: FrontHandlers): HttpHandler {
  return (req, res) => {
    // SDKs correct their clocks by this header, so it must carry the time against which signatures are checked.
    res.setHeader("date", new Date(handlers.now()).toUTCString());
    const host = hostName(req.headers.host ?? "");
    if (METADATA_HOSTS.has(host)) return answerImds(handlers.imds, req, res);
    if (handlers.githubHosts.some((known) => covers(known, host))) return handlers.github(req, res);
    if (FUNCTION_URL_HOST.test(host)) return handlers.functionUrls(req, res);
    // AWS's names, and clients configured with a plain loopback address.
    return handlers.wire(req, res);
  };
}

function answerImds(imds: FrontHandlers["imds"], req: IncomingMessage, res: ServerResponse): void {
  const sourceIp = req.headers[SOURCE_IP_HEADER];
  if (typeof sourceIp !== "string") {
    res.writeHead(403).end("instance metadata is available to instances only\n");
    return;
  }
  req.resume(); // discard the body, which a token request does not need
  const { status, headers, body, delayMs } = imds({ method: req.method ?? "GET", path: req.url ?? "/", headers: req.headers, sourceIp });
  const answer = () => {
    if (status === 0) return void res.destroy();
    res.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
    res.end(req.method === "HEAD" ? undefined : body);
  };
  if (delayMs === undefined) answer();
  else setTimeout(answer, delayMs).unref();
}

function covers(known: string, host: string): boolean {
  return known === host || (known.startsWith("*.") && host.endsWith(known.slice(1)));
}

/** In lower case, without the port and the brackets of an IPv6 literal. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(header);
  return (bracketed?.[1] ?? header.replace(/:\d+$/, "")).toLowerCase();
}

import { isUtf8 } from "node:buffer";

/** A request that reaches a function URL. */
export interface UrlRequest {
  method: string;
  /** Absolute: `https://ID.lambda-url.REGION.on.aws/path?query`. */
  url: string;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body?: string | Uint8Array;
  sourceIp?: string;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Of one connection only, so that Lambda does not pass them on. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** The event that Lambda makes of a request without credentials: payload format 2.0. */
export function functionUrlEvent(request: UrlRequest, requestId: string, now: number): Record<string, unknown> {
  const { method, body: given, sourceIp = "140.82.112.1" } = request;
  const url = new URL(request.url);
  const [domainPrefix] = url.hostname.split(".");
  const { cookies, headers } = headersOf(request, url.hostname, sourceIp, requestId, now);
  const body = given === undefined ? Buffer.alloc(0) : Buffer.from(given as Uint8Array);
  const isBase64Encoded = body.length > 0 && !isText(headers["content-type"] ?? "", body);
  const query = [...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name).join(",")]);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(query.length > 0 ? { queryStringParameters: Object.fromEntries(query) } : {}),
    requestContext: {
      accountId: "anonymous",
      apiId: domainPrefix,
      domainName: url.hostname,
      domainPrefix,
      http: { method, path: url.pathname, protocol: "HTTP/1.1", sourceIp, userAgent: headers["user-agent"] ?? "" },
      requestId,
      routeKey: "$default",
      stage: "$default",
      time: logTime(now),
      timeEpoch: now,
    },
    ...(body.length > 0 ? { body: body.toString(isBase64Encoded ? "base64" : "utf8") } : {}),
    isBase64Encoded,
  };
}

/** Lambda passes a body as text only if its type says so: JSON, XML and text/*; a form arrives in base64. */
function isText(contentType: string, body: Buffer): boolean {
  return /text|json|xml/.test(contentType.toLowerCase()) && isUtf8(body);
}

function headersOf(
  request: UrlRequest,
  host: string,
  sourceIp: string,
  requestId: string,
  now: number,
): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || CONNECTION_HEADERS.has(lower)) continue;
    headers[lower] = typeof value === "string" ? value : value.join(",");
  }
  const cookies = (headers["cookie"] ?? "").split(/;\s*/).filter((cookie) => cookie !== "");
  delete headers["cookie"];
  const trace = `Root=1-${Math.floor(now / 1000).toString(16)}-${requestId.replaceAll("-", "").slice(0, 24)}`;
  const added = {
    host,
    "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
    "x-amzn-tls-version": "TLSv1.3",
    "x-amzn-trace-id": trace,
    "x-forwarded-for": sourceIp,
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
  };
  return { headers: { ...headers, ...added }, cookies };
}

/** `12/Mar/2020:19:03:58 +0000` */
function logTime(now: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

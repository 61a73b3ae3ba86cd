/** Requests and responses of the instance metadata service, independent of the transport. */
export interface ImdsRequest {
  method: string;
  /** `/latest/...`, including any query string. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  /** Private address of the calling instance; nothing else identifies it. */
  sourceIp: string;
}

export interface ImdsResponse {
  /** 0: no response, the connection is cut. */
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds until the response; absent: no delay. */
  delayMs?: number;
}

export function header(request: ImdsRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The service returns times without fractions of a second. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

export function plain(status: number, body: string): ImdsResponse {
  return { status, headers: { "content-type": "text/plain" }, body };
}

export function json(value: unknown): ImdsResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value, null, 2) };
}

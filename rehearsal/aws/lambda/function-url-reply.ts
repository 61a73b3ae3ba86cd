import { SYNCHRONOUS_BYTES } from "./payload";

export interface UrlReply {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

const JSON_TYPE = { "content-type": "application/json" };

/** An answer of Lambda itself, for which the function did not run. */
export function ownReply(status: number, message: string | null): UrlReply {
  return { status, headers: { ...JSON_TYPE }, body: Buffer.from(JSON.stringify({ Message: message })) };
}

/** The answer to a function that failed, or returned what is no HTTP response. */
export function badGateway(): UrlReply {
  return { status: 502, headers: { ...JSON_TYPE }, body: Buffer.from("Internal Server Error") };
}

/** What the caller gets for a function's result: the response that it describes, or its value as JSON. */
export function replyOf(result: unknown): UrlReply {
  if (Buffer.byteLength(JSON.stringify(result ?? null)) > SYNCHRONOUS_BYTES) return badGateway();
  const described = typeof result === "object" && result !== null && !Array.isArray(result) ? (result as Record<string, unknown>) : {};
  if (described["statusCode"] === undefined) return { status: 200, headers: { ...JSON_TYPE }, body: asBody(result ?? null) };
  const { statusCode, headers = {}, body = "", cookies, isBase64Encoded } = described;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599 || typeof headers !== "object") return badGateway();
  const given = Object.entries(headers as Record<string, unknown>).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    status,
    headers: {
      ...JSON_TYPE,
      ...(Object.fromEntries(given) as Record<string, string>),
      ...(Array.isArray(cookies) ? { "set-cookie": cookies.map(String) } : {}),
    },
    body: isBase64Encoded === true ? Buffer.from(String(body), "base64") : asBody(body),
  };
}

/** A text is returned as it is, without quotation marks. */
function asBody(value: unknown): Buffer {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

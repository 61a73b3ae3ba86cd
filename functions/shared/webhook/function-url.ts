/** A POST that a function URL received. */
export interface Delivery {
  /** With names in lower case, as Lambda passes them. */
  headers: Readonly<Record<string, string | undefined>>;
  /** As it was received. */
  body: Buffer;
}

/** What a function URL answers. */
export interface Reply {
  statusCode: number;
  headers?: Record<string, string>;
  body?: string;
}

export type Received = { delivery: Delivery } | { refusal: Reply };

/**
 * Reads the event of a function URL, payload format 2.0. Anyone can send to a function URL, so that whatever is not a POST
 * within the limit is refused before its body is decoded.
 *
 * @param limit bytes of the body.
 */
export function receive(event: unknown, limit: number): Received {
  const { requestContext, headers, body, isBase64Encoded } = record(event);
  const { method } = record(record(requestContext).http);
  if (method !== "POST") return { refusal: { ...reply(405, "only POST"), headers: { allow: "POST" } } };
  const text = typeof body === "string" ? body : "";
  const encoded = isBase64Encoded === true;
  // Four characters of Base64 are three bytes, less the padding; a character of text is at least one.
  const least = encoded ? Math.floor(text.length / 4) * 3 - 2 : text.length;
  const content = least > limit ? undefined : Buffer.from(text, encoded ? "base64" : "utf8");
  if (content === undefined || content.length > limit) return { refusal: reply(413, `more than ${limit} bytes`) };
  return { delivery: { headers: textsOf(headers), body: content } };
}

export function reply(statusCode: number, body?: string): Reply {
  return body === undefined ? { statusCode } : { statusCode, headers: { "content-type": "text/plain" }, body };
}

function textsOf(headers: unknown): Record<string, string> {
  const entries = Object.entries(record(headers)).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

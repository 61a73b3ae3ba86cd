/** DynamoDB's own notation of a value: `{ S: "text" }`, `{ N: "12" }`, `{ M: {...} }`. Binary values are base64 here. */
export type AttributeValue = Record<string, unknown>;
export type Item = Record<string, AttributeValue>;

/** A copy of a request in the SDK's shape, with binary values as the engine keeps them. */
export function toEngine(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(toEngine);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toEngine(inner)]));
}

/** A copy of a result in the SDK's shape. Only a binary value is an object whose one member, `B` or `BS`, is text or a list of texts. */
export function fromEngine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromEngine);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const [only] = entries;
  if (entries.length === 1 && only) {
    const [key, inner] = only;
    if (key === "B" && typeof inner === "string") return { B: bytes(inner) };
    if (key === "BS" && Array.isArray(inner)) return { BS: inner.map(bytes) };
  }
  return Object.fromEntries(entries.map(([key, inner]) => [key, fromEngine(inner)]));
}

/** The text of a key's value, as `dynamodb:LeadingKeys` has it. */
export function keyText(value: AttributeValue | undefined): string | undefined {
  const text = value?.["S"] ?? value?.["N"] ?? value?.["B"];
  return typeof text === "string" ? text : undefined;
}

function bytes(base64: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(base64), "base64"));
}

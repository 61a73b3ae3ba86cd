import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** What a ledger stores: text, numbers, flags, and lists of text. Anything more complex is JSON text. */
export type Value = string | number | boolean | readonly string[];
export type Item = Record<string, Value>;

export function toAttribute(value: Value): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  return { L: value.map((one) => ({ S: one })) };
}

/** An attribute of another type, which only a person can have added, is omitted. */
export function toItem(attributes: Record<string, AttributeValue>): Item {
  const item: Item = {};
  for (const [name, attribute] of Object.entries(attributes)) {
    const value = toValue(attribute);
    if (value !== undefined) item[name] = value;
  }
  return item;
}

function toValue({ S, N, BOOL, L }: AttributeValue): Value | undefined {
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL;
  return L?.flatMap((one) => (one.S === undefined ? [] : [one.S]));
}

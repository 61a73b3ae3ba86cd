import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError, type Shape } from "../api";

/** The encoding of timestamps and blobs: JSON has seconds and base64, CBOR has tags and bytes. */
export interface Codec {
  fromTimestamp(date: Date): unknown;
  fromBlob(bytes: Uint8Array): unknown;
}

export const JSON_CODEC: Codec = {
  fromTimestamp: (date) => date.getTime() / 1000,
  fromBlob: (bytes) => Buffer.from(bytes).toString("base64"),
};

/** Converts a parsed document to the SDK's shape. Rejects unknown members, as AWS's JSON services reject wrong types. */
export function readDocument(schema: NormalizedSchema, value: unknown, path = ""): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrongType(path, "a list");
    const member = schema.getValueSchema();
    return value.map((item, index) => readDocument(member, item, `${path}[${index}]`));
  }
  if (schema.isMapSchema()) {
    const member = schema.getValueSchema();
    return Object.fromEntries(
      Object.entries(record(value, path)).map(([key, item]) => [key, readDocument(member, item, `${path}.${key}`)]),
    );
  }
  if (schema.isStructSchema()) {
    const members = schema.getMemberSchemas();
    return Object.fromEntries(
      Object.entries(record(value, path)).map(([name, item]) => {
        const member = members[name];
        if (!member) throw new AwsError("ValidationException", `Unknown member ${path}${path && "."}${name} in the request`, 400);
        return [name, readDocument(member, item, path ? `${path}.${name}` : name)];
      }),
    );
  }
  if (schema.isTimestampSchema()) return toDate(value, path);
  if (schema.isBlobSchema()) return value instanceof Uint8Array ? value : Buffer.from(String(value), "base64");
  if (schema.isBooleanSchema() && typeof value !== "boolean") throw wrongType(path, "true or false");
  if (schema.isNumericSchema() && typeof value !== "number") throw wrongType(path, "a number");
  if (schema.isStringSchema() && typeof value !== "string") throw wrongType(path, "a string");
  return value;
}

/** Converts a result in the SDK's shape to a document for the wire. */
export function writeDocument(schema: NormalizedSchema, value: unknown, codec: Codec): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isUnitSchema()) return {};
  if (schema.isListSchema()) return (value as unknown[]).map((item) => writeDocument(schema.getValueSchema(), item, codec));
  if (schema.isMapSchema()) {
    const entries = Object.entries(value as Shape).map(([key, item]) => [key, writeDocument(schema.getValueSchema(), item, codec)]);
    return Object.fromEntries(entries);
  }
  if (schema.isStructSchema()) {
    const members = schema.getMemberSchemas();
    const document: Shape = {};
    for (const [name, item] of Object.entries(value as Shape)) {
      const member = members[name];
      if (!member) {
        if (item === undefined || name.startsWith("$")) continue;
        throw new Error(`the reply has ${name}, which ${schema.getName() ?? "the operation"} in AWS's model does not have`);
      }
      const written = writeDocument(member, item, codec);
      if (written !== undefined) document[name] = written;
    }
    return document;
  }
  if (value instanceof Date) return codec.fromTimestamp(value);
  if (value instanceof Uint8Array) return codec.fromBlob(value);
  return value;
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(path || "the request", "an object");
  return value as Record<string, unknown>;
}

function toDate(value: unknown, path: string): Date {
  if (value instanceof Date) return value;
  const tagged = typeof value === "object" && value !== null && "value" in value ? (value as { value: unknown }).value : value;
  const date = typeof tagged === "number" ? new Date(tagged * 1000) : new Date(String(tagged));
  if (Number.isNaN(date.getTime())) throw wrongType(path, "a timestamp");
  return date;
}

function wrongType(path: string, expected: string): AwsError {
  return new AwsError("SerializationException", `${path || "The request"} should be ${expected}`, 400);
}

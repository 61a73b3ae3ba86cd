import type { NormalizedSchema } from "@smithy/core/schema";
import type { AwsError, Shape } from "../api";
import { type ServiceName, xmlNamespace } from "./services";

/** Reply of the Query protocols: `<OpResponse><OpResult>..</OpResult><ResponseMetadata>..`; EC2 omits both wrappers. */
export function renderXml(service: ServiceName, operation: string, output: NormalizedSchema, result: Shape, requestId: string): string {
  const dialect = service === "ec2" ? "ec2" : "query";
  const body = output.isStructSchema() ? struct(output, result) : "";
  const namespace = xmlNamespace(service);
  if (dialect === "ec2") {
    return `<${operation}Response xmlns="${namespace}"><requestId>${requestId}</requestId>${body}</${operation}Response>`;
  }
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const nested = output.isStructSchema() ? `<${operation}Result>${body}</${operation}Result>` : "";
  return `<${operation}Response xmlns="${namespace}">${nested}${metadata}</${operation}Response>`;
}

export function renderXmlError(service: ServiceName, error: AwsError, requestId: string): string {
  const detail = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  if (service === "ec2") {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${detail}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
  }
  const type = error.httpStatus >= 500 ? "Receiver" : "Sender";
  return (
    `<ErrorResponse xmlns="${xmlNamespace(service)}"><Error><Type>${type}</Type>${detail}</Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}

export function escapeXml(text: string): string {
  // XML parsers read an unescaped carriage return as a line feed.
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("\r", "&#xD;");
}

function struct(schema: NormalizedSchema, shape: Shape): string {
  const members = schema.getMemberSchemas();
  for (const name of Object.keys(shape)) {
    if (!(name in members) && shape[name] !== undefined && !name.startsWith("$")) {
      throw new Error(`the reply has ${name}, which ${schema.getName() ?? "the operation"} in AWS's model does not have`);
    }
  }
  return Object.entries(members)
    .map(([name, member]) => element(member, member.getMemberTraits().xmlName ?? name, shape[name]))
    .join("");
}

function element(schema: NormalizedSchema, tag: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    const items = value as unknown[];
    if (schema.getMergedTraits().xmlFlattened) return items.map((item) => element(member, tag, item)).join("");
    const itemTag = member.getMergedTraits().xmlName ?? "member";
    return wrap(tag, items.map((item) => element(member, itemTag, item)).join(""));
  }
  if (schema.isMapSchema()) {
    const keyTag = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
    const valueSchema = schema.getValueSchema();
    const valueTag = valueSchema.getMergedTraits().xmlName ?? "value";
    const entries = Object.entries(value as Shape).map(
      ([key, item]) => `<entry><${keyTag}>${escapeXml(key)}</${keyTag}>${element(valueSchema, valueTag, item)}</entry>`,
    );
    return wrap(tag, entries.join(""));
  }
  if (schema.isStructSchema()) return wrap(tag, struct(schema, value as Shape));
  return wrap(tag, escapeXml(scalar(value)));
}

function scalar(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return String(value);
}

function wrap(tag: string, content: string): string {
  return `<${tag}>${content}</${tag}>`;
}

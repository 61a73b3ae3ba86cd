import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError, type Shape } from "../api";

/**
 * Converts form bodies of the Query protocols (`InstanceIds.member.1=i-1`) to the SDK's shape. `ec2` is EC2's dialect:
 * lists without `member`, and its own parameter names. Rejects a parameter that the model does not have, since a
 * misspelled parameter is a bug in the caller.
 */
export function parseQuery(input: NormalizedSchema, form: URLSearchParams, dialect: "query" | "ec2"): Shape {
  const tree: Node = { children: new Map() };
  for (const [path, value] of form) {
    if (path === "Action" || path === "Version") continue;
    let node = tree;
    for (const part of path.split(".")) {
      const child = node.children.get(part) ?? { children: new Map() };
      node.children.set(part, child);
      node = child;
    }
    node.value = value;
  }
  const shape = input.isStructSchema() ? readStruct(input, tree, dialect, "") : {};
  rejectUnread(tree, "");
  return shape;
}

interface Node {
  value?: string;
  read?: boolean;
  children: Map<string, Node>;
}

function readStruct(schema: NormalizedSchema, node: Node, dialect: "query" | "ec2", path: string): Shape {
  const shape: Shape = {};
  for (const [name, member] of schema.structIterator()) {
    const child = node.children.get(structKey(name, member, dialect));
    if (child) shape[name] = read(member, child, dialect, path ? `${path}.${name}` : name);
  }
  return shape;
}

function read(schema: NormalizedSchema, node: Node, dialect: "query" | "ec2", path: string): unknown {
  if (schema.isStructSchema()) return readStruct(schema, node, dialect, path);
  if (schema.isListSchema()) return readList(schema, node, dialect, path);
  if (schema.isMapSchema()) return readMap(schema, node, dialect, path);
  node.read = true;
  const text = node.value ?? "";
  if (schema.isBooleanSchema()) {
    if (text !== "true" && text !== "false") throw malformed(path, text, "true or false");
    return text === "true";
  }
  if (schema.isTimestampSchema()) {
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) throw malformed(path, text, "a timestamp");
    return date;
  }
  if (schema.isBlobSchema()) return Buffer.from(text, "base64");
  if (schema.isNumericSchema()) {
    const number = Number(text);
    if (text === "" || Number.isNaN(number)) throw malformed(path, text, "a number");
    return number;
  }
  return text;
}

function readList(schema: NormalizedSchema, node: Node, dialect: "query" | "ec2", path: string): unknown[] {
  const member = schema.getValueSchema();
  const flat = dialect === "ec2" || Boolean(schema.getMergedTraits().xmlFlattened);
  // An empty list is sent as the bare name with an empty value.
  if (node.value === "") node.read = true;
  const items = flat ? node : node.children.get(member.getMergedTraits().xmlName ?? "member");
  return numbered(items).map(([index, item]) => read(member, item, dialect, `${path}.${index}`));
}

function readMap(schema: NormalizedSchema, node: Node, dialect: "query" | "ec2", path: string): Record<string, unknown> {
  const keySchema = schema.getKeySchema();
  const valueSchema = schema.getValueSchema();
  const entries = schema.getMergedTraits().xmlFlattened ? node : node.children.get("entry");
  const map: Record<string, unknown> = {};
  for (const [index, entry] of numbered(entries)) {
    const key = entry.children.get(keySchema.getMergedTraits().xmlName ?? "key");
    const value = entry.children.get(valueSchema.getMergedTraits().xmlName ?? "value");
    if (!key) throw malformed(`${path}.entry.${index}`, "", "a key");
    map[String(read(keySchema, key, dialect, path))] = value && read(valueSchema, value, dialect, path);
  }
  return map;
}

function structKey(name: string, member: NormalizedSchema, dialect: "query" | "ec2"): string {
  const traits = member.getMergedTraits();
  if (dialect === "query") return traits.xmlName ?? name;
  if (traits.ec2QueryName) return String(traits.ec2QueryName);
  const key = traits.xmlName ?? name;
  return key.charAt(0).toUpperCase() + key.slice(1);
}

function numbered(node: Node | undefined): [string, Node][] {
  const items = [...(node?.children ?? [])].filter(([name]) => /^[1-9]\d*$/.test(name));
  return items.sort(([a], [b]) => Number(a) - Number(b));
}

function rejectUnread(node: Node, path: string): void {
  if (node.value !== undefined && !node.read) {
    throw new AwsError("ValidationError", `Unknown parameter ${path}: the operation has no such input`, 400);
  }
  for (const [name, child] of node.children) rejectUnread(child, path ? `${path}.${name}` : name);
}

function malformed(path: string, text: string, expected: string): AwsError {
  return new AwsError("MalformedInput", `${path}: "${text}" is not ${expected}`, 400);
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema?: object;
}

interface Content {
  content?: Record<string, { schema: object }>;
}

export interface Operation {
  parameters?: Parameter[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content>;
}

interface Description {
  /** Operations by template and, in lower case, method. They contain references. */
  paths: Record<string, Record<string, unknown>>;
}

// GitHub's own OpenAPI description, 13 MB. The one with references resolved has 73 MB, and the tests need 74 of its 1226 operations.
const description = require("@octokit/openapi/generated/api.github.com.json") as Description;
/** Routes that GitHub describes only for organizations on Enterprise Cloud, in another 14 MB. */
const CLOUD_ONLY = /\/actions\/runners\/deprecations\//;
const operations = new Map<string, Operation | undefined>();
const patterns = new Map<string, RegExp>();

/** The operation with references resolved. */
export function operationOf(method: string, template: string): Operation | undefined {
  const key = `${method} ${template}`;
  if (!operations.has(key)) operations.set(key, resolvedOperation(method, template));
  return operations.get(key);
}

/** The route's template in GitHub's description; if several match, the one with the fewest placeholders. */
export function templateOf(method: string, path: string): string | undefined {
  const all = CLOUD_ONLY.test(path) ? [description, cloud()] : [description];
  const placeholders = (template: string) => template.split("{").length;
  return all
    .flatMap(({ paths }) => Object.keys(paths).filter((template) => paths[template]![method.toLowerCase()]))
    .filter((template) => patternOf(template).test(path))
    .sort((a, b) => placeholders(a) - placeholders(b))[0];
}

/** Matches the template's paths; a group for each placeholder. */
export function patternOf(template: string): RegExp {
  const pattern = patterns.get(template) ?? new RegExp(`^${template.replace(/\{[^}]+\}/g, "([^/]+)")}$`);
  patterns.set(template, pattern);
  return pattern;
}

function cloud(): Description {
  return require("@octokit/openapi/generated/ghec.json");
}

function resolvedOperation(method: string, template: string): Operation | undefined {
  const source = description.paths[template] || !CLOUD_ONLY.test(template) ? description : cloud();
  return resolved(source, source.paths[template]?.[method.toLowerCase()]) as Operation | undefined;
}

/** A copy of the value with each reference replaced by what it names. No schema of GitHub's contains itself. */
function resolved(source: Description, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(source, one));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return resolved(source, named(source, value.$ref as string));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(source, one)]));
}

/** @param reference such as `#/components/schemas/runner`. */
function named(source: Description, reference: string): unknown {
  const [, ...keys] = reference.split("/");
  const found = keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], source);
  if (found === undefined) throw new Error(`GitHub's description has no ${reference}, but refers to it`);
  return found;
}

import Ajv, { ValidateFunction } from "ajv";

interface Description {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
}

// GitHub's own description of its API, references resolved. Some 20 MB, so it is read once.
const description = require("@octokit/openapi/generated/api.github.com.deref.json") as Description;
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const compiled = new Map<string, ValidateFunction>();

/** OpenAPI lets a schema without a type be nullable; JSON Schema says the same with an alternative. */
function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, asJsonSchema(value)]));
  if (copy.nullable !== true || copy.type !== undefined) return copy;
  const { nullable: _nullable, ...rest } = copy;
  return { anyOf: [{ type: "null" }, rest] };
}

/** Differences between a reply and what GitHub's OpenAPI description says of that route and status. */
export function differences(method: string, template: string, status: number, body: unknown): string[] {
  const operation = description.paths[template]?.[method.toLowerCase()];
  if (!operation) return [`GitHub has no ${method} ${template}`];
  const response = operation.responses[String(status)];
  if (!response) return [`${method} ${template} never answers ${status}`];
  const schema = response.content?.["application/json"]?.schema;
  if (!schema) return body === undefined ? [] : [`${method} ${template} answers ${status} without a body`];
  const key = `${method} ${template} ${status}`;
  const validate = compiled.get(key) ?? ajv.compile(asJsonSchema(schema) as object);
  compiled.set(key, validate);
  return validate(body) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

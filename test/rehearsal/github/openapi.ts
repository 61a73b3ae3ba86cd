import Ajv, { type ValidateFunction } from "ajv";
import { operationOf, type Parameter, patternOf } from "./description";

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
/** With type coercion: query and path parameters are text on the wire. */
const lenient = new Ajv({ strict: false, validateFormats: false, allErrors: true, coerceTypes: true });
const compiled = new Map<string, ValidateFunction>();

/**
 * Statuses that GitHub can return on every route according to its documentation ("Troubleshooting the REST API"), even if
 * the description does not name them; their body is its Basic Error.
 */
const ANYWHERE = new Set([400, 401, 403, 404, 429, 500, 502, 503]);

/** OpenAPI allows `nullable` on a schema without a type, or with an enumeration that lacks null; JSON Schema does not. */
function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, asJsonSchema(value)]));
  if (copy.nullable === true && Array.isArray(copy.enum) && !copy.enum.includes(null)) copy.enum = [...copy.enum, null];
  if (copy.nullable !== true || copy.type !== undefined) return copy;
  const { nullable: _nullable, ...rest } = copy;
  return { anyOf: [{ type: "null" }, rest] };
}

function check(key: string, schema: object, value: unknown, by = ajv): string[] {
  const validate = compiled.get(key) ?? by.compile(asJsonSchema(schema) as object);
  compiled.set(key, validate);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** Whether the description names the status for the route. */
export function isDescribed(method: string, template: string, status: number): boolean {
  return operationOf(method, template)?.responses[String(status)] !== undefined;
}

/** Differences between a reply and GitHub's OpenAPI description of that route and status. */
export function differences(method: string, template: string, status: number, body: unknown): string[] {
  const operation = operationOf(method, template);
  if (!operation) return [`GitHub has no ${method} ${template}`];
  if (!isDescribed(method, template, status)) {
    return ANYWHERE.has(status) ? errorDifferences(body) : [`${method} ${template} never returns ${status}`];
  }
  const schema = operation.responses[String(status)]!.content?.["application/json"]?.schema;
  if (schema) return check(`${method} ${template} ${status}`, schema, body);
  if (body === undefined) return [];
  // The description names some errors without a body; GitHub sends its Basic Error.
  return status >= 400 ? errorDifferences(body) : [`${method} ${template} returns ${status} without a body`];
}

/** Differences between an error's body and GitHub's Basic Error. */
export function errorDifferences(body: unknown): string[] {
  const named = operationOf("GET", "/orgs/{org}/actions/runners/{runner_id}/labels")!.responses["404"]!;
  const text = (body as { message?: unknown } | undefined)?.message;
  return [
    ...check("basic error", named.content!["application/json"]!.schema, body),
    // The schema requires nothing, not even the message.
    ...(typeof text === "string" && text !== "" ? [] : ["an error without a message"]),
  ];
}

/** Differences between a request and the parameters and body that the description defines for the route. */
export function requestDifferences(method: string, template: string, path: string, query: URLSearchParams, body: unknown): string[] {
  const operation = operationOf(method, template);
  if (!operation) return [`GitHub has no ${method} ${template}`];
  const known = operation.parameters ?? [];
  const found: string[] = [];
  for (const [name, value] of query) {
    const parameter = known.find((one) => one.in === "query" && one.name === name);
    found.push(
      ...(parameter ? parameterDifferences(method, template, parameter, value) : [`${method} ${template} has no parameter ${name}`]),
    );
  }
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
  const values = patternOf(template).exec(path)?.slice(1) ?? [];
  names.forEach((name, index) => {
    const parameter = known.find((one) => one.in === "path" && one.name === name);
    if (parameter) found.push(...parameterDifferences(method, template, parameter, decodeURIComponent(values[index] ?? "")));
  });
  const schema = operation.requestBody?.content?.["application/json"]?.schema;
  if (body === undefined) return operation.requestBody?.required ? [...found, `${method} ${template} needs a body`] : found;
  if (!schema) return [...found, `${method} ${template} takes no body`];
  return [...found, ...check(`${method} ${template} body`, schema, body)];
}

function parameterDifferences(method: string, template: string, parameter: Parameter, value: string): string[] {
  if (!parameter.schema) return [];
  const schema = { type: "object", properties: { [parameter.name]: parameter.schema } };
  return check(`${method} ${template} ${parameter.in} ${parameter.name}`, schema, { [parameter.name]: value }, lenient);
}

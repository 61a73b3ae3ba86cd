import Ajv, { type ValidateFunction } from "ajv";

interface Description {
  webhooks: Record<string, { post: { parameters: { name: string; in: string; required?: boolean }[]; requestBody: Body } }>;
  components: object;
}

interface Body {
  content: { "application/json": { schema: { $ref: string } } };
}

// GitHub's own description of its webhooks, in JSON Schema 2020-12, of which its schemas use what draft 7 has too.
const description = require("@octokit/openapi-webhooks/generated/api.github.com.json") as Description;
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: "github", components: description.components });
const compiled = new Map<string, ValidateFunction>();

/** Differences between a delivery and GitHub's description of it. */
export function deliveryDifferences(headers: Record<string, string>, payload: { action?: string }): string[] {
  const event = [headers["x-github-event"], payload.action].filter(Boolean).join("-").replaceAll("_", "-");
  const described = description.webhooks[event]?.post;
  if (!described) return [`GitHub has no webhook ${event}`];
  const lacking = described.parameters.filter(({ name, required }) => required && headers[name.toLowerCase()] === undefined);
  const { $ref } = described.requestBody.content["application/json"].schema;
  const validate = compiled.get(event) ?? ajv.compile({ $ref: `github${$ref}` });
  compiled.set(event, validate);
  const found = validate(payload) ? [] : (validate.errors ?? []);
  return [...lacking.map(({ name }) => `no header ${name}`), ...found.map((error) => `${error.instancePath} ${error.message}`)];
}

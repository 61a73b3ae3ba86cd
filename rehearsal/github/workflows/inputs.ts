import type { Contexts, Expressions } from "../../runner/steps/expressions";
import type { Json } from "../../runner/steps/plan";
import type { InputDefinition } from "./model";

/**
 * The `inputs` context of a dispatched or called workflow, with the types that the workflow declares.
 *
 * @throws with the name of an input that is missing, unknown or of another type
 */
export function inputsOf(
  definitions: readonly InputDefinition[],
  given: Record<string, Json>,
  expressions: Expressions,
  contexts: Contexts,
): Record<string, Json> {
  const known = new Map(definitions.map((one) => [one.id.toLowerCase(), one]));
  for (const name of Object.keys(given)) if (!known.has(name.toLowerCase())) throw new Error(`Unexpected inputs provided: ${name}`);
  const lower = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    definitions.map((definition) => {
      const { id, required } = definition;
      const value = lower[id.toLowerCase()];
      if (value !== undefined && value !== null) return [id, typed(definition, value)];
      if (definition.default) return [id, typed(definition, expressions.value(definition.default, contexts))];
      if (required) throw new Error(`Required input '${id}' not provided`);
      return [id, typed(definition, null)];
    }),
  );
}

function typed({ id, type, options }: InputDefinition, value: Json): Json {
  const wrong = () => new Error(`Provided value '${String(value)}' for input '${id}' is not of the type ${type}`);
  if (type === "boolean") {
    if (value === null) return false;
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    throw wrong();
  }
  if (type === "number") {
    const number = value === null ? 0 : Number(value);
    if (Number.isNaN(number) || typeof value === "boolean") throw wrong();
    return number;
  }
  const text = value === null ? "" : String(value);
  if (value !== null && typeof value === "object") throw wrong();
  if (type === "choice" && options && text !== "" && !options.includes(text)) {
    throw new Error(`Provided value '${text}' for input '${id}' not in the list of allowed values`);
  }
  return text;
}

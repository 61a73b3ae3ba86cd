import type { ResourceContext } from "../resource-type";
import type { Properties } from "../values";

export type Problem = { property: string; reason: string };

/** AWS accepts these documents as text and refuses them when they do not parse or lack required members. */
export function jsonProblem(inputs: Properties, property: string, ...members: string[]): Problem[] {
  const value = inputs[property];
  if (value === undefined) return [];
  try {
    const document = JSON.parse(String(value));
    const missing = members.filter((member) => !(member in document));
    return missing.length === 0 ? [] : [{ property, reason: `malformed document: lacks ${missing.join(", ")}` }];
  } catch (error) {
    return [{ property, reason: `malformed document: ${(error as Error).message}` }];
  }
}

export function mustExist(context: ResourceContext, type: string, id: string, code: string, message: string): void {
  if (context.store.get(type, id)) return;
  throw new Error(`creating ${context.name}: ${code}: ${message}`);
}

export function outOfRange(inputs: Properties, property: string, min: number, max: number): Problem[] {
  const value = inputs[property];
  if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return [];
  return [{ property, reason: `expected ${property} to be in the range (${min} - ${max}), got ${value}` }];
}

export function notOneOf(inputs: Properties, property: string, allowed: readonly string[]): Problem[] {
  const value = inputs[property];
  if (value === undefined || allowed.includes(String(value))) return [];
  return [{ property, reason: `expected ${property} to be one of [${allowed.join(" ")}], got ${value}` }];
}

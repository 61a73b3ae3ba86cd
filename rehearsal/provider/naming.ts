import { createHash, randomBytes } from "node:crypto";
import type { ResourceType } from "./resource-type";
import type { Properties } from "./values";

/** Property with the names of the inputs that the provider generated. The real provider keeps this list under the same name. */
export const GENERATED = "__defaults";

const HEX_DIGITS = 7;

/** `logical-name-1a2b3c4`, truncated to the type's limit. With the engine's seed, preview and update choose the same name. */
function autoName(logicalName: string, rule: NonNullable<ResourceType["autoName"]>, seed: string): string {
  const random = seed === "" ? randomBytes(4).toString("hex") : createHash("sha256").update(seed).digest("hex");
  const suffix = `-${random.slice(0, HEX_DIGITS)}`;
  const prefix = logicalName.slice(0, rule.maxLength - suffix.length);
  const name = prefix + suffix;
  return rule.lowerCase ? name.toLowerCase() : name;
}

/** The inputs with a physical name: the program's, the one chosen earlier, or a new one. */
export function withPhysicalName(type: ResourceType, logicalName: string, news: Properties, olds: Properties, seed: string): Properties {
  const rule = type.autoName;
  if (!rule || news[rule.property] !== undefined) return news;
  const earlier = (olds[GENERATED] ?? []).includes(rule.property) ? olds[rule.property] : undefined;
  return { ...news, [rule.property]: earlier ?? autoName(logicalName, rule, seed), [GENERATED]: [rule.property] };
}

export function nameWasGenerated(type: ResourceType, inputs: Properties): boolean {
  return type.autoName !== undefined && (inputs[GENERATED] ?? []).includes(type.autoName.property);
}

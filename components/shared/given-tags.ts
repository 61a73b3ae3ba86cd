import * as pulumi from "@pulumi/pulumi";
import type { Violation } from "./input-errors";
import { type OwnTags, tagViolations } from "./tag-rules";

/** Tags, and values of tags, that are an output are checked once they resolve, by `allTagViolations`. */
export function plainTagViolations(tags: unknown, own: OwnTags): Violation[] {
  return isPlainObject(tags) ? tagViolations([{ field: "tags", tags }], own, isPlain) : [];
}

/**
 * @param given the argument `tags`, resolved.
 * @param defaults the provider's default tags, which AWS counts and compares like ours.
 */
export function allTagViolations(given: Record<string, unknown>, defaults: Record<string, unknown>, own: OwnTags): Violation[] {
  const providers = { field: "aws:defaultTags", tags: defaults };
  return tagViolations([{ field: "tags", tags: given }, ...(Object.keys(defaults).length > 0 ? [providers] : [])], own);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isPlain(value: unknown): boolean {
  return !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}

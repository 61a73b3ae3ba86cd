import * as pulumi from "@pulumi/pulumi";
import { OWNER_TAG, POOL_TAG } from "../../../contract/actions-runner-pool/names";
import { RELEASE_TAG } from "../../../contract/shared/release";
import type { Violation } from "../../shared/input-errors";
import { type OwnTags, tagViolations } from "../../shared/tag-rules";
import type { PoolSettings } from "../settings";

const OWN: OwnTags = { keys: ["Name", POOL_TAG, RELEASE_TAG, OWNER_TAG], prefix: "ci-runners:" };

/** Tags, and values of tags, that are an output are checked once they resolve; see `tags.ts` of the pool. */
export function plainTagViolations({ tags }: PoolSettings): Violation[] {
  return isPlainObject(tags) ? tagViolations([{ field: "tags", tags }], OWN, isPlain) : [];
}

/**
 * @param given the argument `tags`, resolved.
 * @param defaults the provider's default tags, which AWS counts and compares like ours.
 */
export function allTagViolations(given: Record<string, unknown>, defaults: Record<string, unknown>): Violation[] {
  const providers = { field: "aws:defaultTags", tags: defaults };
  return tagViolations([{ field: "tags", tags: given }, ...(Object.keys(defaults).length > 0 ? [providers] : [])], OWN);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isPlain(value: unknown): boolean {
  return !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}

/**
 * What AWS refuses about a resource's own tags and the provider's default tags together. The provider does not check
 * them beforehand, so a preview passes and the deployment fails half-way.
 */

import { RESOURCE_TAGS, type TagEntry, tagViolation, violationText } from "../../aws/tag-limits";

/** Tags of an S3 object. */
const OBJECT_TAGS = 10;

const OBJECT = /^aws:s3\/bucketObject/;
const IAM = /^aws:iam\//;
const S3 = /^aws:s3\//;
/** Services that accept only some characters. EC2 and Auto Scaling accept any; the models of the others name none. */
const LIMITED_CHARACTERS = /^aws:(dynamodb|iam|lambda|s3|ssm)\/|^aws:cloudwatch\/logGroup:/;

type Tags = Record<string, string>;

/**
 * AWS's error for the first tag that it refuses, undefined if it accepts them all: of the resource itself, and of each of
 * a launch template's specifications, to which the provider adds no default tags. Auto Scaling checks a group's own.
 */
export function tagRefusal(type: string, own: Tags, specifications: readonly { tags?: Tags }[] = []): string | undefined {
  for (const tags of [own, ...specifications.map((one) => one.tags ?? {})]) {
    const refusal = refusalOf(type, tags);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf(type: string, tags: Tags): string | undefined {
  const entries = Object.entries(tags);
  if (OBJECT.test(type) && entries.length > OBJECT_TAGS) return `BadRequest: Object tags cannot be greater than ${OBJECT_TAGS}`;
  // The services word this and the refusal of a text differently.
  if (entries.length > RESOURCE_TAGS) return `LimitExceeded: a resource has at most ${RESOURCE_TAGS} tags, got ${entries.length}`;
  return (IAM.test(type) ? sameKeys(entries) : undefined) ?? textRefusal(type, entries);
}

function sameKeys(entries: TagEntry[]): string | undefined {
  const keys = entries.map(([key]) => key.toLowerCase());
  if (new Set(keys).size === keys.length) return undefined;
  return "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.";
}

function textRefusal(type: string, entries: TagEntry[]): string | undefined {
  const violation = tagViolation(entries, LIMITED_CHARACTERS.test(type));
  if (violation === undefined) return undefined;
  if (S3.test(type)) return `InvalidTag: The ${violation.part === "key" ? "TagKey" : "TagValue"} you have provided is invalid`;
  return `ValidationError: ${violationText(violation)}`;
}

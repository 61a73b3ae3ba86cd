/**
 * What AWS refuses about a resource's own tags and the provider's default tags together. The provider does not check
 * them beforehand, so a preview passes and the deployment fails half-way.
 */

/** Tags of an S3 object, and of almost everything else. */
const OBJECT_TAGS = 10;
const RESOURCE_TAGS = 50;
/** Characters of a key and a value. */
const KEY_LENGTH = 128;
const VALUE_LENGTH = 256;
/** IAM's own pattern. EC2 and Auto Scaling accept any character. */
const IAM_PATTERN = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";
const IAM_TEXT = new RegExp(`^${IAM_PATTERN}*$`, "u");

const OBJECT = /^aws:s3\/bucketObject/;
const IAM = /^aws:iam\//;

/** AWS's error for the first tag that it refuses; undefined if it accepts them all. */
export function tagRefusal(type: string, tags: Record<string, string>): string | undefined {
  const entries = Object.entries(tags);
  if (OBJECT.test(type) && entries.length > OBJECT_TAGS) return `BadRequest: Object tags cannot be greater than ${OBJECT_TAGS}`;
  // The services word this and the next refusal differently.
  if (entries.length > RESOURCE_TAGS) return `LimitExceeded: a resource has at most ${RESOURCE_TAGS} tags, got ${entries.length}`;
  return IAM.test(type) ? iamRefusal(entries) : tooLong(entries);
}

function tooLong(entries: [string, string][]): string | undefined {
  const [key, value] = entries.find(([k, v]) => k.length > KEY_LENGTH || v.length > VALUE_LENGTH) ?? [];
  if (key === undefined || value === undefined) return undefined;
  const [what, text, limit] = key.length > KEY_LENGTH ? ["key", key, KEY_LENGTH] : ["value", value, VALUE_LENGTH];
  return `InvalidParameterValue: a tag's ${what} has at most ${limit} characters, got ${text.length}`;
}

function iamRefusal(entries: [string, string][]): string | undefined {
  const keys = entries.map(([key]) => key.toLowerCase());
  if (new Set(keys).size < keys.length) return "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.";
  for (const [index, [key, value]] of entries.entries()) {
    const refused =
      constraint(key, KEY_LENGTH, "+", `tags.${index + 1}.member.key`) ??
      constraint(value, VALUE_LENGTH, "*", `tags.${index + 1}.member.value`);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function constraint(text: string, limit: number, repeat: string, where: string): string | undefined {
  const must =
    text.length > limit
      ? `Member must have length less than or equal to ${limit}`
      : IAM_TEXT.test(text)
        ? undefined
        : `Member must satisfy regular expression pattern: ${IAM_PATTERN}${repeat}`;
  if (must === undefined) return undefined;
  return `ValidationError: 1 validation error detected: Value '${text}' at '${where}' failed to satisfy constraint: ${must}`;
}

import { AwsError, type Shape } from "../api";
import { RESOURCE_TAGS, tagViolation, violationText } from "../tag-limits";

export interface Tag {
  Key: string;
  Value: string;
}

export interface SecretVersion {
  id: string;
  createdAt: number;
  /** Each of which can decrypt it: that of its writing, and those that the secret got since. Absent in the list: `aws/secretsmanager`. */
  keys: (string | undefined)[];
  secretString?: string;
  secretBinary?: Uint8Array;
}

export interface Secret {
  arn: string;
  name: string;
  description?: string;
  /** The key that encrypts it; absent: `aws/secretsmanager`. */
  kmsKeyId?: string;
  tags: Map<string, string>;
  createdAt: number;
  changedAt: number;
  current?: SecretVersion;
  previous?: SecretVersion;
  /** Set by DeleteSecret without force: until `dueAt` the secret can be restored and its name stays taken. */
  deletion?: { requestedAt: number; dueAt: number };
}

/** The condition keys of a secret: its tags, under both keys that policies use. */
export function tagContext(tags: Iterable<readonly [string, string]>): Record<string, string> {
  const context: Record<string, string> = {};
  for (const [key, value] of tags) {
    context[`aws:ResourceTag/${key}`] = value;
    context[`secretsmanager:ResourceTag/${key}`] = value;
  }
  return context;
}

/** The tags after a request adds its own. @throws InvalidParameterException, LimitExceededException */
export function withTags(before: Iterable<readonly [string, string]>, params: Shape): Map<string, string> {
  const added = ((params["Tags"] as Tag[] | undefined) ?? []).map(({ Key, Value }): [string, string] => [Key, Value]);
  const violation = tagViolation(added);
  if (violation) throw invalidParameter(violationText(violation));
  const tags = new Map([...before, ...added]);
  if (tags.size <= RESOURCE_TAGS) return tags;
  throw new AwsError("LimitExceededException", `a secret has at most ${RESOURCE_TAGS} tags, got ${tags.size}`);
}

export function requestTagContext(tags: readonly { Key?: string; Value?: string }[]): Record<string, string> {
  const context: Record<string, string> = { "aws:TagKeys": tags.map(({ Key = "" }) => Key).join(",") };
  for (const { Key = "", Value = "" } of tags) context[`aws:RequestTag/${Key}`] = Value;
  return context;
}

export interface Filter {
  Key?: string;
  Values?: string[];
}

/** ListSecrets: all filters must match, each by any of its values; a leading `!` negates; values match by prefix. */
export function matchesFilters(secret: Secret, filters: readonly Filter[]): boolean {
  return filters.every(({ Key = "", Values = [] }) =>
    Values.some((value) => {
      const negated = value.startsWith("!");
      const wanted = negated ? value.slice(1) : value;
      return fieldsOf(secret, Key).some((field) => field.startsWith(wanted)) !== negated;
    }),
  );
}

function fieldsOf(secret: Secret, key: string): string[] {
  switch (key) {
    case "name":
      return [secret.name];
    case "description":
      return [secret.description ?? ""];
    case "tag-key":
      return [...secret.tags.keys()];
    case "tag-value":
      return [...secret.tags.values()];
    default:
      throw new AwsError("InvalidParameterException", `Filter ${key}: the rehearsal supports name, description, tag-key and tag-value.`);
  }
}

export function notFound(): AwsError {
  return new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
}

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

const SUFFIX = /-([A-Za-z0-9]{6})$/;
/** A word or a number, which few random characters are: 1.6 % of all suffixes. */
const WORD = /^([A-Za-z][a-z]{5}|[A-Z]{6}|[0-9]{6})$/;

/** An administrator often copies an ARN without its last seven characters. AWS may find the secret by it, IAM does not. */
export function isCompleteArn(arn: string): boolean {
  const suffix = SUFFIX.exec(arn)?.[1];
  return suffix !== undefined && !WORD.test(suffix);
}

export function nameFromArn(arn: string): string {
  const name = arn.split(":secret:")[1] ?? "";
  return isCompleteArn(arn) ? name.replace(SUFFIX, "") : name;
}

/** Whether AWS takes the end of an ARN for the random characters, and so finds no secret by it if it is part of the name. */
export function looksComplete(arn: string): boolean {
  return SUFFIX.test(arn);
}

export function stageOf(secret: Secret, version: SecretVersion): string {
  return version === secret.current ? "AWSCURRENT" : "AWSPREVIOUS";
}

export function stages(secret: Secret): Record<string, string[]> {
  const versions = [secret.current, secret.previous].filter((version) => version !== undefined);
  return Object.fromEntries(versions.map((version) => [version.id, [stageOf(secret, version)]]));
}

export function describe(secret: Secret): Shape {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: new Date(secret.createdAt),
    LastChangedDate: new Date(secret.changedAt),
    DeletedDate: secret.deletion && new Date(secret.deletion.requestedAt),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}

/** Secrets Manager calls KMS with its caller's permissions, and does not pass on KMS's reason. */
export function kmsDenied(): AwsError {
  return new AwsError("AccessDeniedException", "Access to KMS is not allowed");
}

export function nameTakenByDeletion(): AwsError {
  return new AwsError(
    "InvalidRequestException",
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
  );
}

export function markedForDeletion(): AwsError {
  return new AwsError("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");
}

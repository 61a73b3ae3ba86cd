import { partitionOf } from "../../../contract/aws/partitions";
import { arn } from "../resource-type";
import { OBJECT_TYPES } from "../types/s3";
import { type ApiCall, calls, type CallsOf, type Change, resourceTags } from "./api-call";

const s3 = ({ account }: Change, path: unknown) => arn(account, "s3", String(path), { regional: false, account: false });

/** A setting of a bucket. Most have one permission for both the setting and its removal. */
const setting = (put: string, remove = put): CallsOf =>
  calls({ arn: (change) => s3(change, change.state.bucket), create: [put], update: { "*": [put] }, remove: [remove] });

const tableArn = ({ account, state }: Change) => arn(account, "dynamodb", `table/${state.name}`);

/** The settings that DynamoDB takes only once the table exists. */
function tableSettingCalls(change: Change): ApiCall[] {
  const { kind, changed, state } = change;
  const asked = (input: string, wanted: boolean) => (kind === "create" ? wanted : changed.includes(input));
  if (kind === "delete") return [];
  const context = resourceTags(kind === "create" ? change.tags : change.tagsBefore);
  return [
    ...(asked("ttl", state.ttl?.enabled === true) ? ["dynamodb:UpdateTimeToLive"] : []),
    ...(asked("pointInTimeRecovery", state.pointInTimeRecovery?.enabled === true) ? ["dynamodb:UpdateContinuousBackups"] : []),
  ].map((action) => ({ action, resource: tableArn(change), context }));
}

/** DynamoDB makes itself a grant for a customer's key, with the permissions of its caller. */
function tableKeyCalls({ kind, changed, state, account }: Change): ApiCall[] {
  const key = state.serverSideEncryption?.kmsKeyArn;
  if (key === undefined || !(kind === "create" || changed.includes("serverSideEncryption"))) return [];
  const context = { "kms:ViaService": `dynamodb.${account.region}.${partitionOf(account.region).dnsSuffix}` };
  return [
    { action: "kms:DescribeKey", resource: String(key), context },
    { action: "kms:CreateGrant", resource: String(key), context: { ...context, "kms:GrantIsForAWSResource": "true" } },
  ];
}

/** S3 uses an object's key with its caller's permissions: the first to upload it, both for one in parts. */
function keyCalls({ kind, changed, state, account }: Change): ApiCall[] {
  const uploads = kind === "create" || changed.length > 0;
  if (!uploads || state.kmsKeyId === undefined) return [];
  const context = { "kms:ViaService": `s3.${account.region}.${partitionOf(account.region).dnsSuffix}` };
  return ["kms:GenerateDataKey", "kms:Decrypt"].map((action) => ({ action, resource: String(state.kmsKeyId), context }));
}

/**
 * The provider deletes every version of every object before it deletes a bucket with `forceDestroy`. It names the version also
 * where the bucket has none (`null`), which takes the permission for versions.
 */
function emptyingCalls(change: Change): ApiCall[] {
  const { kind, state, store } = change;
  if (kind !== "delete" || !state.forceDestroy) return [];
  const held = OBJECT_TYPES.flatMap((type) => store.list(type)).filter((stored) => stored.state.bucket === state.bucket);
  return held.map(({ state: { key } }) => ({
    action: "s3:DeleteObjectVersion",
    resource: s3(change, `${state.bucket}/${key}`),
    context: {},
  }));
}

const object = calls({
  arn: (change) => s3(change, `${change.state.bucket}/${change.state.key}`),
  create: ["s3:PutObject"],
  update: { "*": ["s3:PutObject"] },
  remove: ["s3:DeleteObject"],
  // Tags of an object are replaced as a whole.
  tagging: { tag: "s3:PutObjectTagging", untag: "s3:PutObjectTagging" },
  besides: keyCalls,
});

export const STORAGE_CALLS: Record<string, CallsOf> = {
  "aws:s3/bucket:Bucket": calls({
    arn: (change) => s3(change, change.state.bucket),
    create: ["s3:CreateBucket"],
    remove: ["s3:DeleteBucket"],
    tagging: { tag: "s3:TagResource", untag: "s3:UntagResource" },
    besides: emptyingCalls,
  }),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": setting("s3:PutBucketPublicAccessBlock"),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": setting("s3:PutEncryptionConfiguration"),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": setting("s3:PutBucketOwnershipControls"),
  "aws:s3/bucketVersioning:BucketVersioning": setting("s3:PutBucketVersioning"),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": setting("s3:PutLifecycleConfiguration"),
  "aws:s3/bucketPolicy:BucketPolicy": setting("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
  "aws:s3/bucketObjectv2:BucketObjectv2": object,
  "aws:s3/bucketObject:BucketObject": object,
  "aws:dynamodb/table:Table": calls({
    arn: tableArn,
    create: ["dynamodb:CreateTable"],
    update: { ttl: [], pointInTimeRecovery: [], "*": ["dynamodb:UpdateTable"] },
    remove: ["dynamodb:DeleteTable"],
    tagging: { tag: "dynamodb:TagResource", untag: "dynamodb:UntagResource" },
    besides: (change) => [...tableSettingCalls(change), ...tableKeyCalls(change)],
  }),
  "aws:kms/key:Key": calls({
    arn: ({ account, id }) => arn(account, "kms", `key/${id || "*"}`),
    create: ["kms:CreateKey"],
    update: {
      description: ["kms:UpdateKeyDescription"],
      enableKeyRotation: ["kms:EnableKeyRotation", "kms:DisableKeyRotation"],
      isEnabled: ["kms:EnableKey", "kms:DisableKey"],
      policy: ["kms:PutKeyPolicy"],
    },
    remove: ["kms:ScheduleKeyDeletion"],
    tagging: { tag: "kms:TagResource", untag: "kms:UntagResource" },
  }),
  "aws:kms/alias:Alias": calls({
    arn: ({ account, state }) => arn(account, "kms", String(state.name)),
    create: ["kms:CreateAlias"],
    update: { targetKeyId: ["kms:UpdateAlias"] },
    remove: ["kms:DeleteAlias"],
  }),
};

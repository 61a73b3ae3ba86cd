import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { arn, storedType, text, type ResourceContext, type ResourceType } from "../resource-type";
import type { DeployedResource, ResourceStore } from "../../aws/api";
import { same, type Properties } from "../values";
import { assetContent } from "./assets";
import { jsonProblem, mustExist } from "./checks";

const BUCKET = "aws:s3/bucket:Bucket";
const ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
const KMS = "aws:kms";
export const OBJECT_TYPES = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"];

const bucketArn = (context: ResourceContext, bucket: string) => arn(context.account, "s3", bucket, { regional: false, account: false });

const bucket: ResourceType = {
  ...storedType({
    inputs: ["bucket", "forceDestroy", "tags"],
    autoName: { property: "bucket", maxLength: 63, lowerCase: true },
    replaceOn: ["bucket"],
    validate: (inputs) => {
      const name = text(inputs.bucket);
      const fits = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);
      if (fits && !/^(xn--|sthree-|amzn-s3-demo-)/.test(name)) return [];
      const rule = fits ? "this prefix is reserved" : "use 3 to 63 lower-case letters, digits, dots and dashes";
      return [{ property: "bucket", reason: `InvalidBucketName: ${name}: ${rule}` }];
    },
    id: (inputs) => inputs.bucket,
    outputs: (id, _inputs, context) => ({
      arn: bucketArn(context, id),
      bucketDomainName: `${id}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${id}.s3.${context.account.region}.amazonaws.com`,
      bucketRegion: context.account.region,
    }),
  }),
  /** `forceDestroy` deletes all objects, also those that the program retains. */
  delete(id, state, { store }) {
    const held = OBJECT_TYPES.flatMap((type) => store.list(type)).filter((object) => object.state.bucket === id);
    if (held.length > 0 && !state.forceDestroy)
      throw new Error(`deleting S3 Bucket (${id}): BucketNotEmpty: The bucket you tried to delete is not empty`);
    for (const object of held) removeObject(object, store);
  },
};

/** Settings that are separate resources since version 7 of the provider; one of each kind per bucket. */
function bucketSetting(inputs: readonly string[], more: Partial<ResourceType> = {}): ResourceType {
  return storedType({
    inputs: ["bucket", ...inputs],
    required: ["bucket"],
    replaceOn: ["bucket"],
    id: (given, context) => {
      bucketMustExist(context, given.bucket);
      return text(given.bucket);
    },
    ...more,
  });
}

function bucketMustExist(context: ResourceContext, name: unknown): void {
  mustExist(context, BUCKET, text(name), "NoSuchBucket", `The specified bucket does not exist: ${text(name)}`);
}

function content(inputs: Properties): Buffer {
  if (inputs.source !== undefined) return assetContent(inputs.source, "source");
  if (inputs.contentBase64 !== undefined) return Buffer.from(text(inputs.contentBase64), "base64");
  return Buffer.from(text(inputs.content));
}

function removeObject(object: DeployedResource, store: ResourceStore): void {
  const { file } = object.state;
  const others = OBJECT_TYPES.flatMap((type) => store.list(type)).filter(({ state }) => state.file === file);
  if (others.length <= 1 && file) rmSync(dirname(file), { recursive: true, force: true });
  store.remove(object.type, object.id);
}

/** The state refers to the object's content by `file`, an absolute path, and its digests. */
function objectOutputs(_id: string, inputs: Properties, context: ResourceContext): Properties {
  const body = content(inputs);
  const sha256 = createHash("sha256").update(body).digest("hex");
  const file = join(context.filesDir, "objects", sha256, "body");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
  return {
    arn: `${bucketArn(context, inputs.bucket)}/${inputs.key}`,
    file,
    _lastModified: context.now(),
    contentSha256: sha256,
    contentLength: body.length,
    etag: inputs.etag ?? createHash("md5").update(body).digest("hex"),
    contentType: inputs.contentType ?? "application/octet-stream",
    storageClass: inputs.storageClass ?? "STANDARD",
    ...encryption(inputs, context),
    versionId: "",
  };
}

/** With what S3 encrypts an upload: what the upload says, or else the bucket's rule, which does not touch objects that exist. */
function encryption(inputs: Properties, { store }: ResourceContext): Properties {
  const algorithm = inputs.serverSideEncryption ?? (inputs.kmsKeyId === undefined ? undefined : KMS);
  if (inputs.kmsKeyId !== undefined && algorithm !== KMS) {
    const reason = `Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : ${KMS}`;
    throw new Error(`uploading S3 Object (${inputs.key}) to Bucket (${inputs.bucket}): InvalidArgument: ${reason}`);
  }
  const [rule] = (store.get(ENCRYPTION, text(inputs.bucket))?.state["rules"] ?? []) as Properties[];
  const ruled = rule?.applyServerSideEncryptionByDefault ?? { sseAlgorithm: "AES256" };
  const serverSideEncryption = algorithm ?? ruled.sseAlgorithm;
  const kmsKeyId = inputs.kmsKeyId ?? (serverSideEncryption === ruled.sseAlgorithm ? ruled.kmsMasterKeyId : undefined);
  return { serverSideEncryption, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) };
}

/** The provider suppresses its default tags only for an empty map. */
function overrideProblems({ overrideProvider }: Properties) {
  const tags = overrideProvider?.defaultTags?.tags;
  if (overrideProvider === undefined || (tags !== undefined && Object.keys(tags).length === 0)) return [];
  return [{ property: "overrideProvider", reason: "defaultTags.tags must be an empty map, which suppresses the default tags" }];
}

const bucketObject: ResourceType = {
  // An object that the program retained earlier is overwritten.
  upserts: true,
  ...storedType({
    inputs: [
      "bucket",
      "cacheControl",
      "content",
      "contentBase64",
      "contentType",
      "etag",
      "forceDestroy",
      "key",
      "kmsKeyId",
      "metadata",
      "overrideProvider",
      "serverSideEncryption",
      "source",
      "sourceHash",
      "storageClass",
      "tags",
    ],
    required: ["bucket"],
    autoName: { property: "key", maxLength: 1024 },
    replaceOn: ["bucket", "key"],
    computed: ["kmsKeyId", "serverSideEncryption"],
    overridesDefaultTags: ({ overrideProvider }) => same(overrideProvider, { defaultTags: { tags: {} } }),
    volatile: ["contentSha256", "contentLength", "etag", "versionId", "file"],
    validate: (inputs) => {
      const given = ["source", "content", "contentBase64"].filter((name) => name in inputs);
      return [
        ...(given.length <= 1 ? [] : [{ property: given[1]!, reason: `"${given[1]}": conflicts with ${given[0]}` }]),
        ...overrideProblems(inputs),
      ];
    },
    id: (inputs, context) => {
      bucketMustExist(context, inputs.bucket);
      return `${inputs.bucket}/${inputs.key}`;
    },
    outputs: objectOutputs,
  }),
  delete: (_id, state, { store }) => {
    const others = OBJECT_TYPES.flatMap((type) => store.list(type)).filter((object) => object.state.file === state.file);
    if (others.length <= 1 && state.file) rmSync(dirname(state.file), { recursive: true, force: true });
  },
};

export const S3_TYPES: Record<string, ResourceType> = {
  [BUCKET]: bucket,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketSetting([
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
    "skipDestroy",
  ]),
  [ENCRYPTION]: bucketSetting(["rules"], {
    required: ["bucket", "rules"],
  }),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": bucketSetting(["rule"], { required: ["bucket", "rule"] }),
  "aws:s3/bucketVersioning:BucketVersioning": bucketSetting(["versioningConfiguration"], {
    required: ["bucket", "versioningConfiguration"],
  }),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucketSetting(["rules"]),
  "aws:s3/bucketPolicy:BucketPolicy": bucketSetting(["policy"], {
    required: ["bucket", "policy"],
    validate: (inputs) => jsonProblem(inputs, "policy", "Statement"),
  }),
  "aws:s3/bucketObjectv2:BucketObjectv2": bucketObject,
  // The older type cannot leave the default tags out.
  "aws:s3/bucketObject:BucketObject": { ...bucketObject, inputs: bucketObject.inputs.filter((name) => name !== "overrideProvider") },
};

import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { arn, storedType, text, type ResourceContext, type ResourceType } from "../resource-type";
import type { Properties } from "../values";
import { assetContent } from "./assets";
import { jsonProblem, mustExist } from "./checks";

const BUCKET = "aws:s3/bucket:Bucket";
const OBJECT_TYPES = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"];

const bucketArn = (context: ResourceContext, bucket: string) => arn(context.account, "s3", bucket, { regional: false, account: false });

const bucket: ResourceType = {
  ...storedType({
    inputs: ["bucket", "forceDestroy", "tags"],
    autoName: { property: "bucket", maxLength: 63, lowerCase: true },
    replaceOn: ["bucket"],
    validate: (inputs) =>
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text(inputs.bucket))
        ? []
        : [{ property: "bucket", reason: `InvalidBucketName: ${inputs.bucket}: use 3 to 63 lower-case letters, digits, dots and dashes` }],
    id: (inputs) => inputs.bucket,
    outputs: (id, _inputs, context) => ({
      arn: bucketArn(context, id),
      bucketDomainName: `${id}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${id}.s3.${context.account.region}.amazonaws.com`,
      bucketRegion: context.account.region,
    }),
  }),
  delete(id, state, { store }) {
    const holds = OBJECT_TYPES.flatMap((type) => store.list(type)).some((object) => object.state.bucket === id);
    if (holds && !state.forceDestroy)
      throw new Error(`deleting S3 Bucket (${id}): BucketNotEmpty: The bucket you tried to delete is not empty`);
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
    contentSha256: sha256,
    contentLength: body.length,
    etag: inputs.etag ?? createHash("md5").update(body).digest("hex"),
    contentType: inputs.contentType ?? "application/octet-stream",
    storageClass: inputs.storageClass ?? "STANDARD",
    serverSideEncryption: inputs.serverSideEncryption ?? (inputs.kmsKeyId === undefined ? "AES256" : "aws:kms"),
    versionId: "",
  };
}

const bucketObject: ResourceType = {
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
      "serverSideEncryption",
      "source",
      "sourceHash",
      "storageClass",
      "tags",
    ],
    required: ["bucket"],
    autoName: { property: "key", maxLength: 1024 },
    replaceOn: ["bucket", "key"],
    volatile: ["contentSha256", "contentLength", "etag", "versionId", "file"],
    validate: (inputs) => {
      const given = ["source", "content", "contentBase64"].filter((name) => name in inputs);
      return given.length <= 1 ? [] : [{ property: given[1]!, reason: `"${given[1]}": conflicts with ${given[0]}` }];
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
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": bucketSetting(["rules"], {
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
  "aws:s3/bucketObject:BucketObject": bucketObject,
};

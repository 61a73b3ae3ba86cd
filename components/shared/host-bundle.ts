import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BUNDLE_PREFIX, bundleKey } from "../../contract/shared/host-bundle";
import { type Statement, allow } from "./policy";
import { KMS, createStoredObject } from "./stored-object";

export interface HostBundle {
  bucket: aws.s3.Bucket;
  object: aws.s3.BucketObjectv2;
  /** In hex; part of the object's key. */
  sha256: string;
  /** What must exist before anything is stored in the bucket. */
  safeguards: pulumi.Resource[];
}

export interface HostBundleParts {
  /** The build product. */
  built: { file: string; sha256: string };
  /** The customer's key that encrypts it; without one, S3's own. */
  kmsKeyArn?: pulumi.Input<string>;
  tags: pulumi.Input<Record<string, string>>;
}

/**
 * A private, encrypted bucket that holds the host bundles of the last launch template versions. An update retains the
 * bundle that it replaces, because Auto Scaling or an operator may roll back to an earlier version, whose first boots read
 * it; each component's functions delete old ones, by functions/shared/aws/unneeded-bundles.ts. The deletion of the bucket deletes them all.
 */
export function createHostBundle(name: string, parts: HostBundleParts, opts: pulumi.CustomResourceOptions): HostBundle {
  const { built, kmsKeyArn, tags } = parts;
  const bucket = new aws.s3.Bucket(`${name}-host-bundle`, { forceDestroy: true, tags }, opts);
  const publicAccessBlock = new aws.s3.BucketPublicAccessBlock(
    `${name}-host-bundle`,
    { bucket: bucket.bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    opts,
  );
  const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
    `${name}-host-bundle`,
    { bucket: bucket.bucket, rules: [encryptionRule(kmsKeyArn)] },
    opts,
  );
  const safeguards = [publicAccessBlock, encryption];
  const stored = { bucket: bucket.bucket, key: bundleKey(built.sha256), contentType: "application/x-tar" };
  const object = createStoredObject(
    `${name}-host-bundle`,
    { ...stored, source: new pulumi.asset.FileAsset(built.file), kmsKeyArn },
    { ...opts, dependsOn: safeguards },
  );
  return { bucket, object, sha256: built.sha256, safeguards };
}

/** With a bucket key, S3 asks KMS once for many objects. */
function encryptionRule(kmsKeyArn: pulumi.Input<string> | undefined): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  if (kmsKeyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return { applyServerSideEncryptionByDefault: { sseAlgorithm: KMS, kmsMasterKeyId: kmsKeyArn }, bucketKeyEnabled: true };
}

/** What a function needs to delete those that no host installs any more. */
export function removeFormerObjects(bucketArn: string): Statement[] {
  return [
    allow("FindHostBundles", ["s3:ListBucket"], [bucketArn], { StringEquals: { "s3:prefix": BUNDLE_PREFIX } }),
    allow("RemoveOldHostBundles", ["s3:DeleteObject"], [`${bucketArn}/${BUNDLE_PREFIX}*`]),
  ];
}

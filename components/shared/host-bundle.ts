import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Key prefix of the host bundles; the instances' role may read nothing else. */
export const BUNDLE_PREFIX = "host-bundles/";

/** Contains the bundle's digest, so an instance that pins a digest never reads another version's bytes. */
export function bundleKey(sha256: string): string {
  return `${BUNDLE_PREFIX}${sha256}.tar`;
}

export interface HostBundle {
  bucket: aws.s3.Bucket;
  object: aws.s3.BucketObjectv2;
  /** In hex; part of the object's key. */
  sha256: string;
}

export interface HostBundleParts {
  /** The build product. */
  built: { file: string; sha256: string };
  /** The customer's key that encrypts it; without one, S3's own. */
  kmsKeyArn?: pulumi.Input<string>;
  tags: pulumi.Input<Record<string, string>>;
}

/**
 * A private, encrypted bucket that holds one host bundle. An update deletes the bundle that it replaces: only a first
 * boot reads it, and by then the new launch template is in effect.
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
  const object = new aws.s3.BucketObjectv2(
    `${name}-host-bundle`,
    {
      bucket: bucket.bucket,
      key: bundleKey(built.sha256),
      source: new pulumi.asset.FileAsset(built.file),
      contentType: "application/x-tar",
      // The bucket's rule alone would leave an existing object under the key that it has.
      kmsKeyId: kmsKeyArn,
      tags,
    },
    { ...opts, dependsOn: [publicAccessBlock, encryption] },
  );
  return { bucket, object, sha256: built.sha256 };
}

/** With a bucket key, S3 asks KMS once for many objects. */
function encryptionRule(kmsKeyArn: pulumi.Input<string> | undefined): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  if (kmsKeyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn }, bucketKeyEnabled: true };
}

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Host bundles lie under this prefix; the instances' role may read nothing else. */
export const BUNDLE_PREFIX = "host-bundles/";

/** Under its own digest: an instance that pinned a digest never reads another version's bytes. */
export function bundleKey(sha256: string): string {
  return `${BUNDLE_PREFIX}${sha256}.tar`;
}

export interface HostBundle {
  bucket: aws.s3.Bucket;
  object: aws.s3.BucketObjectv2;
  /** In hex; also in the object's key. */
  sha256: string;
}

export interface HostBundleParts {
  /** As the build left it. */
  built: { file: string; sha256: string };
  tags: pulumi.Input<Record<string, string>>;
}

/**
 * A private, encrypted bucket with one host bundle in it. An older bundle goes with the update that replaces it:
 * only a first boot reads it, and the new launch template is in force by then.
 */
export function createHostBundle(name: string, parts: HostBundleParts, opts: pulumi.CustomResourceOptions): HostBundle {
  const { built, tags } = parts;
  const bucket = new aws.s3.Bucket(`${name}-host-bundle`, { forceDestroy: true, tags }, opts);
  const closed = new aws.s3.BucketPublicAccessBlock(
    `${name}-host-bundle`,
    { bucket: bucket.bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    opts,
  );
  const encrypted = new aws.s3.BucketServerSideEncryptionConfiguration(
    `${name}-host-bundle`,
    { bucket: bucket.bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    opts,
  );
  const object = new aws.s3.BucketObjectv2(
    `${name}-host-bundle`,
    {
      bucket: bucket.bucket,
      key: bundleKey(built.sha256),
      source: new pulumi.asset.FileAsset(built.file),
      contentType: "application/x-tar",
      tags,
    },
    { ...opts, dependsOn: [closed, encrypted] },
  );
  return { bucket, object, sha256: built.sha256 };
}

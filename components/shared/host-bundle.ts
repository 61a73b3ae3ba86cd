import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bundleKey } from "../../contract/shared/host-bundle";

/**
 * The one resource without tags, neither ours nor the provider's default tags: an S3 object takes 10, so eight tags of the
 * user's would fail the deployment half-way. The bucket has the tags. At each later deployment the provider plans the
 * default tags all the same (hashicorp/terraform-provider-aws#45381), so the object also ignores changes of `tagsAll`.
 */
const WITHOUT_TAGS = { overrideProvider: { defaultTags: { tags: {} } } };

const KMS = "aws:kms";
/**
 * The provider keeps the state's value of each for which the program gives none. Without a key, an update would leave the
 * object under the one before, which the instances may no longer use; S3 refuses a key with the state's algorithm `AES256`. A
 * replacement uploads anew under the same name, with nothing from the state.
 */
const ENCRYPTION = ["kmsKeyId", "serverSideEncryption"];

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
 * A private, encrypted bucket that holds the host bundles of the last launch template versions. An update retains the
 * bundle that it replaces, because Auto Scaling or an operator may roll back to an earlier version, whose first boots read
 * it; a component deletes old ones by a rule of its own. The deletion of the bucket deletes them all.
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
      ...WITHOUT_TAGS,
      // The bucket's rule alone would leave an existing object under the key that it has.
      kmsKeyId: kmsKeyArn,
      serverSideEncryption: kmsKeyArn === undefined ? "AES256" : KMS,
    },
    {
      ...opts,
      dependsOn: [publicAccessBlock, encryption],
      retainOnDelete: true,
      ignoreChanges: ["tagsAll"],
      replaceOnChanges: ENCRYPTION,
    },
  );
  return { bucket, object, sha256: built.sha256 };
}

/** With a bucket key, S3 asks KMS once for many objects. */
function encryptionRule(kmsKeyArn: pulumi.Input<string> | undefined): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  if (kmsKeyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return { applyServerSideEncryptionByDefault: { sseAlgorithm: KMS, kmsMasterKeyId: kmsKeyArn }, bucketKeyEnabled: true };
}

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Days for which earlier versions of a state are kept: long enough to notice a damaged one after a holiday. */
const VERSIONS_DAYS = 90;

/** The bucket of the stacks' states: private, encrypted, with versions, and protected from `pulumi destroy`. */
export function stateBucket(name: string): aws.s3.Bucket {
  const bucket = new aws.s3.Bucket(name, {}, { protect: true });
  const own = { bucket: bucket.bucket };
  new aws.s3.BucketPublicAccessBlock(name, {
    ...own,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  new aws.s3.BucketOwnershipControls(name, { ...own, rule: { objectOwnership: "BucketOwnerEnforced" } });
  new aws.s3.BucketServerSideEncryptionConfiguration(name, {
    ...own,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  const versions = new aws.s3.BucketVersioning(name, { ...own, versioningConfiguration: { status: "Enabled" } });
  const expiry = { id: "earlier-versions", status: "Enabled", noncurrentVersionExpiration: { noncurrentDays: VERSIONS_DAYS } };
  new aws.s3.BucketLifecycleConfiguration(name, { ...own, rules: [expiry] }, { dependsOn: versions });
  const policy = pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "OnlyEncryptedTransport",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
  new aws.s3.BucketPolicy(name, { ...own, policy });
  return bucket;
}

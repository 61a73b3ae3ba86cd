import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/**
 * The one kind of resource without tags, neither ours nor the provider's default tags: an S3 object takes 10, so eight tags of
 * the user's would fail the deployment half-way. The bucket has the tags. At each later deployment the provider plans the
 * default tags all the same (hashicorp/terraform-provider-aws#45381), so the object also ignores changes of `tagsAll`.
 */
const WITHOUT_TAGS = { overrideProvider: { defaultTags: { tags: {} } } };

export const KMS = "aws:kms";
/**
 * The provider keeps the state's value of each for which the program gives none. Without a key, an update would leave the
 * object under the one before, which the instances may no longer use; S3 refuses a key with the state's algorithm `AES256`. A
 * replacement uploads anew under the same name, with nothing from the state.
 */
const ENCRYPTION = ["kmsKeyId", "serverSideEncryption"];

export interface StoredObjectParts {
  bucket: pulumi.Input<string>;
  /** Contains the digest of the content. */
  key: pulumi.Input<string>;
  /** One of `source` and `content`. */
  source?: pulumi.asset.Asset;
  content?: pulumi.Input<string>;
  contentType: string;
  /** The customer's key that encrypts it; without one, S3's own. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** What instances fetch by its digest. An update retains the object that it replaces: earlier launch templates name it. */
export function createStoredObject(
  name: string,
  { kmsKeyArn, ...parts }: StoredObjectParts,
  opts: pulumi.CustomResourceOptions,
): aws.s3.BucketObjectv2 {
  return new aws.s3.BucketObjectv2(
    name,
    {
      ...parts,
      ...WITHOUT_TAGS,
      // The bucket's rule alone would leave an existing object under the key that it has.
      kmsKeyId: kmsKeyArn,
      serverSideEncryption: kmsKeyArn === undefined ? "AES256" : KMS,
    },
    { ...opts, retainOnDelete: true, ignoreChanges: ["tagsAll"], replaceOnChanges: ENCRYPTION },
  );
}

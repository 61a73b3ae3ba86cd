import { readFile } from "node:fs/promises";
import { type Authorisation, AwsError, type DeployedResource, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { Iam } from "../iam/iam";
import type { KmsKeys } from "../kms/keys";

const OBJECT_TYPES = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"];

const ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";

/** The objects that the program put into its buckets; their bytes are in files that the provider wrote. */
export class S3 implements Service {
  readonly prefix = "s3";

  constructor(
    private readonly store: ResourceStore,
    private readonly iam: Iam,
    private readonly keys: KmsKeys,
  ) {}

  authorisation(_operation: string, params: Shape): Authorisation[] {
    return [{ resource: arnOf(params), context: {} }];
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    if (operation !== "GetObject") throw new AwsError("NotImplemented", `The rehearsal's S3 has no ${operation}.`, 501);
    const { Bucket: bucket, Key: key } = params as { Bucket: string; Key: string };
    if (!this.store.get("aws:s3/bucket:Bucket", bucket)) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
    this.checkBucketPolicy(bucket, params);
    const object = this.find(bucket, key);
    if (!object) throw this.absent(bucket, principal);
    const kmsKey = (object.state["kmsKeyId"] ?? this.bucketKey(bucket)) as string | undefined;
    const refusal = kmsKey && this.keys.refusal(principal, { key: kmsKey, actions: ["kms:Decrypt"] }, "s3");
    if (refusal !== undefined) throw new AwsError("AccessDenied", refusal, 403);
    return {
      Body: await readFile(object.state["file"] as string),
      ContentType: object.state["contentType"],
      ETag: `"${object.state["etag"]}"`,
      LastModified: new Date(object.state["lastModified"] ?? 0),
    };
  }

  /** The key of the bucket's default encryption. */
  private bucketKey(bucket: string): string | undefined {
    const rules = this.store.get(ENCRYPTION, bucket)?.state["rules"] as {
      applyServerSideEncryptionByDefault?: { kmsMasterKeyId?: string };
    }[];
    return rules?.find(({ applyServerSideEncryptionByDefault: rule }) => rule?.kmsMasterKeyId)?.applyServerSideEncryptionByDefault
      ?.kmsMasterKeyId;
  }

  private find(bucket: string, key: string): DeployedResource | undefined {
    return OBJECT_TYPES.flatMap((type) => this.store.list(type)).find(({ state }) => state["bucket"] === bucket && state["key"] === key);
  }

  /** This project's bucket policies only deny (insecure transport), so only their denials are evaluated. */
  private checkBucketPolicy(bucket: string, params: Shape): void {
    const policy = this.store.get("aws:s3/bucketPolicy:BucketPolicy", bucket)?.state["policy"];
    if (policy === undefined) return;
    const request = { action: "s3:GetObject", resource: arnOf(params), context: { "aws:SecureTransport": "true" } };
    if (this.iam.resourcePolicyDenies(policy, `policy of bucket ${bucket}`, request)) {
      throw new AwsError("AccessDenied", "Access Denied", 403);
    }
  }

  /** Without s3:ListBucket, S3 does not reveal that an object is missing. */
  private absent(bucket: string, principal: Principal): AwsError {
    const needed = { resource: `arn:aws:s3:::${bucket}`, context: {} };
    return this.iam.authorise(principal, "s3:ListBucket", needed).allowed
      ? new AwsError("NoSuchKey", "The specified key does not exist.", 404)
      : new AwsError("AccessDenied", "Access Denied", 403);
  }
}

function arnOf(params: Shape): string {
  return `arn:aws:s3:::${String(params["Bucket"])}/${String(params["Key"])}`;
}

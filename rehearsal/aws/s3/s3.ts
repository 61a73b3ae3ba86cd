import { readFile } from "node:fs/promises";
import { type Authorisation, AwsError, type DeployedResource, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { Iam } from "../iam/iam";
import type { KmsKeys } from "../kms/keys";

const OBJECT_TYPES = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"];

/** Keys in one page of a listing, unless the caller asks for fewer. */
const PAGE = 1000;

/** The objects that the program put into its buckets; their bytes are in files that the provider wrote. */
export class S3 implements Service {
  readonly prefix = "s3";

  constructor(
    private readonly store: ResourceStore,
    private readonly iam: Iam,
    private readonly keys: KmsKeys,
  ) {}

  /** A listing is authorised by its own action, on the bucket. */
  authorisation(operation: string, params: Shape): Authorisation[] {
    if (operation !== "ListObjectsV2") return [{ resource: arnOf(params), context: {} }];
    const context = { "s3:prefix": String(params["Prefix"] ?? "") };
    return [{ action: "s3:ListBucket", resource: bucketArn(params), context }];
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    const bucket = String(params["Bucket"]);
    if (!this.store.get("aws:s3/bucket:Bucket", bucket)) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
    switch (operation) {
      case "GetObject":
        return this.getObject(bucket, params, principal);
      case "ListObjectsV2":
        return this.listObjects(bucket, params);
      case "DeleteObject":
        return this.deleteObject(bucket, params);
      default:
        throw new AwsError("NotImplemented", `The rehearsal's S3 has no ${operation}.`, 501);
    }
  }

  private async getObject(bucket: string, params: Shape, principal: Principal): Promise<Shape> {
    this.checkBucketPolicy(bucket, params);
    const object = this.find(bucket, String(params["Key"]));
    if (!object) throw this.absent(bucket, principal);
    const kmsKey = object.state["kmsKeyId"] as string | undefined;
    const refusal = kmsKey && this.keys.refusal(principal, { key: kmsKey, actions: ["kms:Decrypt"] }, "s3");
    if (refusal !== undefined) throw new AwsError("AccessDenied", refusal, 403);
    return {
      Body: await readFile(object.state["file"] as string),
      ContentType: object.state["contentType"],
      ETag: `"${object.state["etag"]}"`,
      LastModified: lastModified(object),
    };
  }

  /** In the order of the keys' bytes. The token is the last key of the page before. */
  private listObjects(bucket: string, params: Shape): Shape {
    const prefix = String(params["Prefix"] ?? "");
    const after = String(params["ContinuationToken"] ?? params["StartAfter"] ?? "");
    const size = Math.min(Number(params["MaxKeys"] ?? PAGE), PAGE);
    const found = this.objects()
      .filter(({ state }) => state["bucket"] === bucket && state["key"].startsWith(prefix) && state["key"] > after)
      .sort((one, other) => (one.state["key"] < other.state["key"] ? -1 : 1));
    const page = found.slice(0, size);
    const more = found.length > page.length;
    return {
      Name: bucket,
      Prefix: prefix,
      KeyCount: page.length,
      MaxKeys: size,
      IsTruncated: more,
      Contents: page.map((object) => ({
        Key: object.state["key"],
        LastModified: lastModified(object),
        ETag: `"${object.state["etag"]}"`,
        Size: object.state["contentLength"] ?? 0,
        StorageClass: object.state["storageClass"] ?? "STANDARD",
      })),
      ...(more ? { NextContinuationToken: page.at(-1)?.state["key"] } : {}),
    };
  }

  /** Also confirms the deletion of an object that does not exist. Its bytes stay in the rehearsal's folder. */
  private deleteObject(bucket: string, params: Shape): Shape {
    const object = this.find(bucket, String(params["Key"]));
    if (object) this.store.remove(object.type, object.id);
    return {};
  }

  private objects(): DeployedResource[] {
    return OBJECT_TYPES.flatMap((type) => this.store.list(type));
  }

  private find(bucket: string, key: string): DeployedResource | undefined {
    return this.objects().find(({ state }) => state["bucket"] === bucket && state["key"] === key);
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

function bucketArn(params: Shape): string {
  return `arn:aws:s3:::${String(params["Bucket"])}`;
}

function arnOf(params: Shape): string {
  return `${bucketArn(params)}/${String(params["Key"])}`;
}

function lastModified({ state }: DeployedResource): Date {
  return new Date(state["_lastModified"] ?? 0);
}

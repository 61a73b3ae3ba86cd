import { AwsError, type AwsApi, type Principal, type Shape } from "../api";
import type { WireReply } from "./exchange";
import type { SignedRequest } from "./sigv4";
import { escapeXml } from "./xml";

/** Objects by GET, HEAD and DELETE, and listings of a bucket, in S3's REST protocol; `hostBucket` is that of a virtual-hosted name. */
export async function serveS3(
  api: AwsApi,
  principal: Principal,
  request: SignedRequest,
  hostBucket: string | undefined,
  requestId: string,
): Promise<WireReply> {
  const { bucket, key } = address(request.path, hostBucket);
  const { method } = request;
  const query = new URLSearchParams(request.query);
  if (method === "GET" && bucket && !key && query.get("list-type") === "2") return list(api, principal, bucket, query, requestId);
  if (!bucket || !key) throw new AwsError("NotImplemented", "The rehearsal serves objects and listings by ListObjectsV2.", 501);
  if (method === "DELETE") {
    await api.call(principal, "s3:DeleteObject", { Bucket: bucket, Key: key });
    return { status: 204, headers: { "x-amz-request-id": requestId } };
  }
  if (method !== "GET" && method !== "HEAD") {
    throw new AwsError("MethodNotAllowed", `The rehearsal serves GET, HEAD and DELETE of objects, not ${method}.`, 405);
  }
  const result = await api.call(principal, "s3:GetObject", { Bucket: bucket, Key: key });
  const body = result["Body"] as Buffer;
  return {
    status: 200,
    headers: {
      "content-type": String(result["ContentType"]),
      "content-length": String(body.length),
      etag: String(result["ETag"]),
      "last-modified": (result["LastModified"] as Date).toUTCString(),
      "accept-ranges": "bytes",
      "x-amz-request-id": requestId,
    },
    body,
  };
}

const LISTING: Record<string, string> = {
  "max-keys": "MaxKeys",
  prefix: "Prefix",
  "continuation-token": "ContinuationToken",
  "start-after": "StartAfter",
};

async function list(api: AwsApi, principal: Principal, Bucket: string, query: URLSearchParams, requestId: string): Promise<WireReply> {
  const params: Shape = { Bucket };
  for (const [name, value] of query) {
    // `x-id` is the SDK's note of the operation.
    if (name === "list-type" || name === "x-id") continue;
    const known = LISTING[name];
    if (!known) throw new AwsError("NotImplemented", `The rehearsal's ListObjectsV2 has no parameter ${name}.`, 501);
    params[known] = value;
  }
  const { Contents, ...rest } = await api.call(principal, "s3:ListObjectsV2", params);
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements(rest)}` +
    `${(Contents as Shape[]).map((object) => `<Contents>${elements(object)}</Contents>`).join("")}</ListBucketResult>`;
  return { status: 200, headers: { "content-type": "application/xml", "x-amz-request-id": requestId }, body };
}

function elements(shape: Shape): string {
  const text = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value));
  return Object.entries(shape)
    .map(([name, value]) => `<${name}>${escapeXml(text(value))}</${name}>`)
    .join("");
}

function address(path: string, hostBucket: string | undefined): { bucket: string; key: string } {
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const bucket = hostBucket ?? parts.shift() ?? "";
  return { bucket, key: parts.join("/") };
}

export function s3ErrorReply(error: AwsError, request: SignedRequest, requestId: string): WireReply {
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(error.code)}</Code>` +
    `<Message>${escapeXml(error.message)}</Message><Resource>${escapeXml(request.path)}</Resource><RequestId>${requestId}</RequestId></Error>`;
  return { status: error.httpStatus, headers: { "content-type": "application/xml", "x-amz-request-id": requestId }, body };
}

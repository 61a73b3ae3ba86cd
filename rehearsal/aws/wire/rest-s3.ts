import { AwsError, type AwsApi, type Principal } from "../api";
import type { WireReply } from "./exchange";
import type { SignedRequest } from "./sigv4";
import { escapeXml } from "./xml";

/** GET and HEAD of an object in S3's REST protocol; `hostBucket` is the bucket of a virtual-hosted name, if any. */
export async function serveS3(
  api: AwsApi,
  principal: Principal,
  request: SignedRequest,
  hostBucket: string | undefined,
  requestId: string,
): Promise<WireReply> {
  const { bucket, key } = address(request.path, hostBucket);
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") {
    throw new AwsError("MethodNotAllowed", `The rehearsal serves GET and HEAD of objects, not ${method}.`, 405);
  }
  if (!bucket || !key) throw new AwsError("NotImplemented", "The rehearsal serves objects, not listings of buckets.", 501);
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

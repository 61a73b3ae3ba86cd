import { type AwsApi, AwsError, type Principal } from "../api";
import type { WireReply } from "./exchange";
import type { SignedRequest } from "./sigv4";

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Lambda's REST protocol, of which only the invocation of a function is served. */
export async function serveLambda(api: AwsApi, principal: Principal, request: SignedRequest, requestId: string): Promise<WireReply> {
  const match = INVOCATIONS.exec(request.path);
  if (!match || request.method !== "POST") {
    throw new AwsError("UnknownOperationException", `The rehearsal's Lambda serves no ${request.method} ${request.path}`, 404);
  }
  const result = await api.call(principal, "lambda:InvokeFunction", {
    FunctionName: decodeURIComponent(match[1]!),
    InvocationType: request.headers["x-amz-invocation-type"],
    Payload: request.body,
  });
  return {
    status: Number(result["StatusCode"]),
    headers: {
      "content-type": "application/json",
      "x-amzn-requestid": requestId,
      ...(result["ExecutedVersion"] === undefined ? {} : { "x-amz-executed-version": String(result["ExecutedVersion"]) }),
      ...(result["FunctionError"] === undefined ? {} : { "x-amz-function-error": String(result["FunctionError"]) }),
    },
    body: (result["Payload"] as Uint8Array | undefined) ?? "",
  };
}

export function lambdaErrorReply({ code, message, httpStatus }: AwsError, requestId: string): WireReply {
  return {
    status: httpStatus,
    headers: { "content-type": "application/json", "x-amzn-errortype": code, "x-amzn-requestid": requestId },
    body: JSON.stringify({ Type: httpStatus >= 500 ? "Service" : "User", Message: message }),
  };
}

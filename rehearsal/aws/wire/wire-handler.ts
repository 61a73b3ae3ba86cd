import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../clock";
import { AwsError, type AwsApi, type Principal } from "../api";
import type { Credentials } from "../credentials";
import type { HttpHandler } from "../front/front-handler";
import { authenticate } from "./authenticate";
import { endpointOf } from "./endpoint";
import { readRequest, type WireReply, sendReply } from "./exchange";
import { lambdaErrorReply, serveLambda } from "./rest-lambda";
import { s3ErrorReply, serveS3 } from "./rest-s3";
import { errorReply, parseRpc, type RpcCall } from "./rpc";
import { serviceNamed, type ServiceName, SERVICES } from "./services";
import { parseAuthorization, type SignedRequest } from "./sigv4";

export interface WireOptions {
  api: AwsApi;
  credentials: Credentials;
  clock: Clock;
  region: string;
  /** Called for a defect of the stand-in itself; the client receives InternalFailure. */
  onDefect?: (error: unknown, request: string) => void;
}

/**
 * AWS's wire protocols over `AwsApi.call`. The service is determined by the host name or, for a client configured with a
 * plain address (AWS_ENDPOINT_URL), by the scope of the signature.
 */
export function createWireHandler(options: WireOptions): HttpHandler {
  return (req, res) => {
    serve(options, req)
      .then(({ reply, method }) => sendReply(res, reply, method))
      .catch((error: unknown) => {
        options.onDefect?.(error, `${req.method} ${req.headers.host}${req.url}`);
        if (!res.headersSent) sendReply(res, { status: 500, body: "InternalFailure" });
        else res.destroy();
      });
  };
}

async function serve(options: WireOptions, req: IncomingMessage): Promise<{ reply: WireReply; method: string }> {
  const request = await readRequest(req);
  const requestId = randomUUID();
  const host = request.headers["host"] ?? "";
  const endpoint = endpointOf(host);
  const byScope = serviceNamed(parseAuthorization(request.headers["authorization"])?.service ?? "")?.name;
  const bySigner = byScope ?? (isUnsigned(request) ? "sts" : undefined);
  const service = endpoint?.service ?? (host.includes(".amazonaws.com") ? undefined : bySigner);
  if (!service) {
    return {
      method: request.method,
      reply: { status: 404, body: `The rehearsal serves no AWS service at ${host}; it serves ${Object.keys(SERVICES).join(", ")}.\n` },
    };
  }
  try {
    return { method: request.method, reply: await answer(options, service, endpoint?.bucket, request, requestId) };
  } catch (error) {
    const known = error instanceof AwsError ? error : undefined;
    if (!known) options.onDefect?.(error, `${request.method} ${host}${request.path} ${request.headers["x-amz-target"] ?? ""}`);
    const reported = known ?? new AwsError("InternalFailure", `The rehearsal failed: ${(error as Error).message}`, 500);
    return { method: request.method, reply: replyWith(reported, service, request, requestId) };
  }
}

function replyWith(error: AwsError, service: ServiceName, request: SignedRequest, requestId: string): WireReply {
  if (service === "s3") return s3ErrorReply(error, request, requestId);
  return service === "lambda" ? lambdaErrorReply(error, requestId) : errorReply(service, request, error, requestId);
}

async function answer(
  options: WireOptions,
  service: ServiceName,
  bucket: string | undefined,
  request: SignedRequest,
  requestId: string,
): Promise<WireReply> {
  const { api, credentials, clock, region } = options;
  if (service === "sts" && isUnsigned(request)) {
    const call = parseRpc(service, request);
    if (call.operation === UNSIGNED) return answerRpc(api, { kind: "anonymous" }, service, call, requestId);
  }
  const { principal } = authenticate(request, { credentials, region, service, now: clock.now(), skipped: clock.skipped });
  if (service === "s3") return serveS3(api, principal, request, bucket, requestId);
  if (service === "lambda") return serveLambda(api, principal, request, requestId);
  return answerRpc(api, principal, service, parseRpc(service, request), requestId);
}

async function answerRpc(api: AwsApi, principal: Principal, service: ServiceName, call: RpcCall, requestId: string): Promise<WireReply> {
  const result = await api.call(principal, `${SERVICES[service].iam}:${call.operation}`, call.params);
  return call.reply(result, requestId);
}

/** The only call that AWS accepts without a signature: the token in it is the caller's credential. */
const UNSIGNED = "AssumeRoleWithWebIdentity";

function isUnsigned({ headers, body }: SignedRequest): boolean {
  return headers["authorization"] === undefined && body.includes(`Action=${UNSIGNED}`);
}

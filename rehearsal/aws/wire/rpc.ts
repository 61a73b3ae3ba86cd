import { cbor, tag } from "@smithy/core/cbor";
import { AwsError, type Shape } from "../api";
import { decodedBody, type WireReply } from "./exchange";
import { type Codec, JSON_CODEC, readDocument, writeDocument } from "./json";
import { operationModel, type OperationModel } from "./models";
import { parseQuery } from "./query";
import { type ServiceName, serviceNamed } from "./services";
import type { SignedRequest } from "./sigv4";
import { renderXml, renderXmlError } from "./xml";

/** One request in one of the RPC protocols, and the encoding of its reply. */
export interface RpcCall {
  operation: string;
  params: Shape;
  reply(result: Shape, requestId: string): WireReply;
}

type Protocol = "query" | "ec2query" | "json" | "cbor";

/** The protocol of the request, by its headers and query. */
function protocolOf(request: SignedRequest): Protocol | "unknown" {
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return "cbor";
  if (request.headers["x-amz-target"] !== undefined) return "json";
  const form = (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  return form || request.query.includes("Action=") ? "query" : "unknown";
}

export function parseRpc(service: ServiceName, request: SignedRequest): RpcCall {
  const protocol = protocolOf(request);
  const known = serviceNamed(service);
  const dialect: Protocol | "unknown" = protocol === "query" && service === "ec2" ? "ec2query" : protocol;
  if (dialect === "unknown" || !known?.protocols.includes(dialect)) {
    throw new AwsError("UnknownOperationException", `${service} does not support this protocol (${protocol})`, 404);
  }
  if (dialect === "cbor") return parseCbor(service, known.target ?? "", request);
  if (dialect === "json") return parseJson(service, known.target ?? "", request);
  return parseForm(service, known.version ?? "", request);
}

function parseForm(service: ServiceName, version: string, request: SignedRequest): RpcCall {
  const form = new URLSearchParams(request.method === "GET" ? request.query : decodedBody(request).toString("utf8"));
  const operation = form.get("Action") ?? "";
  if (form.get("Version") !== version) {
    throw new AwsError("NoSuchVersion", `The requested version (${form.get("Version") ?? "none"}) is not valid; use ${version}`, 400);
  }
  const model = operationModel(service, operation);
  if (!model) throw new AwsError("InvalidAction", `Could not find operation ${operation} for version ${version}`, 400);
  return {
    operation,
    params: parseQuery(model.input, form, service === "ec2" ? "ec2" : "query"),
    reply: (result, requestId) => ({
      status: 200,
      headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
      body: renderXml(service, operation, model.output, result, requestId),
    }),
  };
}

function parseJson(service: ServiceName, target: string, request: SignedRequest): RpcCall {
  const [prefix, operation = ""] = (request.headers["x-amz-target"] ?? "").split(".");
  const model = prefix === target ? operationModel(service, operation) : undefined;
  if (!model) throw new AwsError("UnknownOperationException", `No operation ${request.headers["x-amz-target"]}`, 400);
  const contentType = request.headers["content-type"] ?? "application/x-amz-json-1.1";
  const text = decodedBody(request).toString("utf8");
  return {
    operation,
    params: (readDocument(model.input, text === "" ? {} : parseText(text)) ?? {}) as Shape,
    reply: (result, requestId) => ({
      status: 200,
      headers: { "content-type": contentType, "x-amzn-requestid": requestId },
      body: JSON.stringify(document(model, result, JSON_CODEC)),
    }),
  };
}

const CBOR_CODEC: Codec = {
  // Tag 1: seconds since the epoch.
  fromTimestamp: (date) => tag({ tag: 1, value: date.getTime() / 1000 }),
  fromBlob: (bytes) => bytes,
};

function parseCbor(service: ServiceName, target: string, request: SignedRequest): RpcCall {
  const match = /^\/service\/([A-Za-z0-9_]+)\/operation\/([A-Za-z0-9]+)$/.exec(request.path);
  const operation = match?.[2] ?? "";
  const model = match?.[1] === target ? operationModel(service, operation) : undefined;
  if (!model) throw new AwsError("UnknownOperationException", `No operation at ${request.path}`, 404);
  const body = decodedBody(request);
  return {
    operation,
    params: (readDocument(model.input, body.length === 0 ? {} : cbor.deserialize(body)) ?? {}) as Shape,
    reply: (result, requestId) => ({
      status: 200,
      headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-requestid": requestId },
      body: cbor.serialize(document(model, result, CBOR_CODEC)),
    }),
  };
}

/** The error, encoded in the protocol of the request. */
export function errorReply(service: ServiceName, request: SignedRequest, error: AwsError, requestId: string): WireReply {
  const protocol = protocolOf(request);
  const headers: Record<string, string> = { "x-amzn-requestid": requestId };
  if (protocol === "cbor") {
    headers["content-type"] = "application/cbor";
    headers["smithy-protocol"] = "rpc-v2-cbor";
    return { status: error.httpStatus, headers, body: cbor.serialize({ __type: error.code, message: error.message, ...error.members }) };
  }
  if (protocol === "json") {
    headers["content-type"] = request.headers["content-type"] ?? "application/x-amz-json-1.1";
    return { status: error.httpStatus, headers, body: JSON.stringify(jsonError(error)) };
  }
  headers["content-type"] = "text/xml";
  return { status: error.httpStatus, headers, body: renderXmlError(service, error, requestId) };
}

/** The members of an error besides its message are the SDK's shape, in which only binary values differ from the document. */
function jsonError({ code, message, members }: AwsError): unknown {
  const plain = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return JSON_CODEC.fromBlob(value);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  };
  return { __type: code, message, ...(plain(members) as Shape) };
}

function document(model: OperationModel, result: Shape, codec: Codec): unknown {
  return writeDocument(model.output, result, codec) ?? {};
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError("SerializationException", "The request is not valid JSON", 400);
  }
}

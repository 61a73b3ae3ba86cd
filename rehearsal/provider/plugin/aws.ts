/**
 * The executable `pulumi-resource-aws`: implements the engine's gRPC protocol and forwards every call, unchanged, to the
 * rehearsal's main process over the Unix socket in CI_RUNNERS_REHEARSAL_SOCKET. It has no state and no logic.
 * It does not use the SDK's `provider.main`, which drops what a faithful provider needs: old inputs, timeouts, ignored
 * changes, the naming seed and previews.
 */
import { request } from "node:http";
import * as grpc from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

// The SDK ships the generated protocol without types.
const provider = require("@pulumi/pulumi/proto/provider_pb");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const { Status } = require("@pulumi/pulumi/proto/status_pb");

const VERSION = process.env.CI_RUNNERS_REHEARSAL_PROVIDER_VERSION ?? "7.0.0";
const socketPath = process.env.CI_RUNNERS_REHEARSAL_SOCKET ?? "";

class Refusal extends Error {
  constructor(
    message: string,
    readonly partly?: { id: string; properties: any },
  ) {
    super(message);
  }
}

function forward(method: string, call: unknown): Promise<any> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: `/${method}`, method: "POST" }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const reply = JSON.parse(Buffer.concat(chunks).toString() || "{}");
        if (response.statusCode === 200) resolve(reply);
        else reject(new Refusal(reply.message ?? `HTTP ${response.statusCode}`, reply.partly));
      });
    });
    outgoing.on("error", (error) =>
      reject(new Error(`no response from the rehearsal on CI_RUNNERS_REHEARSAL_SOCKET (${socketPath}): ${error.message}`)),
    );
    outgoing.end(JSON.stringify(call));
  });
}

const plain = (struct: Struct | undefined): any => struct?.toJavaScript();
const struct = (value: any): Struct => Struct.fromJavaScript(value ?? {});

/** A gRPC error; with `partly`, it makes the engine keep the incomplete resource in its state. */
function grpcError(error: Error): Partial<grpc.StatusObject> {
  const metadata = new grpc.Metadata();
  const partly = error instanceof Refusal ? error.partly : undefined;
  if (partly) {
    const detail = new provider.ErrorResourceInitFailed();
    detail.setId(partly.id);
    detail.setProperties(struct(partly.properties));
    detail.setReasonsList([error.message]);
    const any = new Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(error.message);
    status.addDetails(any);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: error.message, metadata };
}

type Handler = (request: any) => Promise<unknown>;

const handlers: Record<string, Handler> = {
  async getPluginInfo() {
    const info = new PluginInfo();
    info.setVersion(VERSION);
    return info;
  },
  async getSchema() {
    const response = new provider.GetSchemaResponse();
    response.setSchema("{}");
    return response;
  },
  async attach() {
    return new Empty();
  },
  async cancel() {
    await forward("cancel", {});
    return new Empty();
  },
  async checkConfig(request) {
    const response = new provider.CheckResponse();
    response.setInputs(request.getNews());
    return response;
  },
  async diffConfig() {
    const response = new provider.DiffResponse();
    response.setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE);
    return response;
  },
  async configure(request) {
    await forward("configure", plain(request.getArgs()) ?? {});
    const response = new provider.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  },
  async check(request) {
    const { inputs, failures } = await forward("check", {
      urn: request.getUrn(),
      olds: plain(request.getOlds()),
      news: plain(request.getNews()),
      seed: request.getRandomseed_asB64(),
    });
    const response = new provider.CheckResponse();
    response.setInputs(struct(inputs));
    response.setFailuresList(
      failures.map(({ property, reason }: { property: string; reason: string }) => {
        const failure = new provider.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        return failure;
      }),
    );
    return response;
  },
  async diff(request) {
    const { changes, deleteBeforeReplace } = await forward("diff", {
      id: request.getId(),
      urn: request.getUrn(),
      olds: plain(request.getOlds()),
      oldInputs: plain(request.getOldInputs()),
      news: plain(request.getNews()),
      ignoreChanges: request.getIgnorechangesList(),
    });
    const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = provider.PropertyDiff.Kind;
    const kinds: Record<string, [number, number]> = {
      add: [ADD, ADD_REPLACE],
      delete: [DELETE, DELETE_REPLACE],
      update: [UPDATE, UPDATE_REPLACE],
    };
    const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
    const response = new provider.DiffResponse();
    response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setDiffsList(changes.map((change: any) => change.property));
    response.setReplacesList(changes.filter((change: any) => change.replace).map((change: any) => change.property));
    response.setDeletebeforereplace(deleteBeforeReplace);
    response.setHasdetaileddiff(true);
    for (const { property, kind, replace } of changes) {
      const diff = new provider.PropertyDiff();
      diff.setKind(kinds[kind]![replace ? 1 : 0]);
      response.getDetaileddiffMap().set(property, diff);
    }
    return response;
  },
  async create(request) {
    const { id, outputs } = await forward("create", {
      urn: request.getUrn(),
      news: plain(request.getProperties()),
      preview: request.getPreview(),
      timeoutSeconds: request.getTimeout(),
    });
    const response = new provider.CreateResponse();
    response.setId(id);
    response.setProperties(struct(outputs));
    return response;
  },
  async read(request) {
    const { id, outputs, inputs } = await forward("read", {
      id: request.getId(),
      urn: request.getUrn(),
      olds: plain(request.getProperties()),
      oldInputs: plain(request.getInputs()),
    });
    const response = new provider.ReadResponse();
    response.setId(id);
    response.setProperties(struct(outputs));
    response.setInputs(struct(inputs));
    return response;
  },
  async update(request) {
    const { outputs } = await forward("update", {
      id: request.getId(),
      urn: request.getUrn(),
      olds: plain(request.getOlds()),
      oldInputs: plain(request.getOldInputs()),
      news: plain(request.getNews()),
      preview: request.getPreview(),
      timeoutSeconds: request.getTimeout(),
      ignoreChanges: request.getIgnorechangesList(),
    });
    const response = new provider.UpdateResponse();
    response.setProperties(struct(outputs));
    return response;
  },
  async delete(request) {
    await forward("delete", {
      id: request.getId(),
      urn: request.getUrn(),
      olds: plain(request.getProperties()),
      timeoutSeconds: request.getTimeout(),
    });
    return new Empty();
  },
  async invoke(request) {
    const { result } = await forward("invoke", { token: request.getTok(), args: plain(request.getArgs()) ?? {} });
    const response = new provider.InvokeResponse();
    response.setReturn(struct(result));
    return response;
  },
};

/** For methods that the engine may call but does not need. */
function unimplemented(name: string): Handler {
  return async () => {
    throw Object.assign(new Error(`${name} is not implemented`), { unimplemented: true });
  };
}

const implementation: grpc.UntypedServiceImplementation = {};
for (const name of Object.keys(ResourceProviderService)) {
  const handler = handlers[name] ?? unimplemented(name);
  implementation[name] = (call: any, callback: (error: any, value?: unknown) => void) => {
    if (!callback) {
      call.emit("error", { code: grpc.status.UNIMPLEMENTED, details: `${name} is not implemented` });
      return;
    }
    handler(call.request).then(
      (value) => callback(null, value),
      (error) => callback(error.unimplemented ? { code: grpc.status.UNIMPLEMENTED, details: error.message } : grpcError(error)),
    );
  };
}

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(ResourceProviderService, implementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(String(port));
});

import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import * as settings from "@pulumi/pulumi/runtime/settings";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

type Options = Record<string, unknown>;

const asIs = (value: Buffer) => value;

/** The service of an engine, reduced to one call. */
const SERVICE: grpc.ServiceDefinition = {
  answer: {
    path: "/engine/answer",
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
};
const Client = grpc.makeGenericClientConstructor(SERVICE, "engine");

/** An engine that listens on the port, or on one of the system's choice. */
async function engine(port = 0): Promise<{ server: grpc.Server; port: number }> {
  const server = new grpc.Server();
  server.addService(SERVICE, { answer: (_: unknown, reply: (error: null, value: Buffer) => void) => reply(null, Buffer.alloc(0)) });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, used) =>
      error ? reject(error) : resolve(used),
    ),
  );
  return { server, port: bound };
}

/** Resolves with the code of the call's error, or with `OK`. */
function call(client: grpc.Client): Promise<number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest("/engine/answer", asIs, asIs, Buffer.alloc(0), (error) => resolve(error?.code ?? grpc.status.OK));
  });
}

/** So that no slow step of this test outlasts the pause before a failed connection is tried again; gRPC's grows to 120 s. */
const NOT_TRIED_AGAIN = { "grpc.initial_reconnect_backoff_ms": 120_000 };

/** The codes of a call to the first engine, of one after its exit, and of another client's call to the next one on its port. */
async function codes(options: Options): Promise<number[]> {
  const clients: grpc.Client[] = [];
  const servers: grpc.Server[] = [];
  const connect = (port: number) => {
    const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), { ...options, ...NOT_TRIED_AGAIN });
    clients.push(client);
    return client;
  };
  try {
    const first = await engine();
    servers.push(first.server);
    const left = connect(first.port);
    const answered = await call(left);
    first.server.forceShutdown();
    // The first calls may be cut off with the connection; a later one meets the closed port.
    let late = await call(left);
    while (late !== grpc.status.UNAVAILABLE) late = await call(left);
    late = await call(left);
    servers.push((await engine(first.port)).server);
    return [answered, late, await call(connect(first.port))];
  } finally {
    for (const client of clients) client.close();
    for (const server of servers) server.forceShutdown();
  }
}

describe("a program's connection to an engine that got the port of an earlier one", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const sdk = () => (settings as unknown as { grpcClientOptions: Options }).grpcClientOptions;
  const rig = new Rig();
  before(async () => {
    delete sdk()["grpc.use_local_subchannel_pool"];
    rig.writeProject();
    await rig.open({ program: async () => undefined });
  });
  after(() => rig.close());

  it("is established, although a client that the SDK left behind still fails on that port", async () => {
    assert.deepEqual(await codes(sdk()), [grpc.status.OK, grpc.status.UNAVAILABLE, grpc.status.OK]);
  });

  it("would fail at once if it were shared, as the SDK has it; otherwise the other test would prove nothing", async () => {
    const shared = { ...sdk(), "grpc.use_local_subchannel_pool": 0 };
    assert.deepEqual(await codes(shared), [grpc.status.OK, grpc.status.UNAVAILABLE, grpc.status.UNAVAILABLE]);
  });
});

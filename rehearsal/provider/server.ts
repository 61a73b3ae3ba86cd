import { mkdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { dirname } from "node:path";
import type { ProviderBackend } from "./backend";
import { IncompleteError } from "./resource-type";

/** Maximum length of a Unix socket's path on Linux, in bytes (108 with the terminating zero). */
const SOCKET_PATH_LIMIT = 107;

export interface ProviderServer {
  socketPath: string;
  close(): Promise<void>;
}

/** Serves the plugin processes: one POST per call by the engine, path = method, JSON in both directions. */
export async function serveProvider(backend: ProviderBackend, socketPath: string): Promise<ProviderServer> {
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_LIMIT) {
    throw new Error(
      `socket path ${socketPath} has ${Buffer.byteLength(socketPath)} bytes, limit ${SOCKET_PATH_LIMIT}: use a shorter work folder`,
    );
  }
  mkdirSync(dirname(socketPath), { recursive: true });
  rmSync(socketPath, { force: true });
  const server = createServer(async (request, response) => {
    try {
      const reply = await dispatch(backend, (request.url ?? "/").slice(1), await body(request));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(reply ?? {}));
    } catch (error) {
      const partly = error instanceof IncompleteError ? { id: error.id, properties: error.outputs } : undefined;
      response.statusCode = 500;
      response.end(JSON.stringify({ message: (error as Error).message, partly }));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    socketPath,
    close: () =>
      new Promise((resolve) => {
        backend.cancel();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function dispatch(backend: ProviderBackend, method: string, call: any): Promise<unknown> {
  switch (method) {
    case "configure":
      return backend.configure(call);
    case "cancel":
      return backend.cancel();
    case "check":
      return backend.check(call);
    case "diff":
      return backend.diff(call);
    case "create":
      return backend.create(call);
    case "read":
      return backend.read(call);
    case "update":
      return backend.update(call);
    case "delete":
      return backend.delete(call);
    case "invoke":
      return { result: await backend.invoke(call.token, call.args) };
    default:
      throw new Error(`the rehearsal's provider has no method ${method}`);
  }
}

async function body(request: IncomingMessage): Promise<any> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}");
}

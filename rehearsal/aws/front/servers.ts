import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { rm } from "node:fs/promises";
import type { Certificates } from "./certificates";
import { type HttpHandler, SOURCE_IP_HEADER } from "./front-handler";

export interface FrontServers {
  /** HTTP for the gateway of the machines' network, which vouches for the source address. */
  socketPath: string;
  /** HTTPS on 127.0.0.1, for function processes and local clients. */
  tlsPort: number;
  /** HTTP on 127.0.0.1, for clients with AWS_ENDPOINT_URL. */
  httpPort: number;
  close(): Promise<void>;
}

/** Opens the three listeners over one handler. Linux limits the socket path to 107 bytes. */
export async function openServers(
  handler: HttpHandler,
  certificates: Certificates,
  socketPath: string,
  privateOnes: { hosts: readonly string[]; certificates: Certificates },
): Promise<FrontServers> {
  if (Buffer.byteLength(socketPath) > 107) {
    throw new Error(
      `socket path ${socketPath} is ${Buffer.byteLength(socketPath)} bytes long, but Linux allows 107; choose a shorter working folder`,
    );
  }
  await rm(socketPath, { force: true });
  const untrusted = (req: IncomingMessage, res: ServerResponse) => {
    delete req.headers[SOURCE_IP_HEADER];
    handler(req, res);
  };
  const socket = createHttpServer(handler);
  const plain = createHttpServer(untrusted);
  const tls = createTlsServer({ cert: certificates.cert, key: certificates.key }, untrusted);
  const { cert, key } = privateOnes.certificates;
  for (const host of privateOnes.hosts) tls.addContext(host, { cert, key });
  const servers: Server[] = [socket, plain, tls as unknown as Server];
  for (const server of servers) server.keepAliveTimeout = 60_000; // longer than any client's interval between calls
  try {
    await Promise.all([
      listen(socket, { path: socketPath }),
      listen(plain, { host: "127.0.0.1", port: 0 }),
      listen(tls, { host: "127.0.0.1", port: 0 }),
    ]);
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return {
    socketPath,
    tlsPort: (tls.address() as AddressInfo).port,
    httpPort: (plain.address() as AddressInfo).port,
    close: async () => {
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          server.closeAllConnections();
          return closed;
        }),
      );
      await rm(socketPath, { force: true });
    },
  };
}

function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** An HTTP proxy on loopback whose tunnels all lead to the stand-in. */
export interface Tunnel {
  /** For HTTPS_PROXY. */
  url: string;
  /** Host names that clients requested. */
  requested: Set<string>;
  close(): Promise<void>;
}

/**
 * Lets clients reach the stand-in under AWS's own names: they request a tunnel to `NAME:443` and speak TLS through it, so
 * certificates, host names and signatures are checked as at AWS and no client needs another endpoint. Names that are not
 * AWS's are refused: nothing leaves this machine.
 */
export async function openTunnel(tlsPort: number): Promise<Tunnel> {
  const requested = new Set<string>();
  const open = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end("this proxy only opens tunnels\n"));
  server.on("connect", (request, client: Socket) => {
    const [name = "", port] = (request.url ?? "").split(":");
    requested.add(name);
    client.on("error", () => client.destroy());
    if (port !== "443" || !name.endsWith(".amazonaws.com")) return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const standIn = connect(tlsPort, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(standIn).pipe(client);
    });
    standIn.on("error", () => client.destroy());
    for (const socket of [client, standIn]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requested,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

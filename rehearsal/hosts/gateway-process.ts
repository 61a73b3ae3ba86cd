/**
 * Runs inside the cloud's network namespace and forwards every request to the main process over a unix socket, which,
 * unlike a port, is not bound to a network namespace. Serves HTTP on the metadata address and TLS on the gateway
 * address, and a forward proxy if the stack has one. Bundled to one file at start. Exits when its standard input closes, and so with the
 * main process. Lines of JSON: GatewayCommand on its input, GatewayReport on its output.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Server } from "node:net";
import { createInterface } from "node:readline";
import { type Endpoint, ForwardProxy } from "./forward-proxy";
import type { GatewayCommand, GatewayReport, GatewaySettings } from "./gateway-messages";

const SOURCE_HEADER = "x-rehearsal-source-ip";
/** Only the gateway may set these headers; it drops them from requests. */
const RESERVED_HEADERS = /^x-rehearsal-/i;

const settings = JSON.parse(process.argv[2]!) as GatewaySettings;

function forward(request: http.IncomingMessage, response: http.ServerResponse, host: string | undefined): void {
  const headers: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!;
    if (!RESERVED_HEADERS.test(name) && !/^(host|connection|keep-alive)$/i.test(name)) headers.push(name, request.rawHeaders[i + 1]!);
  }
  headers.push("Host", host ?? "", SOURCE_HEADER, request.socket.remoteAddress ?? "", "Connection", "keep-alive");
  // No agent, so no connection is reused on this side: local ones are cheap, and the server could close an idle one just
  // as the next request is written to it. Still keep-alive: otherwise the server would close the connection as soon as it
  // has responded, and if it does so before the whole request is written, the response is lost.
  const upstream = http.request({ socketPath: settings.socket, method: request.method, path: request.url, headers, agent: false });
  upstream.on("response", (reply) => {
    const replyHeaders: string[] = [];
    for (let i = 0; i < reply.rawHeaders.length; i += 2) {
      const name = reply.rawHeaders[i]!;
      if (!/^(connection|keep-alive)$/i.test(name)) replyHeaders.push(name, reply.rawHeaders[i + 1]!);
    }
    response.writeHead(reply.statusCode ?? 502, reply.statusMessage, replyHeaders);
    // A long poll's headers must arrive before its body does.
    response.flushHeaders();
    reply.pipe(response);
    reply.on("error", () => response.destroy());
  });
  upstream.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { "Content-Type": "text/plain" }).end(`the stand-in did not respond: ${error.message}\n`);
  });
  response.on("close", () => upstream.destroy());
  request.on("error", () => upstream.destroy());
  request.pipe(upstream);
}

function listen(server: Server, endpoint: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(endpoint.port, endpoint.address, resolve);
  });
}

const limits = {
  // The server decides how long a long poll lasts.
  requestTimeout: 0,
  // 75 s: longer than any client here keeps an idle connection, so that the client always closes first.
  keepAliveTimeout: 75_000,
};

const metadata = http.createServer(limits, (request, response) => forward(request, response, settings.metadata.address));
const endpoints = tlsServer(settings);
const inspecting = settings.proxy?.inspect && tlsServer(settings.proxy.inspect);

function tlsServer({ certificate, key }: { certificate: string; key: string }): https.Server {
  return https.createServer(
    { ...limits, cert: readFileSync(certificate), key: readFileSync(key), ALPNProtocols: ["http/1.1"] },
    (request, response) => {
      const host = request.headers.host;
      // The metadata service must not be reachable over TLS as well: a fenced unit could use that path.
      if (host === undefined || host.startsWith(settings.metadata.address)) response.writeHead(421).end();
      else forward(request, response, host);
    },
  );
}

function report(message: GatewayReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const INSIDE = { address: "127.0.0.1", port: 0 };
const proxy =
  settings.proxy &&
  new ForwardProxy({
    listen: settings.proxy.listen,
    tls: () => (inspecting ? { ...INSIDE, port: (inspecting.address() as AddressInfo).port } : settings.tls),
    gateway: settings.tls.address,
    forward,
    report: (request) => report({ proxied: request }),
  });

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line) as GatewayCommand;
    void proxy?.set(command.proxy, command.closedTo).then(() => report({ state: command.proxy }));
  })
  .on("close", () => process.exit(0));

void (async () => {
  await listen(metadata, settings.metadata);
  await listen(endpoints, settings.tls);
  if (inspecting) await listen(inspecting, INSIDE);
  await proxy?.set("up", []);
  report({ ready: true });
})();

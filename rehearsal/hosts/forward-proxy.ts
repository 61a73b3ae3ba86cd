/**
 * A forward proxy as companies run one, for the machines' network; part of gateway-process.ts. All its tunnels lead to one TLS server:
 * the gateway itself, or, for a proxy that inspects TLS, one with certificates of the proxy's own authority.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, isIP, type Socket } from "node:net";

/** `down`: nothing listens, and every connection is cut. `hang`: it accepts, and no byte passes any more. */
export type ProxyState = "up" | "down" | "hang";

/** What a machine asked of the proxy. */
export interface ProxyRequest {
  method: string;
  /** `HOST:PORT`. */
  target: string;
  /** Address of the machine. */
  source: string;
  served: boolean;
}

export interface Endpoint {
  address: string;
  port: number;
}

export interface ForwardProxyOptions {
  listen: Endpoint;
  /** Where tunnels lead to. */
  tls: () => Endpoint;
  /** The only address that it connects to, besides names. */
  gateway: string;
  /** Answers a request by http. */
  forward(request: IncomingMessage, response: ServerResponse, host: string): void;
  report(request: ProxyRequest): void;
}

export class ForwardProxy {
  private state: ProxyState = "down";
  private closedTo: readonly string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly options: ForwardProxyOptions) {
    // A client decides how long it keeps its connection.
    this.server = createServer({ requestTimeout: 0, keepAliveTimeout: 75_000 }, (request, response) => this.plain(request, response));
    this.server.on("connection", (socket: Socket) => this.track(socket));
    this.server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => this.tunnel(request, socket, head));
  }

  /** @param closedTo hosts that the proxy itself cannot reach */
  async set(state: ProxyState, closedTo: readonly string[]): Promise<void> {
    const before = this.state;
    this.state = state;
    this.closedTo = closedTo;
    if (state === "down") {
      for (const socket of this.sockets) socket.destroy();
      if (before !== "down") await new Promise((resolve) => this.server.close(resolve));
      return;
    }
    for (const socket of this.sockets) state === "hang" ? socket.pause() : socket.resume();
    if (before === "down") await this.listen();
  }

  private listen(): Promise<void> {
    const { address, port } = this.options.listen;
    return new Promise((resolve, reject) => this.server.once("error", reject).listen(port, address, resolve));
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
  }

  private tunnel(request: IncomingMessage, client: Socket, head: Buffer): void {
    const target = request.url ?? "";
    if (this.state === "hang") return;
    const refusal = this.refusal(request, target, "443");
    if (refusal !== undefined) return void client.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
    const { address, port } = this.options.tls();
    const upstream = connect(port, address, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    this.track(upstream);
    // Both ends end together, so that a machine that dies ends its runner's poll.
    upstream.on("close", () => client.destroy());
    client.on("close", () => upstream.destroy());
  }

  private plain(request: IncomingMessage, response: ServerResponse): void {
    if (this.state === "hang") return;
    const url = URL.canParse(request.url ?? "") ? new URL(request.url!) : undefined;
    if (url === undefined) return void response.writeHead(400).end("this is a proxy\n");
    const refusal = this.refusal(request, `${url.hostname}:${url.port || 80}`, "80");
    if (refusal !== undefined) return void response.writeHead(refusal).end("refused by the proxy\n");
    request.url = `${url.pathname}${url.search}`;
    this.options.forward(request, response, url.host);
  }

  /**
   * Names lead to the gateway; of addresses only its own is allowed, so that no machine reaches another's metadata by the proxy. Undefined:
   * the request is served.
   */
  private refusal(request: IncomingMessage, target: string, allowedPort: string): number | undefined {
    const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
    const allowed = port === allowedPort && host !== "" && (isIP(host) === 0 || host === this.options.gateway);
    const refusal = !allowed ? 403 : this.closedTo.includes(host) ? 503 : undefined;
    this.options.report({
      method: request.method ?? "",
      target,
      source: request.socket.remoteAddress ?? "",
      served: refusal === undefined,
    });
    return refusal;
  }
}

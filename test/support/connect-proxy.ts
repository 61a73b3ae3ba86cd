import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A forward proxy on loopback whose tunnels all lead to one port, whatever host is asked for. */
export class ConnectProxy {
  /** Targets of CONNECT, and addresses of other requests. */
  readonly asked: string[] = [];
  readonly open = new Set<Socket>();
  /** Answer to CONNECT; undefined: none; "reset": the end of the connection. */
  status: number | "reset" | undefined = 200;
  /** Answers to the next CONNECTs, before `status`. */
  readonly first: (number | "reset" | undefined)[] = [];
  private readonly server: Server;

  constructor(private readonly target: () => number) {
    this.server = createServer(({ url = "" }, response) => {
      this.asked.push(url);
      response.writeHead(404).end();
    });
    this.server.on("connection", (socket: Socket) => {
      this.open.add(socket);
      socket.on("error", () => undefined).on("close", () => this.open.delete(socket));
    });
    this.server.on("connect", ({ url = "" }, socket: Socket) => this.connect(url, socket));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
  }

  /** Ends all tunnels. */
  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connect(url: string, socket: Socket): void {
    this.asked.push(url);
    const status = this.first.length > 0 ? this.first.shift() : this.status;
    // Node's server leaves its own side open otherwise.
    if (status === undefined) return void socket.resume().on("end", () => socket.end());
    if (status === "reset") return void socket.resetAndDestroy();
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n<html>blocked</html>`);
    const upstream = connect(this.target(), "127.0.0.1", () => socket.write("HTTP/1.1 200 Connection established\r\n\r\n"));
    upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }
}

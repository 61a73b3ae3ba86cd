/** Connections of a host's AWS clients through the proxy: `CONNECT`, then TLS with AWS itself inside of the tunnel. */
import { request } from "node:http";
import { Agent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HostProxy } from "../../../contract/shared/host-setup";
import { SDK_CONNECT_MS } from "../sdk-bounds";
import { isExcepted } from "./variables";

/** As the AWS SDK has it by default. */
const MAX_SOCKETS = 50;

type Options = Parameters<Agent["createConnection"]>[0];
type Callback = (error: Error | null, socket?: Duplex) => void;

/** For the AWS clients of a host. Undefined: they call AWS directly. */
export function proxyAgent(proxy: HostProxy | undefined): Agent | undefined {
  if (!proxy?.awsByProxy || proxy.https === undefined) return undefined;
  return new TunnelAgent(proxy, new URL(proxy.https));
}

class TunnelAgent extends Agent {
  constructor(
    private readonly proxy: HostProxy,
    private readonly address: URL,
  ) {
    super({ keepAlive: true, maxSockets: MAX_SOCKETS });
  }

  override createConnection(options: Options, callback: Callback): Duplex | null | undefined {
    if (isExcepted(this.proxy, options.host ?? "")) return super.createConnection(options);
    this.tunnel(`${options.host}:${options.port}`).then(
      (socket) => callback(null, super.createConnection({ ...options, socket } as Options) ?? undefined),
      callback,
    );
    return undefined;
  }

  /** The SDK bounds the wait for a connection, too, but it would leave open the one to a proxy that does not answer. */
  private tunnel(target: string): Promise<Socket> {
    const { hostname, port, host } = this.address;
    return new Promise((resolve, reject) => {
      const ask = request({
        // Brackets are for URLs only.
        host: hostname.replace(/^\[|\]$/g, ""),
        port,
        method: "CONNECT",
        path: target,
        headers: { host: target },
        agent: false,
      });
      const late = setTimeout(() => ask.destroy(noAnswer()), SDK_CONNECT_MS);
      // By the cause the SDK decides whether it tries again.
      const failed = (problem: string, cause: unknown) => reject(new Error(`proxy ${host}: ${problem} (CONNECT ${target})`, { cause }));
      ask.on("close", () => clearTimeout(late));
      ask.on("error", (error) => failed(error.message, error));
      ask.on("connect", ({ statusCode }, socket) => {
        clearTimeout(late);
        if (statusCode === 200) return resolve(socket as Socket);
        socket.destroy();
        failed(`HTTP ${statusCode}`, { $metadata: { httpStatusCode: statusCode } });
      });
      ask.end();
    });
  }
}

/** With the name by which the SDK knows a connection that took too long. */
function noAnswer(): Error {
  return Object.assign(new Error(`no answer within ${SDK_CONNECT_MS} ms`), { name: "TimeoutError" });
}

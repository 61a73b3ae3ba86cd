import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";
import type { ProxyRequest, ProxyState } from "./forward-proxy";
import type { GatewayCommand, GatewayReport, GatewaySettings } from "./gateway-messages";
import { GATEWAY_ADDRESS, METADATA_ADDRESS, type MachineNetwork, PROXY } from "./network";
import { TOOL_PATH } from "./systemd/command";

export interface GatewayOptions {
  network: MachineNetwork;
  /** Unix socket on which the main process serves HTTP; it need not exist yet. */
  socket: string;
  /** Holds `leaf.pem` (with its chain) and `leaf-key.pem`, valid for every host name that machines use. */
  certificatesDir: string;
  /** Opens a forward proxy at PROXY, beside the rest. */
  proxy?: { inspect?: { certFile: string; keyFile: string } };
  /** Where the bundled program is written. */
  dir: string;
  /** Called once if the gateway ends without having been closed. */
  onDeath?: (reason: string) => void;
}

export interface NetworkGateway {
  /** What AWS's and GitHub's host names resolve to inside the machines. */
  readonly address: string;
  readonly pid: number;
  readonly proxy?: GatewayProxy;
  close(): Promise<void>;
}

export interface GatewayProxy {
  /** In the order in which they came, refused ones included. */
  readonly requests: readonly ProxyRequest[];
  /**
   * Resolves when it is so.
   *
   * @param closedTo hosts that the proxy itself cannot reach
   */
  set(state: ProxyState, closedTo?: readonly string[]): Promise<void>;
}

/**
 * Starts the process that serves the cloud's network: HTTPS on 203.0.113.1:443 and instance metadata on
 * 169.254.169.254:80. The main process receives each request with its original Host and headers plus
 * `x-rehearsal-source-ip`, the private address of the sending machine (metadata: Host is 169.254.169.254).
 */
export async function openGateway(options: GatewayOptions): Promise<NetworkGateway> {
  const program = join(options.dir, "gateway.cjs");
  buildSync({
    entryPoints: [join(__dirname, "gateway-process.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    outfile: program,
    logLevel: "silent",
  });
  const { inspect } = options.proxy ?? {};
  const settings: GatewaySettings = {
    socket: options.socket,
    certificate: join(options.certificatesDir, "leaf.pem"),
    key: join(options.certificatesDir, "leaf-key.pem"),
    tls: { address: GATEWAY_ADDRESS, port: 443 },
    metadata: { address: METADATA_ADDRESS, port: 80 },
    ...(options.proxy && {
      proxy: { listen: PROXY, ...(inspect && { inspect: { certificate: inspect.certFile, key: inspect.keyFile } }) },
    }),
  };
  const nsenter = ["nsenter", "--target", String(options.network.holder), "--net"];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...nsenter, process.execPath, program, JSON.stringify(settings)], {
    stdio: ["pipe", "pipe", "pipe"],
    // Not in the terminal's process group: hosts must be able to finish their shutdown after Ctrl-C.
    detached: true,
    env: { ...process.env, PATH: TOOL_PATH, NODE_OPTIONS: "" },
  });
  const exited = once(child, "exit");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4000)));
  const requests: ProxyRequest[] = [];
  /** Of those who wait for a change, in their order. */
  const waiting: (() => void)[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as GatewayReport;
      if ("ready" in message) resolve();
      else if ("proxied" in message) requests.push(message.proxied);
      else waiting.shift()?.();
    });
    child.once("error", (error) => reject(new Error(`setpriv cannot run: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`the gateway ended with exit code ${code}: ${stderr.trim()}`)));
  });
  let closed = false;
  child.once("exit", (code, signal) => {
    if (!closed) options.onDeath?.(`the gateway ended (${signal ?? `exit code ${code}`}): ${stderr.trim()}`);
  });
  return {
    address: GATEWAY_ADDRESS,
    pid: child.pid!,
    proxy: options.proxy && {
      requests,
      set: (proxy, closedTo = []) =>
        new Promise((resolve) => {
          waiting.push(resolve);
          child.stdin.write(`${JSON.stringify({ proxy, closedTo } satisfies GatewayCommand)}\n`);
        }),
    },
    close: async () => {
      closed = true;
      child.stdin.end();
      child.kill("SIGKILL");
      await exited;
    },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { TOOL_PATH } from "./systemd/command";

/**
 * Address of AWS's and GitHub's public endpoints, as machines see it. It is from a block reserved for documentation
 * (RFC 5737), so it collides with no VPC and matches no rule about private or link-local addresses.
 */
export const GATEWAY_ADDRESS = "203.0.113.1";
export const METADATA_ADDRESS = "169.254.169.254";
/** Resolves to, and never answers: packets to it are dropped, as in a subnet without a way out. */
export const UNREACHABLE_ADDRESS = "203.0.113.9";
/** Address and port of the forward proxy, of a stack that has one. */
export const PROXY = { address: "203.0.113.3", port: 3128 } as const;

/**
 * The network namespace that represents the cloud. Each machine has its own namespace, joined to this one by a
 * point-to-point link; nothing in the host's own namespace (addresses, routes, packet filters) is read or changed.
 * It has no name in the file system: it exists as long as its holder, a process that ends with this one.
 */
export interface MachineNetwork {
  /** Process whose network namespace has the endpoints; enter it with `nsenter --target PID --net`. */
  readonly holder: number;
  close(): Promise<void>;
}

// Machines connect by separate links, but the addresses are on `lo`: the kernel must answer ARP for any local address on
// any link, which is its default but may have been changed by the administrator.
const SET_UP = `
ip link set lo up
ip address add ${GATEWAY_ADDRESS}/32 dev lo
ip address add ${METADATA_ADDRESS}/32 dev lo
ip address add ${PROXY.address}/32 dev lo
ip route add blackhole ${UNREACHABLE_ADDRESS}
for key in all default; do echo 0 >/proc/sys/net/ipv4/conf/$key/arp_ignore || true; done
echo ready
exec cat
`;

export async function openMachineNetwork(): Promise<MachineNetwork> {
  const holder = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "sh", "-euc", SET_UP], {
    stdio: ["pipe", "pipe", "pipe"],
    // Not in the terminal's process group: Ctrl-C must reach only the main process, which then closes in order.
    detached: true,
    env: { ...process.env, PATH: TOOL_PATH },
  });
  const exited = once(holder, "exit");
  let stderr = "";
  holder.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("error", (error) => reject(new Error(`setpriv cannot run: ${error.message}`)));
    holder.once("exit", () => reject(new Error(`the cloud's network namespace could not be set up: ${stderr.trim()}`)));
  });
  return {
    holder: holder.pid!,
    close: async () => {
      holder.stdin.end();
      holder.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * systemd accepts `IPAddressDeny=` even if the kernel cannot enforce it (cgroup v1, no BPF). Jobs could then read the
 * instance's credentials, and no one would notice. The installation therefore tests it in a transient unit.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { METADATA_ADDRESSES } from "./metadata-addresses";

/** Exits with 0 once a datagram to the metadata address is refused. systemd may apply its filter late: 40 tries, 50 ms apart. */
export const PROBE = `let left = 40;
(function send() {
  const socket = require("node:dgram").createSocket("udp4");
  socket.send("", 9, "${METADATA_ADDRESSES[0]}", (error) => {
    socket.close();
    if (error && error.code === "EPERM") process.exit(0);
    if (--left === 0) process.exit(1);
    setTimeout(send, 50);
  });
})();`;
/** The probe itself takes about 2 s at most. */
const TIMEOUT_MS = 60_000;

/**
 * @param node path of the Node.js binary that runs the probe
 * @param deny the addresses that the units deny; tests also pass none
 */
export function probeCommand(node: string, deny: readonly string[] = METADATA_ADDRESSES): string[] {
  const denied = deny.length > 0 ? [`--property=IPAddressDeny=${deny.join(" ")}`] : [];
  return ["systemd-run", "--quiet", "--wait", "--collect", ...denied, node, "-e", PROBE];
}

type Run = (file: string, args: string[], options: { timeout: number }) => Promise<unknown>;

/**
 * @param otherwise what a user can set who accepts that jobs use the instance's role, to complete the error's remedy
 * @throws if this machine cannot keep jobs from the instance's credentials
 */
export async function checkMetadataCanBeDenied(node: string, otherwise: string, run: Run = promisify(execFile)): Promise<void> {
  const [file, ...args] = probeCommand(node) as [string, ...string[]];
  try {
    await run(file, args, { timeout: TIMEOUT_MS });
  } catch (error) {
    throw new Error(
      "jobs cannot be kept from the instance's credentials on this image: IPAddressDeny= has no effect (it needs cgroup v2 " +
        `and BPF); use an image that has both, or ${otherwise} (${(error as Error).message.split("\n")[0]})`,
    );
  }
}

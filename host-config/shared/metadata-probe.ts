/**
 * systemd takes `IPAddressDeny=` also where the kernel cannot enforce it (cgroup v1, no BPF): there it would keep no job
 * from the instance's credentials, and no one would notice. So an installation tries it, in a unit of its own.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { METADATA_ADDRESSES } from "./metadata-addresses";

/** Ends with 0 once a datagram to the metadata address is refused; systemd's filter may come a moment late: 40 x 50 ms. */
const PROBE = `let left = 40;
(function send() {
  const socket = require("node:dgram").createSocket("udp4");
  socket.send("", 9, "${METADATA_ADDRESSES[0]}", (error) => {
    socket.close();
    if (error && error.code === "EPERM") process.exit(0);
    if (--left === 0) process.exit(1);
    setTimeout(send, 50);
  });
})();`;
/** Many times what it takes. */
const TIMEOUT_MS = 60_000;

/**
 * @param node path of the Node that the probe runs on
 * @param deny as the component's units have it; for tests, which try it without.
 */
export function probeCommand(node: string, deny: readonly string[] = METADATA_ADDRESSES): string[] {
  const denied = deny.length > 0 ? [`--property=IPAddressDeny=${deny.join(" ")}`] : [];
  return ["systemd-run", "--quiet", "--wait", "--collect", ...denied, node, "-e", PROBE];
}

type Run = (file: string, args: string[], options: { timeout: number }) => Promise<unknown>;

/** @throws unless jobs can be kept from the instance's credentials here. */
export async function checkMetadataCanBeDenied(node: string, run: Run = promisify(execFile)): Promise<void> {
  const [file, ...args] = probeCommand(node) as [string, ...string[]];
  try {
    await run(file, args, { timeout: TIMEOUT_MS });
  } catch (error) {
    throw new Error(
      "jobs cannot be kept from the instance's credentials on this image: IPAddressDeny= has no effect (it needs cgroup v2 " +
        `and BPF); use an image that has both, or set jobsMayUseInstanceRole (${(error as Error).message.split("\n")[0]})`,
    );
  }
}

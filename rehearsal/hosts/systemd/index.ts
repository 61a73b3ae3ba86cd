import { join } from "node:path";
import type { Clock } from "../../clock";
import type { Timeline } from "../../timeline";
import { openGateway, type NetworkGateway } from "../network-gateway";
import { machineImage } from "../image";
import { openMachineNetwork, type MachineNetwork, PROXY } from "../network";
import { SystemdHosts } from "./systemd-hosts";
import type { SystemdHostsOptions } from "./systemd-hosts-options";
import { raiseInotifyLimit } from "./limits";
import type { Run } from "./run-record";

export { type Availability, containersAvailable, systemdHostsAvailable } from "./available";
export { cleanUpDeadRuns, openRun, type Run } from "./run-record";

export interface OpenOptions extends Partial<SystemdHostsOptions> {
  /** From `openRun()`; the caller closes it last. */
  run: Run;
  /** Unix socket on which the caller serves HTTP for the machines. */
  socket: string;
  /** Contains `ca.pem`, `leaf.pem` and `leaf-key.pem`. */
  certificatesDir: string;
  hostnames: () => readonly string[];
  /** A forward proxy in the machines' network. */
  proxy?: MachineProxy;
  timeline: Timeline;
  clock: Clock;
  /** Progress of the one-time image build, and of raising the inotify limit. */
  progress?: (line: string) => void;
  /** Called once if the gateway ends unexpectedly; machines then reach nothing. */
  onGatewayDeath?: (reason: string) => void;
}

export interface MachineProxy {
  /** By which machines find it. */
  names: readonly string[];
  /** The proxy ends TLS itself, with this certificate. */
  inspect?: { certFile: string; keyFile: string };
}

export interface OpenedHosts {
  hosts: SystemdHosts;
  network: MachineNetwork;
  gateway: NetworkGateway;
  /** Closes machines, gateway and network, in that order. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens everything that machines with a real systemd need: image, network, gateway and driver. */
export async function openSystemdHosts(options: OpenOptions): Promise<OpenedHosts> {
  const image = options.image ?? (await machineImage({ progress: options.progress }));
  const limitMessage = raiseInotifyLimit();
  if (limitMessage !== undefined) options.progress?.(limitMessage);
  const network = options.network ?? (await openMachineNetwork());
  let gateway: NetworkGateway | undefined;
  try {
    gateway = await openGateway({
      network,
      socket: options.socket,
      certificatesDir: options.certificatesDir,
      dir: options.run.dir,
      proxy: options.proxy,
      onDeath: options.onGatewayDeath,
    });
    const hosts = new SystemdHosts({
      caFile: join(options.certificatesDir, "ca.pem"),
      gatewayAddress: gateway.address,
      otherNames: options.proxy?.names.map((name) => ({ name, address: PROXY.address })),
      ...options,
      image,
      network,
    });
    const opened = gateway;
    let closing: Promise<void> | undefined;
    const close = async () => {
      await hosts.close();
      await opened.close();
      await network.close();
    };
    return { hosts, network, gateway, close: () => (closing ??= close()) };
  } catch (error) {
    await gateway?.close();
    await network.close();
    throw error;
  }
}

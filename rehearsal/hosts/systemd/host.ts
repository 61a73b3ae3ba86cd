import type { LaunchSpec } from "../../aws/host-driver";
import type { BlockDevices } from "./block-devices";
import type { Cgroup } from "./cgroups";
import type { Disk } from "./disk";
import type { JournalReader } from "./journal";
import type { MachineVolumes } from "./kept-volumes";
import type { SystemdMachine } from "./systemd-machine";

/** An instance between its launch and its end, whether its machine is on or off. */
export interface Host {
  spec: LaunchSpec;
  image: string;
  disk: Disk;
  volumes: BlockDevices;
  kept: MachineVolumes;
  cgroup: Cgroup;
  journal: JournalReader;
  machine?: SystemdMachine;
  /** Set while the machine is meant to be off. */
  offRequested: boolean;
  /** Operations on one machine run one after another. */
  queue: Promise<unknown>;
}

export function enqueue<T>(host: Host, operation: () => Promise<T>): Promise<T> {
  const result = host.queue.then(operation, operation);
  host.queue = result;
  return result;
}

export function hostName(spec: LaunchSpec): string {
  return `ip-${spec.privateIp.replaceAll(".", "-")}`;
}

import type { HostSetup } from "../../../contract/shared/host-setup";
import type { PackageFacts } from "../packages/facts";
import { namesOf } from "./devices";
import { countInstanceStores } from "./snapshot";

/**
 * Packages that the volumes lack on this machine. A device that has its name needs no program that asks its controller.
 *
 * @param disks number of disks of the instance type; overridden by tests
 */
export function storageNeeds({ storage }: HostSetup, { hasCommand, hasFile }: PackageFacts, disks = countInstanceStores()): string[] {
  if (storage === undefined) return [];
  const { volumes, instanceStore = false } = storage;
  const unnamed = volumes.some(({ device }) => !namesOf(device).some(hasFile));
  const formats = volumes.some(({ fromImage }) => !fromImage) || (instanceStore && disks > 0);
  const needs = [
    { due: formats, command: "mkfs.ext4", name: "e2fsprogs" },
    // That of xfs is missed later: what is on the device is not known yet.
    { due: volumes.some(({ grows }) => grows), command: "resize2fs", name: "e2fsprogs" },
    { due: unnamed && !hasCommand("ebsnvme-id"), command: "nvme", name: "nvme-cli" },
    { due: instanceStore && disks > 1, command: "mdadm", name: "mdadm" },
  ];
  return [...new Set(needs.filter(({ due, command }) => due && !hasCommand(command)).map(({ name }) => name))];
}

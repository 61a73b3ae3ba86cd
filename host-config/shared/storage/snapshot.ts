import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Exec } from "../prepare/stage";
import { type BlockDevice, type DeviceSnapshot, instanceStores, isEbs, nameInVendorArea, namesOf, nameOf } from "./devices";

/** A controller answers at once; one that does not is asked again with the next snapshot. */
const IDENTIFY_MS = 5_000;

export interface DeviceFolders {
  sys: string;
  dev: string;
}

const KERNEL: DeviceFolders = { sys: "/sys/block", dev: "/dev" };

/** @param devices EC2's names of those that are looked for */
export async function snapshotOf(devices: readonly string[], exec: Exec, folders: DeviceFolders = KERNEL): Promise<DeviceSnapshot> {
  const paths = devices.flatMap(namesOf).filter((path) => isBlockDevice(join(folders.dev, path.slice("/dev".length))));
  const blocks = blocksOf(folders);
  // Names that lead to each device need no answer of a controller.
  const all = devices.every((device) => namesOf(device).some((path) => paths.includes(path)));
  if (!all) for (const block of blocks) if (isEbs(block)) block.ec2Name = await askController(`/dev/${block.name}`, exec);
  return { blocks, paths };
}

export function countInstanceStores(folders: DeviceFolders = KERNEL): number {
  return instanceStores({ blocks: blocksOf(folders), paths: [] }).length;
}

function blocksOf({ sys }: DeviceFolders): BlockDevice[] {
  if (!existsSync(sys)) return [];
  return readdirSync(sys).map((name) => ({ name, model: modelOf(join(sys, name)), holders: entriesOf(join(sys, name, "holders")) }));
}

/** The kernel pads it to 40 characters. */
function modelOf(folder: string): string {
  const path = join(folder, "device/model");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isBlockDevice(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isBlockDevice() ?? false;
}

/** Amazon's own program where the image has it, else the general one. */
async function askController(path: string, exec: Exec): Promise<string | undefined> {
  const ask = (file: string, ...args: string[]) =>
    exec(file, [...args, path], { timeoutMs: IDENTIFY_MS }).then(
      ({ code, stdout }) => (code === 0 ? stdout : ""),
      () => "",
    );
  return nameOf(await ask("ebsnvme-id", "--block-dev")) ?? nameInVendorArea(await ask("nvme", "id-ctrl", "--vendor-specific"));
}

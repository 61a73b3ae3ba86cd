/**
 * Which block device is which. On Xen the kernel gives a volume the name that EC2 has for it, or the same with `xvd` for `sd`. On
 * Nitro all are NVMe devices in the order in which they answered: a volume's controller knows its name, and the model tells EBS's
 * from the instance's own disks.
 */

/** One entry of /sys/block, with what its controller says. */
export interface BlockDevice {
  /** The kernel's name, such as `nvme1n1`. */
  name: string;
  /** Empty where the kernel has none. */
  model: string;
  /** EC2's name, as an NVMe controller of EBS's reports it, with or without `/dev/`. */
  ec2Name?: string;
  /** Kernel's names of devices that are made of this one. */
  holders: readonly string[];
}

export interface DeviceSnapshot {
  blocks: readonly BlockDevice[];
  /** Paths in /dev that exist and lead to a block device, of those that were asked for. */
  paths: readonly string[];
}

const EBS_MODEL = "Amazon Elastic Block Store";
const INSTANCE_STORE_MODEL = "Amazon EC2 NVMe Instance Storage";

/** Where a kernel or udev may have a device of this name. */
export function namesOf(device: string): string[] {
  const bare = withoutPrefix(device);
  return [...new Set([device, `/dev/sd${bare}`, `/dev/xvd${bare}`])];
}

export function isEbs({ model }: BlockDevice): boolean {
  return model === EBS_MODEL;
}

/** The path by which the device can be opened; undefined if it is not there (yet). */
export function pathOf(device: string, { blocks, paths }: DeviceSnapshot): string | undefined {
  const named = namesOf(device).find((path) => paths.includes(path));
  if (named !== undefined) return named;
  const found = blocks.find((block) => block.ec2Name !== undefined && withoutPrefix(block.ec2Name) === withoutPrefix(device));
  return found && `/dev/${found.name}`;
}

/** The disks of the instance type, by name, so that every boot has them in one order. */
export function instanceStores({ blocks }: DeviceSnapshot): BlockDevice[] {
  return blocks.filter(({ model }) => model === INSTANCE_STORE_MODEL).sort((a, b) => a.name.localeCompare(b.name));
}

/** Of `nvme id-ctrl --vendor-specific`: EC2's name is in the first 32 bytes of the vendor's area, padded with spaces or zeros. */
export function nameInVendorArea(text: string): string | undefined {
  const rows = ["0000", "0010"].map((offset) => new RegExp(`^${offset}:((?: [0-9a-f]{2}){16})`, "m").exec(text)?.[1] ?? "");
  const bytes = rows.join("").split(" ").filter(Boolean);
  const name = bytes.map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join("");
  return nameOf(name);
}

/** The output of `ebsnvme-id --block-dev`, or the text of a vendor's area: a name of EC2's, or nothing. */
export function nameOf(text: string): string | undefined {
  return /^(?:\/dev\/)?(?:sd|xvd)[a-z]+\d*/.exec(text.trim())?.[0];
}

function withoutPrefix(name: string): string {
  return name.replace(/^(?:\/dev\/)?(?:sd|xvd)/, "");
}

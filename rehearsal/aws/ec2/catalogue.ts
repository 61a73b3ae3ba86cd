import { createHash } from "node:crypto";

/** EC2's names for the processor architectures. */
type Architecture = "x86_64" | "arm64";

export interface InstanceTypeFacts {
  name: string;
  vcpus: number;
  memoryMib: number;
  architecture: Architecture;
  hibernation: boolean;
  /** Whether an instance can run virtual machines, with `CpuOptions.NestedVirtualization`. */
  nestedVirtualization?: boolean;
  /** Disks of its own, all alike. */
  disks?: InstanceDisks;
}

interface InstanceDisks {
  count: number;
  /** GB, as EC2 reports it. */
  size: number;
}

/** By size. The variants of these families with disks have a `d` in their name. */
const DISKS: Readonly<Record<string, InstanceDisks>> = {
  medium: { count: 1, size: 59 },
  large: { count: 1, size: 118 },
  xlarge: { count: 1, size: 237 },
  "2xlarge": { count: 1, size: 474 },
  "4xlarge": { count: 1, size: 950 },
  "8xlarge": { count: 1, size: 1900 },
  "12xlarge": { count: 2, size: 1425 },
  "16xlarge": { count: 2, size: 1900 },
};
const WITH_DISKS = ["m6id", "m7gd", "c6id"];
const WITH_NESTED_VIRTUALIZATION = ["c8i", "m8i", "r8i"];

/**
 * Families with their architecture and memory per vCPU in GiB. EC2 supports hibernation for instances with less than
 * 150 GiB of memory, never on bare metal.
 */
const FAMILIES: [family: string, architecture: Architecture, gibPerVcpu: number][] = [
  ["m5", "x86_64", 4],
  ["m5a", "x86_64", 4],
  ["m6i", "x86_64", 4],
  ["m6id", "x86_64", 4],
  ["m6a", "x86_64", 4],
  ["m7i", "x86_64", 4],
  ["m7a", "x86_64", 4],
  ["m6g", "arm64", 4],
  ["m7g", "arm64", 4],
  ["m7gd", "arm64", 4],
  ["m8g", "arm64", 4],
  ["m8i", "x86_64", 4],
  ["c5", "x86_64", 2],
  ["c6i", "x86_64", 2],
  ["c6id", "x86_64", 2],
  ["c6a", "x86_64", 2],
  ["c7i", "x86_64", 2],
  ["c7a", "x86_64", 2],
  ["c8i", "x86_64", 2],
  ["c6g", "arm64", 2],
  ["c7g", "arm64", 2],
  ["c8g", "arm64", 2],
  ["r5", "x86_64", 8],
  ["r6i", "x86_64", 8],
  ["r7i", "x86_64", 8],
  ["r7a", "x86_64", 8],
  ["r8i", "x86_64", 8],
  ["r6g", "arm64", 8],
  ["r7g", "arm64", 8],
];

const SIZES: [size: string, vcpus: number][] = [
  ["large", 2],
  ["xlarge", 4],
  ["2xlarge", 8],
  ["4xlarge", 16],
  ["8xlarge", 32],
  ["12xlarge", 48],
  ["16xlarge", 64],
];

/** Burstable sizes differ in memory, not in vCPUs, up to large. */
const BURSTABLE_SIZES: [size: string, vcpus: number, memoryGib: number][] = [
  ["nano", 2, 0.5],
  ["micro", 2, 1],
  ["small", 2, 2],
  ["medium", 2, 4],
  ["large", 2, 8],
  ["xlarge", 4, 16],
  ["2xlarge", 8, 32],
];

const BURSTABLE: [family: string, architecture: Architecture][] = [
  ["t3", "x86_64"],
  ["t3a", "x86_64"],
  ["t4g", "arm64"],
];

const HIBERNATION_LIMIT_GIB = 150;

/** Every instance type of the stand-in, by name. */
export const instanceTypes: ReadonlyMap<string, InstanceTypeFacts> = new Map(
  [
    ...BURSTABLE.flatMap(([family, architecture]) =>
      BURSTABLE_SIZES.map(([size, vcpus, gib]) => facts(`${family}.${size}`, architecture, vcpus, gib)),
    ),
    ...FAMILIES.flatMap(([family, architecture, perVcpu]) =>
      // Graviton and the 7a families have a one-vCPU size; the others start at large.
      [...(architecture === "arm64" || /^[mcr]7a$/.test(family) ? [["medium", 1] as [string, number]] : []), ...SIZES]
        .filter(([size]) => !(family === "c5" && (size === "8xlarge" || size === "16xlarge"))) // c5 has 9x and 18x
        .map(([size, vcpus]) => facts(`${family}.${size}`, architecture, vcpus, vcpus * perVcpu)),
    ),
  ].map((type) => [type.name, type]),
);

function facts(name: string, architecture: Architecture, vcpus: number, memoryGib: number): InstanceTypeFacts {
  const hibernation = memoryGib < HIBERNATION_LIMIT_GIB;
  const [family, size] = name.split(".") as [string, string];
  const disks = WITH_DISKS.includes(family) ? DISKS[size] : undefined;
  const nested = WITH_NESTED_VIRTUALIZATION.includes(family) && { nestedVirtualization: true };
  return { name, vcpus, memoryMib: memoryGib * 1024, architecture, hibernation, ...nested, ...(disks && { disks }) };
}

export interface ImageFacts {
  id: string;
  name: string;
  owner: string;
  architecture: string;
  rootDeviceName: string;
  /** Size of the root device's snapshot; the root volume must not be smaller. */
  rootVolumeGib: number;
  snapshotId: string;
  /** Besides the root device. */
  devices: ImageVolume[];
}

export interface ImageVolume {
  deviceName: string;
  /** Of the snapshot; the volume must not be smaller. */
  sizeGib: number;
  snapshotId: string;
}

/** An image of the account's own, as a scenario names it. */
export interface OwnImage {
  architecture: string;
  rootDeviceName: string;
  /** Default 8. */
  rootVolumeGib?: number;
  /** Volumes besides the root device. */
  devices?: readonly Omit<ImageVolume, "snapshotId">[];
  name?: string;
  ownerId?: string;
}

const UBUNTU_OWNER = "099720109477"; // Canonical
/** Date of the images, which ends the name of each. */
const UBUNTU_SERIAL = "20261105";

function image(name: string, architecture: Architecture): ImageFacts {
  const digest = createHash("sha256").update(name).digest("hex");
  return {
    id: `ami-${digest.slice(0, 17)}`,
    name: `${name}-${UBUNTU_SERIAL}`,
    owner: UBUNTU_OWNER,
    architecture,
    rootDeviceName: "/dev/sda1",
    rootVolumeGib: 8,
    snapshotId: `snap-${digest.slice(17, 34)}`,
    devices: [],
  };
}

const UBUNTU_RELEASES: [release: string, codename: string, volume: string][] = [
  ["22.04", "jammy", "ebs-gp2"],
  ["24.04", "noble", "ebs-gp3"],
];

const ARCHITECTURES: [ubuntu: string, ec2: Architecture][] = [
  ["amd64", "x86_64"],
  ["arm64", "arm64"],
];

/** Public SSM parameters that hold image ids, by parameter name. */
export const publicParameters: ReadonlyMap<string, string> = new Map(
  UBUNTU_RELEASES.flatMap(([release, codename, volume]) =>
    ARCHITECTURES.map(([ubuntu, architecture]) => {
      const name = `ubuntu/images/hvm-ssd/ubuntu-${codename}-${release}-${ubuntu}-server`;
      const path = `/aws/service/canonical/ubuntu/server/${release}/stable/current/${ubuntu}/hvm/${volume}/ami-id`;
      return [path, image(name, architecture).id] as const;
    }),
  ),
);

/** Every image of the stand-in, by id. */
export const images: ReadonlyMap<string, ImageFacts> = new Map(
  UBUNTU_RELEASES.flatMap(([release, codename]) =>
    ARCHITECTURES.map(([ubuntu, architecture]) => {
      const facts = image(`ubuntu/images/hvm-ssd/ubuntu-${codename}-${release}-${ubuntu}-server`, architecture);
      return [facts.id, facts] as const;
    }),
  ),
);

/** An image by id: one of the stand-in's, or one of the account's own. */
export function findImage(id: string, own: Readonly<Record<string, OwnImage>> = {}, accountId = ""): ImageFacts | undefined {
  const found = own[id];
  if (images.has(id) || found === undefined) return images.get(id);
  const { architecture, rootDeviceName, rootVolumeGib = 8, name = id, ownerId = accountId } = found;
  const snapshotId = `snap-${id.replace(/^ami-/, "")}`;
  const devices = (found.devices ?? []).map((device) => ({ ...device, snapshotId: `${snapshotId}${device.deviceName.slice(-1)}` }));
  return { id, name, owner: ownerId, architecture, rootDeviceName, rootVolumeGib, snapshotId, devices };
}

/** All that an image maps, the root device first. */
export function volumesOf({ rootDeviceName, rootVolumeGib, snapshotId, devices }: ImageFacts): ImageVolume[] {
  return [{ deviceName: rootDeviceName, sizeGib: rootVolumeGib, snapshotId }, ...devices];
}

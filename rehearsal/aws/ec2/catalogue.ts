import { createHash } from "node:crypto";

/** EC2's names for the processor architectures. */
type Architecture = "x86_64" | "arm64";

export interface InstanceTypeFacts {
  name: string;
  vcpus: number;
  memoryMib: number;
  architecture: Architecture;
  hibernation: boolean;
}

/**
 * Families with their architecture and memory per vCPU in GiB. EC2 supports hibernation for instances with less than
 * 150 GiB of memory, never on bare metal.
 */
const FAMILIES: [family: string, architecture: Architecture, gibPerVcpu: number][] = [
  ["m5", "x86_64", 4],
  ["m5a", "x86_64", 4],
  ["m6i", "x86_64", 4],
  ["m6a", "x86_64", 4],
  ["m7i", "x86_64", 4],
  ["m7a", "x86_64", 4],
  ["m6g", "arm64", 4],
  ["m7g", "arm64", 4],
  ["m8g", "arm64", 4],
  ["c5", "x86_64", 2],
  ["c6i", "x86_64", 2],
  ["c6a", "x86_64", 2],
  ["c7i", "x86_64", 2],
  ["c7a", "x86_64", 2],
  ["c6g", "arm64", 2],
  ["c7g", "arm64", 2],
  ["c8g", "arm64", 2],
  ["r5", "x86_64", 8],
  ["r6i", "x86_64", 8],
  ["r7i", "x86_64", 8],
  ["r7a", "x86_64", 8],
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
  return { name, vcpus, memoryMib: memoryGib * 1024, architecture, hibernation };
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
}

/** An image of the account's own, as a scenario names it. */
export interface OwnImage {
  architecture: string;
  rootDeviceName: string;
  /** Default 8. */
  rootVolumeGib?: number;
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
  return { id, name, owner: ownerId, architecture, rootDeviceName, rootVolumeGib, snapshotId: `snap-${id.replace(/^ami-/, "")}` };
}

import { dockerMode } from "../docker-mode";
import { DockerMode } from "../host-args/docker";
import type { HostSettings } from "../host-args/settings";
import { type VolumeArgs, VolumeType } from "../host-args/volumes";
import { notAList, type Violation, violation } from "../input-errors";
import { ebsViolations } from "./ebs";
import { mountPointViolations } from "./mount-points";

const MOST_VOLUMES = 10;
/** As EC2 names devices; on Xen the kernel has `xvd` for EC2's `sd`. */
const DEVICE = /^\/dev\/(sd|xvd)[a-z]{1,2}\d{0,2}$/;
const FREE_SPACE = { min: 1, max: 1024 };
const FREE_INODES = { min: 1, max: 40 };
/** What ext4 keeps for itself (inode tables, journal, 1 % for root), as a share of the volume. */
const OVERHEAD = 1.05;

/** Folders besides the system's in which nothing may be mounted: those that the component needs. */
export interface ReservedFolders {
  reserved: readonly string[];
}

/** Checks the arguments of volumes and disk floors. What the image decides is checked once it is known (components/shared/image-devices.ts). */
export function volumeViolations(settings: HostSettings, { reserved }: ReservedFolders): Violation[] {
  const { volumes = [] } = settings;
  if (!Array.isArray(volumes)) return [notAList("volumes", volumes)];
  const broken = volumes.findIndex((one: unknown) => typeof one !== "object" || one === null);
  if (broken >= 0) return [violation(`volumes[${broken}]`, volumes[broken], "not a volume", "Give at least mountPoint and size")];
  const floor = floorViolations(settings);
  return [
    ...rootVolumeViolations(settings, settings.rootVolumeSize),
    ...numberViolations(volumes),
    ...mountPointViolations(
      volumes.map(({ mountPoint }) => mountPoint),
      reserved,
    ),
    ...volumes.flatMap((volume, index) => ownViolations(volume, index)),
    ...deviceViolations(volumes),
    ...dockerViolations(settings, volumes),
    ...instanceStoreViolations(settings, volumes),
    ...floor,
    ...(floor.length > 0 ? [] : volumes.flatMap((volume, index) => roomViolations(settings, volume, index, volume.size))),
  ];
}

/** @param size GiB; undefined while the image decides it */
export function rootVolumeViolations(settings: HostSettings, size: number | undefined): Violation[] {
  const { rootVolumeType: type, rootVolumeIops: iops, rootVolumeThroughput: throughput } = settings;
  const fields = { type: "rootVolumeType", size: "rootVolumeSize", iops: "rootVolumeIops", throughput: "rootVolumeThroughput" };
  return ebsViolations({ type, size, iops, throughput }, fields, "root");
}

/** @param size GiB; undefined while the image decides it */
export function ebsVolumeViolations({ type = VolumeType.Gp3, iops, throughput }: VolumeArgs, index: number, size?: number): Violation[] {
  const field = (name: string) => `volumes[${index}].${name}`;
  const fields = { type: field("type"), size: field("size"), iops: field("iops"), throughput: field("throughput") };
  return ebsViolations({ type, size, iops, throughput }, fields, "data");
}

function numberViolations(volumes: readonly VolumeArgs[]): Violation[] {
  if (volumes.length <= MOST_VOLUMES) return [];
  const mounted = volumes.map(({ mountPoint }) => mountPoint);
  return [violation("volumes", mounted, `more than ${MOST_VOLUMES}`, "Use fewer, larger volumes")];
}

function ownViolations(volume: VolumeArgs, index: number): Violation[] {
  if (volume.size === undefined && volume.device === undefined)
    return [violation(`volumes[${index}].size`, undefined, "a new volume has no default", "Set whole GiB, or device for one of the image")];
  return ebsVolumeViolations(volume, index, volume.size);
}

function deviceViolations(volumes: readonly VolumeArgs[]): Violation[] {
  return volumes.flatMap(({ device }, index) => {
    if (device === undefined) return [];
    const refuse = (problem: string, remedy: string) => [violation(`volumes[${index}].device`, device, problem, remedy)];
    if (!DEVICE.test(device)) return refuse("not EC2's name of a device", "Use one of the image's, such as /dev/sdb, or remove it");
    const first = volumes.findIndex((other) => other.device === device);
    return first < index ? refuse(`volumes[${first}] has it`, "Name each device of the image once") : [];
  });
}

/** Without Docker nothing would ever be on it. */
function dockerViolations(settings: HostSettings, volumes: readonly VolumeArgs[]): Violation[] {
  if (dockerMode(settings) !== DockerMode.None) return [];
  return volumes.flatMap(({ mountPoint }, index) =>
    mountPoint === "docker"
      ? [
          violation(
            `volumes[${index}].mountPoint`,
            mountPoint,
            "jobs have no Docker",
            "Set docker to rootless or root, or remove the volume",
          ),
        ]
      : [],
  );
}

function instanceStoreViolations({ useInstanceStore, warmPool }: HostSettings, volumes: readonly VolumeArgs[]): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation("useInstanceStore", useInstanceStore, problem, remedy)];
  // A stack's configuration may contain the text "false", which would count as true.
  if (typeof useInstanceStore !== "boolean") return refuse("not a boolean", "Use true or false, without quotes");
  if (!useInstanceStore) return [];
  const taken = volumes.findIndex(({ mountPoint }) => mountPoint === "work" || mountPoint === "docker");
  return [
    ...(warmPool?.state === "Hibernated"
      ? refuse(
          "an instance loses its instance store when it hibernates, and would resume with a file system on an empty device",
          "Set warmPool.state to Stopped, or remove useInstanceStore",
        )
      : []),
    ...(taken < 0
      ? []
      : refuse(
          `it holds the work folder and Docker's data, and volumes[${taken}] is mounted at ${volumes[taken]!.mountPoint}`,
          "Remove one of the two",
        )),
  ];
}

function floorViolations({ diskFloor: { freeSpace, freeInodes } }: HostSettings): Violation[] {
  const found: Violation[] = [];
  if (!isWithin(freeSpace, FREE_SPACE)) {
    const problem = `outside ${FREE_SPACE.min} to ${FREE_SPACE.max} GiB`;
    found.push(violation("diskFloor.freeSpace", freeSpace, problem, "Use a number of GiB in this range"));
  }
  if (!isWithin(freeInodes, FREE_INODES)) {
    const problem = `outside ${FREE_INODES.min} to ${FREE_INODES.max} %, and at its launch an instance must have twice as many`;
    found.push(violation("diskFloor.freeInodes", freeInodes, problem, "Use a percentage in this range"));
  }
  return found;
}

/** A text of a stack's configuration would pass as a number, up to where the host reads it. */
function isWithin(value: unknown, { min, max }: { min: number; max: number }): boolean {
  return typeof value === "number" && value >= min && value <= max;
}

/**
 * On a volume that jobs depend on: with less than twice the floor each launch would be abandoned.
 *
 * @param size GiB; undefined while the image decides it
 */
export function roomViolations(
  { diskFloor: { freeSpace } }: HostSettings,
  { mountPoint }: VolumeArgs,
  index: number,
  size: number | undefined,
): Violation[] {
  if ((mountPoint !== "work" && mountPoint !== "docker") || size === undefined) return [];
  const needed = roomOf(freeSpace);
  if (size >= needed) return [];
  const problem = `at its launch an instance must have twice diskFloor.freeSpace = ${freeSpace} GiB free there`;
  return [violation(`volumes[${index}].size`, size, problem, `Use at least ${needed} GiB, or lower diskFloor.freeSpace`)];
}

/**
 * The same of the disks of an instance type, on which jobs depend where the pool uses them.
 *
 * @param storage GB of all of its disks together; 0 if it has none
 */
export function instanceStoreRoomViolations(
  { diskFloor: { freeSpace }, useInstanceStore }: HostSettings,
  { instanceType, storage }: { instanceType: string; storage: number },
): Violation[] {
  const size = Math.floor((storage * 1e9) / 2 ** 30);
  if (!useInstanceStore || storage === 0 || size >= roomOf(freeSpace)) return [];
  const problem = `the instance store of ${instanceType} has ${size} GiB, and at its launch an instance must have twice the floor free there`;
  return [violation("diskFloor.freeSpace", freeSpace, problem, "Lower it, use another instance type, or remove useInstanceStore")];
}

/** GiB of a file system that jobs depend on. */
function roomOf(freeSpace: number): number {
  return Math.ceil(2 * freeSpace * OVERHEAD) + 1;
}

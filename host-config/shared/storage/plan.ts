/** Decides what is mounted where, and whether a device may be formatted. Has no effects. */
import { CONTAINERD, HOST_PATHS, engineRoot, workFolder } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";

/** Of containerd on Docker's volume: no name that Docker itself has there. */
const CONTAINERD_FOLDER = "ci-runners-containerd";

/** Jobs bring no set-user-id programs or devices onto a volume of theirs; programs they do run there. */
const FOR_JOBS = ["nosuid", "nodev"] as const;
/** Layers of images hold both. */
const FOR_ENGINE = [] as const;

type Owner = "root" | "user";

/** A file system that jobs reach only by its parts, each with options of its own. */
const WITH_PARTS = { options: FOR_ENGINE, owner: "root", mode: 0o700 } as const;

/** A file system of a device of its own. */
export interface MountPlan {
  mountPoint: string;
  /** Of the file system, by which a later boot knows it again. ext4 has room for 16 bytes. */
  label: string;
  options: readonly string[];
  owner: Owner;
  mode: number;
}

export interface VolumePlan extends MountPlan {
  /** EC2's name. */
  device: string;
  fromImage: boolean;
  grows: boolean;
  /** The image may have files at its mount point, which the volume is meant to replace. */
  replaces: boolean;
}

/** A folder of one file system that is also reached by another path. */
export interface BindPlan {
  source: string;
  mountPoint: string;
  options: readonly string[];
  owner: Owner;
  mode: number;
}

export interface StoragePlan {
  volumes: VolumePlan[];
  /** Parts of volumes. */
  ofVolumes: BindPlan[];
  /** The instance store's own file system, if it is asked for. Root's alone: jobs reach their parts by the binds. */
  scratch?: MountPlan;
  /** Of the instance store; without any disk these are plain folders on the root volume. */
  ofScratch: BindPlan[];
  /** Of Docker's volume. */
  ofEngine: BindPlan[];
}

export function planOf(setup: HostSetup): StoragePlan {
  const { storage } = setup;
  const volumes = (storage?.volumes ?? []).map(({ device, mountPoint, fromImage = false, grows = false, parts }, index): VolumePlan => {
    const label = `ci-${index}`;
    const replaces = mountPoint === HOST_PATHS.work || mountPoint === engineRoot(setup);
    const place = parts === undefined ? placeOf(mountPoint, setup) : { mountPoint, ...WITH_PARTS };
    return { device, label, fromImage, grows, replaces, ...place };
  });
  const onVolume = setup.docker === "root" && volumes.some(({ mountPoint }) => mountPoint === engineRoot(setup));
  return {
    volumes,
    ofVolumes: (storage?.volumes ?? []).flatMap((volume) =>
      (volume.parts ?? []).map(({ folder, mountPoint }) => bindOf(`${volume.mountPoint}/${folder}`, mountPoint, setup)),
    ),
    ...(storage?.instanceStore ? { scratch: { mountPoint: HOST_PATHS.scratch, label: "ci-store", ...WITH_PARTS } } : {}),
    ofScratch: storage?.instanceStore ? scratchBinds(setup) : [],
    ofEngine: onVolume ? [bindOf(`${engineRoot(setup)}/${CONTAINERD_FOLDER}`, CONTAINERD, setup)] : [],
  };
}

function scratchBinds(setup: HostSetup): BindPlan[] {
  const engine = engineRoot(setup);
  return [
    bindOf(`${HOST_PATHS.scratch}/work`, workFolder(setup)!, setup),
    ...(engine === undefined ? [] : [bindOf(`${HOST_PATHS.scratch}/docker`, engine, setup)]),
    ...(setup.docker === "root" ? [bindOf(`${HOST_PATHS.scratch}/containerd`, CONTAINERD, setup)] : []),
  ];
}

function bindOf(source: string, mountPoint: string, setup: HostSetup): BindPlan {
  return { source, ...placeOf(mountPoint, setup) };
}

/** The rootless engine runs as the job's user; the system's own as root, which sets the mode of its folder itself. */
function placeOf(mountPoint: string, setup: HostSetup): Omit<MountPlan, "label"> {
  if (mountPoint === CONTAINERD) return { mountPoint, options: FOR_ENGINE, owner: "root", mode: 0o711 };
  if (mountPoint !== engineRoot(setup)) return { mountPoint, options: FOR_JOBS, owner: "user", mode: 0o755 };
  const rootless = setup.docker === "rootless";
  return { mountPoint, options: FOR_ENGINE, owner: rootless ? "user" : "root", mode: rootless ? 0o700 : 0o710 };
}

/** Every mount point of the plan, for the units that need them. */
export function mountPointsOf({ volumes, ofVolumes, scratch, ofScratch, ofEngine }: StoragePlan): string[] {
  return [...volumes, ...ofVolumes, ...(scratch === undefined ? [] : [scratch]), ...ofScratch, ...ofEngine].map(
    ({ mountPoint }) => mountPoint,
  );
}

/** What `blkid` finds on a device. */
export interface Signature {
  /** Type of a file system, or of what else has a signature of its own, such as a partition table. Undefined: nothing. */
  type?: string;
  label?: string;
}

/**
 * Of `blkid -p -o export` of a device that can be read: it exits with 2 if there is no signature at all, and also if it could read nothing.
 * Anything but a single clear one must not be taken for none.
 */
export function signatureOf({ code, stdout }: { code: number; stdout: string }): Signature {
  if (code === 2) return {};
  const field = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(stdout)?.[1];
  const table = field("PTTYPE");
  return { type: field("TYPE") ?? (table === undefined ? "unknown" : `partition table ${table}`), label: field("LABEL") };
}

export type Treatment = "format" | "use" | "foreign";

/** What has a signature is never formatted. `foreign`: it is not what was asked for. */
export function treatmentOf({ label, fromImage }: Pick<VolumePlan, "label" | "fromImage">, found: Signature): Treatment {
  if (fromImage) return found.type === "ext4" || found.type === "xfs" ? "use" : "foreign";
  if (found.type === undefined) return "format";
  return found.type === "ext4" && found.label === label ? "use" : "foreign";
}

export type ArrayTreatment = "create" | "assemble" | "foreign";

/** Of the disks of an instance store that are to be striped. */
export function arrayTreatmentOf(found: readonly Signature[]): ArrayTreatment {
  if (found.every(({ type }) => type === undefined)) return "create";
  return found.every(({ type }) => type === "linux_raid_member") ? "assemble" : "foreign";
}

/** The kernel's name would depend on the order of the boot. */
export const ARRAY = "/dev/md/ci-runners";

export function arrayCommand(treatment: Exclude<ArrayTreatment, "foreign">, disks: readonly string[]): string[] {
  if (treatment === "assemble") return ["mdadm", "--assemble", "--run", ARRAY, ...disks];
  const shape = ["--level=0", `--raid-devices=${disks.length}`, "--name=ci-runners", "--assume-clean", "--run"];
  return ["mdadm", "--create", ARRAY, ...shape, ...disks];
}

/** 1 % for root, so that a full volume can still be repaired. Discarding hundreds of GiB of a new volume would only cost time. */
export function formatCommand(path: string, label: string): string[] {
  return ["mkfs.ext4", "-q", "-m", "1", "-E", "nodiscard", "-L", label, path];
}

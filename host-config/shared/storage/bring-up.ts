/** The order in which a machine's volumes come up; what happens to each is decided in plan.ts. */
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostClock } from "../ports/clock";
import type { Log } from "../ports/log";
import { PrepareError } from "../prepare/prepare-error";
import type { Exec, HostUser } from "../prepare/stage";
import { type DeviceSnapshot, instanceStores, pathOf } from "./devices";
import { type FileSystems, lastLine, runOf } from "./file-systems";
import { ARRAY, arrayCommand, arrayTreatmentOf, type BindPlan, type MountPlan, planOf, type VolumePlan, treatmentOf } from "./plan";

/** EBS attaches volumes before the boot; a loaded machine may be late to find them. */
const APPEARS_MS = 30_000;
const PAUSE_MS = 1_000;

export interface StorageEffects {
  exec: Exec;
  clock: HostClock;
  log: Log;
  fileSystems: FileSystems;
  snapshot(devices: readonly string[], exec: Exec): Promise<DeviceSnapshot>;
  /** Aborted when the time for all of them is over. */
  signal: AbortSignal;
  createMountPoint(path: string): void;
  /** Rejects what the image has in a folder that a volume is about to hide. */
  checkHidden(path: string): void;
  give(path: string, owner: { uid: number; gid: number }, mode: number): void;
}

type JobUser = Pick<HostUser, "uid" | "gid">;

export async function bringUp(setup: HostSetup, user: JobUser, effects: StorageEffects): Promise<void> {
  const plan = planOf(setup);
  for (const volume of plan.volumes) await mountVolume(volume, user, effects);
  for (const bind of plan.ofVolumes) await mountPart(bind, user, effects);
  if (plan.scratch !== undefined) await mountInstanceStore(plan.scratch, plan.ofScratch, user, effects);
  for (const bind of plan.ofEngine) await mountPart(bind, user, effects);
}

async function mountVolume(volume: VolumePlan, user: JobUser, effects: StorageEffects): Promise<void> {
  const { device, mountPoint, fromImage, grows, replaces } = volume;
  const { fileSystems, log } = effects;
  const path = await appeared(device, effects);
  effects.createMountPoint(mountPoint);
  const mounted = await fileSystems.isMounted(path, mountPoint);
  const found = await fileSystems.signature(path);
  const treatment = treatmentOf(volume, found);
  if (treatment === "foreign" && fromImage)
    throw new PrepareError(
      `storage: ${device} of the image has no file system that can be mounted (found: ${found.type ?? "none"}): format it as ext4 or xfs, without partitions`,
    );
  if (treatment === "foreign")
    throw new PrepareError(`storage: ${device} has a file system of type ${found.type}, which a new volume has not: is it another device?`);
  if (!mounted) {
    if (!replaces) effects.checkHidden(mountPoint);
    if (treatment === "format") await fileSystems.format(path, volume.label);
    await fileSystems.mount(path, volume);
  } else if (fromImage) await fileSystems.remount(volume);
  // Also where it was mounted before: by the image itself, or by a run that was cut short.
  if (grows) await fileSystems.grow(path, mountPoint, found.type);
  effects.give(mountPoint, ownerOf(volume, user), volume.mode);
  if (!mounted) log.info("volume mounted", { device, mountPoint, formatted: treatment === "format" });
}

/** The path of the device, once there is one. */
async function appeared(device: string, { clock, snapshot, exec, signal }: StorageEffects): Promise<string> {
  const end = clock.now() + APPEARS_MS;
  for (;;) {
    const path = pathOf(device, await snapshot([device], exec));
    if (path !== undefined) return path;
    if (signal.aborted) throw new Error(`${device} did not appear before the time was over`);
    if (clock.now() >= end)
      throw new PrepareError(`storage: ${device} did not appear within ${APPEARS_MS / 1000} s: is the volume attached?`);
    await clock.sleep(PAUSE_MS);
  }
}

async function mountInstanceStore(scratch: MountPlan, binds: readonly BindPlan[], user: JobUser, effects: StorageEffects): Promise<void> {
  const { fileSystems, log, createMountPoint } = effects;
  const path = await storePath(effects);
  if (path === undefined) {
    log.info("no instance store on this type");
    for (const { mountPoint, mode, ...bind } of binds) {
      createMountPoint(mountPoint);
      // Docker makes its own.
      if (bind.owner === "user") effects.give(mountPoint, ownerOf(bind, user), mode);
    }
    return;
  }
  const { mountPoint } = scratch;
  createMountPoint(mountPoint);
  if (!(await fileSystems.isMounted(path, mountPoint))) {
    const found = await fileSystems.signature(path);
    const treatment = treatmentOf({ ...scratch, fromImage: false }, found);
    if (treatment === "foreign")
      throw new PrepareError(
        `storage: ${path} has a file system of type ${found.type}, which an instance store has not: is it another device?`,
      );
    if (treatment === "format") {
      log.warn("the instance store is empty: formatted anew", { device: path });
      await fileSystems.format(path, scratch.label);
    }
    await fileSystems.mount(path, scratch);
    log.info("volume mounted", { device: path, mountPoint, formatted: treatment === "format" });
  }
  effects.give(mountPoint, ROOT, scratch.mode);
  for (const bind of binds) await mountPart(bind, user, effects);
}

const ROOT = { uid: 0, gid: 0 };

/** The instance store as one device; undefined where the type has none. */
async function storePath({ snapshot, exec, fileSystems }: StorageEffects): Promise<string | undefined> {
  const disks = instanceStores(await snapshot([], exec));
  const [first] = disks;
  if (first === undefined) return undefined;
  const paths = disks.map(({ name }) => `/dev/${name}`);
  if (disks.length === 1) return paths[0];
  // udev has put it together, under a name of its own.
  const array = first.holders.find((holder) => holder.startsWith("md"));
  if (array !== undefined) return `/dev/${array}`;
  const found = await Promise.all(paths.map((path) => fileSystems.signature(path)));
  const treatment = arrayTreatmentOf(found);
  const types = found.map(({ type }) => type ?? "nothing").join(" and ");
  if (treatment === "foreign")
    throw new PrepareError(`storage: the disks of the instance store hold ${types}: they can be striped only if all are empty`);
  const result = await runOf(exec, arrayCommand(treatment, paths));
  if (result.code !== 0) throw new PrepareError(`storage: the disks of the instance store could not be striped: ${lastLine(result)}`);
  return ARRAY;
}

/** A folder of a mounted file system at its second path. */
async function mountPart(bind: BindPlan, user: JobUser, { fileSystems, createMountPoint, give }: StorageEffects): Promise<void> {
  createMountPoint(bind.source);
  createMountPoint(bind.mountPoint);
  give(bind.source, ownerOf(bind, user), bind.mode);
  await fileSystems.bind(bind);
}

function ownerOf({ owner }: Pick<MountPlan, "owner">, user: JobUser): JobUser {
  return owner === "user" ? user : ROOT;
}

import { HOST_PATHS, engineRoot } from "../../../contract/shared/host-paths";
import { DISK_FLOOR, type HostSetup, type HostVolume } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";
import { type ImageDevice, placedVolumes } from "../placed-volumes";
import { dockerSetup } from "./docker";

/** @param imageDevices all of the image's devices; while they are not known, none: each name has the same length */
export function storageSetup(settings: HostSettings, imageDevices: readonly ImageDevice[]): Pick<HostSetup, "storage" | "diskFloor"> {
  const { volumes = [], useInstanceStore } = settings;
  const storage = volumes.length > 0 || useInstanceStore;
  return {
    ...(storage ? { storage: { volumes: hostVolumes(settings, imageDevices), ...(useInstanceStore ? { instanceStore: true } : {}) } } : {}),
    ...floorSetup(settings),
  };
}

function hostVolumes(settings: HostSettings, imageDevices: readonly ImageDevice[]): HostVolume[] {
  return placedVolumes(settings.volumes ?? [], imageDevices).map(({ device, volume }) => ({
    device,
    mountPoint: folderOf(volume.mountPoint, settings),
    ...(volume.device === undefined ? {} : { fromImage: true as const, ...(volume.size === undefined ? {} : { grows: true as const }) }),
  }));
}

function folderOf(mountPoint: string, settings: HostSettings): string {
  if (mountPoint === "work") return HOST_PATHS.work;
  // Without Docker it is refused.
  if (mountPoint === "docker") return engineRoot(dockerSetup(settings)) ?? mountPoint;
  return mountPoint;
}

function floorSetup({ diskFloor: { freeSpace, freeInodes } }: HostSettings): Pick<HostSetup, "diskFloor"> {
  const usual = freeSpace === DISK_FLOOR.freeSpace && freeInodes === DISK_FLOOR.freeInodes;
  return usual ? {} : { diskFloor: { freeSpace, freeInodes } };
}

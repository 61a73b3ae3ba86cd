import type { HostSettings } from "./host-args/settings";
import type { VolumeArgs } from "./host-args/volumes";
import { ebsVolumeViolations, roomViolations } from "./host-rules/volumes";
import { type Violation, violation } from "./input-errors";
import { type ImageDevice, placedVolumes } from "./placed-volumes";

/** Checks the volumes against the image. */
export function imageDeviceViolations(
  settings: HostSettings,
  image: { id: string; rootDevice: string; devices: readonly ImageDevice[] },
): Violation[] {
  const { volumes = [] } = settings;
  const found = volumes.flatMap((volume, index) =>
    volume.device === undefined ? [] : ofDevice(settings, volume, volume.device, index, image),
  );
  if (found.length > 0) return found;
  const unplaced = placedVolumes(volumes, image.devices).findIndex(({ device }) => device === "");
  if (unplaced < 0) return [];
  const problem = `image ${image.id} uses so many of the names from /dev/sdf to /dev/sdp that none is left for this volume`;
  return [violation(`volumes[${unplaced}].mountPoint`, volumes[unplaced]!.mountPoint, problem, "Use fewer volumes or another image")];
}

function ofDevice(
  settings: HostSettings,
  volume: VolumeArgs,
  device: string,
  index: number,
  { id, rootDevice, devices }: Parameters<typeof imageDeviceViolations>[1],
): Violation[] {
  const field = `volumes[${index}].device`;
  if (device === rootDevice)
    return [violation(field, device, `the root device of image ${id}`, "Use rootVolumeSize and its like for the root volume")];
  const others = devices.filter(({ name, size }) => name !== rootDevice && size !== undefined).map(({ name }) => name);
  const size = devices.find(({ name }) => name === device)?.size;
  if (size === undefined) {
    const remedy = others.length === 0 ? "Remove it" : `Use ${others.join(" or ")}, or remove it`;
    return [violation(field, device, `image ${id} has no volume there`, `${remedy} for a new, empty volume`)];
  }
  if (volume.size !== undefined && volume.size < size) {
    const problem = `image ${id} has ${size} GiB there, and EC2 launches none with a smaller volume`;
    return [violation(`volumes[${index}].size`, volume.size, problem, `Use at least ${size} GiB, or omit it`)];
  }
  return [...ebsVolumeViolations(volume, index, volume.size ?? size), ...roomViolations(settings, volume, index, volume.size ?? size)];
}

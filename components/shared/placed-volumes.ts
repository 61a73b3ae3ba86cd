import type { VolumeArgs } from "./host-args/volumes";

/** A device that an image maps. */
export interface ImageDevice {
  /** As the image names it. */
  name: string;
  /** GiB of its snapshot; undefined if it is none of EBS's, or EC2 does not report it. */
  size?: number;
}

/** A volume of the pool with the name of its device. */
export interface PlacedVolume {
  volume: VolumeArgs;
  device: string;
}

/** Names that EC2 recommends for volumes of one's own. On Xen those before may be instance stores. */
const LETTERS = [..."fghijklmnop"];

/**
 * The devices of the volumes, in their order. A name that differs from one of the image's only by `sd` and `xvd` is the same device to
 * a kernel on Xen.
 *
 * @param ofImage all of the image's devices, the root device included
 */
export function placedVolumes(volumes: readonly VolumeArgs[], ofImage: readonly ImageDevice[]): PlacedVolume[] {
  const used = new Set([...ofImage.map(({ name }) => name), ...volumes.map(({ device }) => device ?? "")].map(withoutPrefix));
  const free = LETTERS.filter((letter) => !used.has(letter)).map((letter) => `/dev/sd${letter}`);
  return volumes.map((volume) => ({ volume, device: volume.device ?? free.shift() ?? "" }));
}

function withoutPrefix(name: string): string {
  return name.replace(/^\/dev\/(sd|xvd)/, "");
}

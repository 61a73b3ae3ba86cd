import type { AttachedVolume } from "../host-driver";
import { type ImageFacts, volumesOf } from "./catalogue";

/** A block device of a launch template, as the program gives it. */
export interface BlockDevice {
  deviceName?: string;
  ebs?: {
    volumeSize?: number;
    volumeType?: string;
    iops?: number;
    throughput?: number;
    snapshotId?: string;
    kmsKeyId?: string;
    encrypted?: string | boolean;
  };
}

/** EC2's own limits, in GiB and MiB/s. docs/aws-facts.md has the sources, and which texts were not seen. */
interface TypeLimits {
  minSize: number;
  maxSize: number;
  iops?: { min: number; max: number; perGib: number; base: number };
  throughput?: { max: number };
  boots: boolean;
}

const TYPES: Readonly<Record<string, TypeLimits>> = {
  gp2: { minSize: 1, maxSize: 16_384, boots: true },
  gp3: { minSize: 1, maxSize: 65_536, iops: { min: 3000, max: 80_000, perGib: 500, base: 3000 }, throughput: { max: 2000 }, boots: true },
  io1: { minSize: 4, maxSize: 16_384, iops: { min: 100, max: 64_000, perGib: 50, base: 0 }, boots: true },
  io2: { minSize: 4, maxSize: 65_536, iops: { min: 100, max: 256_000, perGib: 1000, base: 0 }, boots: true },
  st1: { minSize: 125, maxSize: 16_384, boots: false },
  sc1: { minSize: 125, maxSize: 16_384, boots: false },
};
const DEFAULT_TYPE = "gp2";
const DEFAULT_IOPS = 3000;

/**
 * Why EC2 refuses to launch the image with these devices. Auto Scaling asks it when a group gets the template, and again
 * at each launch. Of images that the stand-in does not know, it does not know the sizes.
 */
export function volumeRefusal(image: ImageFacts | undefined, devices: readonly BlockDevice[]): string | undefined {
  const names = devices.map(({ deviceName }) => deviceName);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return `The device '${twice}' is used in more than one block-device mapping`;
  for (const device of devices) {
    const refusal = refusalOf(image, device);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf(image: ImageFacts | undefined, { deviceName, ebs = {} }: BlockDevice): string | undefined {
  const { volumeSize: size, volumeType: type = DEFAULT_TYPE } = ebs;
  const ofImage = image && volumesOf(image).find((volume) => volume.deviceName === deviceName);
  if (ofImage && size !== undefined && size < ofImage.sizeGib)
    return `Volume of size ${size}GB is smaller than snapshot '${ofImage.snapshotId}', expect size >= ${ofImage.sizeGib}GB`;
  // The root device of an image that is not known here.
  if (image === undefined && size === undefined) return undefined;
  const effective = size ?? ofImage?.sizeGib;
  if (effective === undefined && ebs.snapshotId === undefined) return "The request must contain the parameter size or snapshotId";
  const limits = TYPES[type];
  if (limits === undefined) return `Value (${type}) for parameter volumeType is invalid. Unknown volume type.`;
  if (image !== undefined && deviceName === image.rootDeviceName && !limits.boots)
    return `Volume type ${type} cannot be used for the root device ${deviceName}`;
  return sizeRefusal(type, limits, effective) ?? iopsRefusal(type, limits, ebs, effective) ?? throughputRefusal(limits, ebs);
}

function sizeRefusal(type: string, { minSize, maxSize }: TypeLimits, size: number | undefined): string | undefined {
  if (size === undefined) return undefined;
  if (size < minSize) return `Volume of ${size}GiB is too small for volume type ${type}; minimum is ${minSize}GiB.`;
  return size > maxSize ? `Volume of ${size}GiB is too large for volume type ${type}; maximum is ${maxSize}GiB.` : undefined;
}

function iopsRefusal(
  type: string,
  { iops: limits }: TypeLimits,
  { iops }: { iops?: number },
  size: number | undefined,
): string | undefined {
  if (iops === undefined)
    return limits !== undefined && limits.base === 0 ? `The parameter iops must be specified for ${type} volumes.` : undefined;
  if (limits === undefined) return `The parameter iops is not supported for ${type} volumes.`;
  if (iops < limits.min) return `Volume iops of ${iops} is too low; minimum is ${limits.min}.`;
  if (iops > limits.max) return `Volume iops of ${iops} is too high; maximum is ${limits.max}.`;
  if (size === undefined || iops <= Math.max(limits.base, limits.perGib * size)) return undefined;
  return `Iops to volume size ratio of ${(iops / size).toFixed(6)} is too high; maximum is ${limits.perGib}`;
}

function throughputRefusal(
  { throughput: limits }: TypeLimits,
  { iops = DEFAULT_IOPS, throughput }: { iops?: number; throughput?: number },
): string | undefined {
  if (throughput === undefined) return undefined;
  if (limits === undefined) return "throughput can only be specified for volumeType gp3.";
  if (throughput > limits.max) return `Volume throughput of ${throughput} is too high; maximum is ${limits.max}.`;
  if (throughput / iops <= 0.25) return undefined;
  return `Throughput (MiBps) to iops ratio of ${(throughput / iops).toFixed(6)} is too high; maximum is 0.250000 MiBps per iops`;
}

/** What an instance of the template has besides its root volume. Of an image that is not known here: no device can be told from the root. */
export function attachedVolumes(image: ImageFacts | undefined, devices: readonly BlockDevice[]): AttachedVolume[] {
  if (image === undefined) return [];
  const sizes = new Map(image.devices.map(({ deviceName, sizeGib }) => [deviceName, sizeGib]));
  for (const { deviceName = "", ebs } of devices) sizes.set(deviceName, ebs?.volumeSize ?? sizes.get(deviceName) ?? 0);
  sizes.delete(image.rootDeviceName);
  return [...sizes].map(([deviceName, sizeGib]) => ({ deviceName, sizeGib }));
}

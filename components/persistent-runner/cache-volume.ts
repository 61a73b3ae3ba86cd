import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { GP3_BASE } from "../shared/host-rules/ebs";
import { VolumeType } from "../shared/host-args/volumes";
import { zoneOf } from "../shared/subnet";
import type { PersistentRunnerSettings } from "./settings";

/** The first name that EC2 recommends for volumes. On Nitro the machine finds the volume by its id. */
const DEVICE = "/dev/sdf";

export interface CacheVolumeParts {
  settings: PersistentRunnerSettings;
  tags: pulumi.Output<Record<string, string>>;
}

/**
 * The volume of the caches. What can be compiled again is not worth a snapshot, but hours of compiling are worth a volume that outlives
 * its stack: Pulumi forgets it instead of deleting it. A change that would replace it, such as one of the zone, is refused.
 */
export function createCacheVolume(
  name: string,
  { settings, tags }: CacheVolumeParts,
  opts: pulumi.CustomResourceOptions,
): aws.ebs.Volume | undefined {
  const { cacheVolume, kmsKeyArn, subnetId, terminationProtection } = settings;
  if (cacheVolume === undefined) return undefined;
  const { size, type, iops, throughput, kmsKeyArn: own } = cacheVolume;
  const base = type === VolumeType.Gp3 ? GP3_BASE : undefined;
  return new aws.ebs.Volume(
    `${name}-cache`,
    {
      availabilityZone: zoneOf(subnetId, opts),
      size,
      type,
      iops: iops ?? base?.iops,
      throughput: throughput ?? base?.throughput,
      encrypted: true,
      kmsKeyId: own ?? kmsKeyArn,
      tags,
    },
    { ...opts, protect: terminationProtection, retainOnDelete: true },
  );
}

export interface AttachmentParts {
  volume: aws.ebs.Volume | undefined;
  instance: aws.ec2.Instance;
}

/** An instance that replaces another gets the volume after that one has stopped: two cannot have it. */
export function attachCacheVolume(
  name: string,
  { volume, instance }: AttachmentParts,
  opts: pulumi.CustomResourceOptions,
): aws.ec2.VolumeAttachment[] {
  if (volume === undefined) return [];
  const attachment = { deviceName: DEVICE, instanceId: instance.id, volumeId: volume.id, stopInstanceBeforeDetaching: true };
  return [new aws.ec2.VolumeAttachment(`${name}-cache`, attachment, { ...opts, deleteBeforeReplace: true })];
}

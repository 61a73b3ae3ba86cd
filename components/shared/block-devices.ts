import type * as aws from "@pulumi/aws";
import type { HostSettings } from "./host-args/settings";
import { type VolumeArgs, VolumeType } from "./host-args/volumes";
import { GP3_BASE } from "./host-rules/ebs";
import { type ImageDevice, placedVolumes } from "./placed-volumes";

type Mapping = aws.types.input.ec2.LaunchTemplateBlockDeviceMapping;

/** What the image and the instance type decide. */
export interface BlockDeviceFacts {
  rootDeviceName: string;
  /** GiB. */
  rootVolumeSize: number;
  imageDevices: readonly ImageDevice[];
}

/**
 * The devices of a launch template: the root volume, and the volumes that were asked for. Of a device of the image EC2 takes the
 * snapshot from the image, as it does for the root volume. What the image maps besides stays as it is.
 *
 * Each volume gives its size, and its IOPS and throughput where its type has them: of what is not given the provider keeps what the
 * volume at the same place of the list had before.
 */
export function blockDeviceMappings(settings: HostSettings, facts: BlockDeviceFacts): Mapping[] {
  const key = settings.rootVolumeKmsKeyId ?? settings.kmsKeyArn;
  const sizes = new Map(facts.imageDevices.map(({ name, size }) => [name, size]));
  const root = { type: settings.rootVolumeType, iops: settings.rootVolumeIops, throughput: settings.rootVolumeThroughput };
  const volumes = placedVolumes(settings.volumes ?? [], facts.imageDevices).map(
    ({ device, volume }): Mapping => ({
      deviceName: device,
      ebs: { ...performance(volume), volumeSize: volume.size ?? sizes.get(device), ...ALWAYS, kmsKeyId: volume.kmsKeyId ?? key },
    }),
  );
  return [
    { deviceName: facts.rootDeviceName, ebs: { ...performance(root), volumeSize: facts.rootVolumeSize, ...ALWAYS, kmsKeyId: key } },
    ...volumes,
  ];
}

const ALWAYS = { encrypted: "true", deleteOnTermination: "true" } as const;

type Performance = Pick<VolumeArgs, "type" | "iops" | "throughput">;

function performance({ type = VolumeType.Gp3, iops, throughput }: Performance) {
  const base = type === VolumeType.Gp3 ? GP3_BASE : undefined;
  return { volumeType: type, iops: iops ?? base?.iops, throughput: throughput ?? base?.throughput };
}

/**
 * What the name of a launch template says about its volumes; nothing if all are gp3. Nothing can take away the IOPS or the throughput
 * that the provider keeps, and EC2 refuses them for a type without them. So other types, or the same in another order, are another
 * template, which is made before the group moves to it.
 */
export function volumeTypesSuffix({ rootVolumeType, volumes = [] }: HostSettings): string {
  const types = [rootVolumeType, ...volumes.map(({ type = VolumeType.Gp3 }) => type)];
  return types.every((type) => type === VolumeType.Gp3) ? "" : `-${types.join("-")}`;
}

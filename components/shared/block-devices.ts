import type * as aws from "@pulumi/aws";
import type { HostSettings } from "./host-args/settings";
import { VolumeType } from "./host-args/volumes";
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
 */
export function blockDeviceMappings(settings: HostSettings, facts: BlockDeviceFacts): Mapping[] {
  const key = settings.rootVolumeKmsKeyId ?? settings.kmsKeyArn;
  const volumes = placedVolumes(settings.volumes ?? [], facts.imageDevices).map(
    ({ device, volume: { type = VolumeType.Gp3, size, iops, throughput, kmsKeyId } }): Mapping => ({
      deviceName: device,
      ebs: { volumeType: type, volumeSize: size, iops, throughput, ...ALWAYS, kmsKeyId: kmsKeyId ?? key },
    }),
  );
  return [
    {
      deviceName: facts.rootDeviceName,
      ebs: {
        volumeType: settings.rootVolumeType,
        volumeSize: facts.rootVolumeSize,
        iops: settings.rootVolumeIops,
        throughput: settings.rootVolumeThroughput,
        ...ALWAYS,
        kmsKeyId: key,
      },
    },
    ...volumes,
  ];
}

const ALWAYS = { encrypted: "true", deleteOnTermination: "true" } as const;

import type * as aws from "@pulumi/aws";
import type { HostSettings } from "./host-args/settings";

type Mapping = aws.types.input.ec2.LaunchTemplateBlockDeviceMapping;

/** What the image and the instance type decide. */
export interface BlockDeviceFacts {
  rootDeviceName: string;
  /** GiB. */
  rootVolumeSize: number;
}

/** The devices of a launch template: the root volume, and the volumes that were asked for. */
export function blockDeviceMappings(settings: HostSettings, { rootDeviceName, rootVolumeSize }: BlockDeviceFacts): Mapping[] {
  return [
    {
      deviceName: rootDeviceName,
      ebs: {
        volumeType: settings.rootVolumeType,
        volumeSize: rootVolumeSize,
        encrypted: "true",
        kmsKeyId: settings.rootVolumeKmsKeyId ?? settings.kmsKeyArn,
        deleteOnTermination: "true",
      },
    },
  ];
}

import { AwsError, type Shape } from "../api";
import { findImage, instanceTypes, volumesOf } from "./catalogue";
import { texts } from "./filters";
import type { Ec2Parts } from "./parts";

export function describeInstanceTypes(params: Shape): Shape {
  const wanted = texts(params, "InstanceTypes");
  const unknown = wanted.filter((name) => !instanceTypes.has(name));
  if (unknown.length > 0) {
    throw new AwsError("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`);
  }
  const types = wanted.length > 0 ? wanted.map((name) => instanceTypes.get(name)!) : [...instanceTypes.values()];
  return {
    InstanceTypes: types.map((type) => ({
      InstanceType: type.name,
      VCpuInfo: { DefaultVCpus: type.vcpus },
      MemoryInfo: { SizeInMiB: type.memoryMib },
      ProcessorInfo: {
        SupportedArchitectures: [type.architecture],
        SupportedFeatures: type.nestedVirtualization ? ["nested-virtualization"] : undefined,
      },
      HibernationSupported: type.hibernation,
      InstanceStorageSupported: type.disks !== undefined,
      InstanceStorageInfo: type.disks && {
        TotalSizeInGB: type.disks.count * type.disks.size,
        Disks: [{ SizeInGB: type.disks.size, Count: type.disks.count, Type: "ssd" }],
        NvmeSupport: "required",
        EncryptionSupport: "required",
      },
    })),
  };
}

export function describeImages({ images, account }: Pick<Ec2Parts, "images" | "account">, params: Shape): Shape {
  return {
    Images: texts(params, "ImageIds").map((id) => {
      const image = findImage(id, images, account.accountId);
      if (!image) throw new AwsError("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
      return {
        ImageId: image.id,
        Name: image.name,
        OwnerId: image.owner,
        Architecture: image.architecture,
        RootDeviceName: image.rootDeviceName,
        RootDeviceType: "ebs",
        VirtualizationType: "hvm",
        State: "available",
        BlockDeviceMappings: volumesOf(image).map(({ deviceName, sizeGib, snapshotId }) => ({
          DeviceName: deviceName,
          Ebs: { VolumeSize: sizeGib, SnapshotId: snapshotId },
        })),
      };
    }),
  };
}

import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { DISK_FLOOR } from "../../contract/shared/host-setup";
import { instanceStoreRoomViolations, rootVolumeViolations as ebsRootViolations } from "../shared/host-rules/volumes";
import { imageDeviceViolations } from "../shared/image-devices";
import type { ImageDevice } from "../shared/placed-volumes";
import { type Violation, throwIfAny, violation } from "../shared/input-errors";
import { type ImageSource, imageFacts } from "../shared/image-facts";
import { ARCHITECTURES, describedTypes } from "../shared/instance-types";
import { dockerMode } from "../shared/docker-mode";
import { DockerMode } from "../shared/host-args/docker";
import { WarmPoolState } from "./args/capacity";
import { defaultRootVolumeSize, type RootVolumeNeeds, rootVolumeViolations } from "./root-volume";
import type { RunnerArchitecture } from "../shared/runner-archive";
import type { PoolSettings } from "./settings";
import { defaultImageParameter, type Ec2Architecture } from "../shared/supported-systems";

/** Facts about the instances that must be looked up in AWS. */
export interface InstanceFacts {
  architecture: RunnerArchitecture;
  imageId: string;
  rootDeviceName: string;
  /** GiB. */
  rootVolumeSize: number;
  /** All that the image maps, the root device included. */
  imageDevices: ImageDevice[];
}

/** GiB. EC2 hibernates only Linux instances with less memory than this. */
const HIBERNATION_MEMORY_LIMIT_GIB = 150;

/**
 * Looks up the instance types and the image in AWS and checks that they match.
 *
 * @throws an input error for an unknown instance type or image, an image that the instance types cannot run or hibernate,
 *   a root volume that is too small for the image, for the memory or for the disk floor, an instance store that is too small for that
 *   floor, or a volume that does not fit the image.
 */
export async function instanceFacts(
  settings: PoolSettings,
  imageId: string | undefined,
  options: pulumi.InvokeOptions,
): Promise<InstanceFacts> {
  const types = [settings.instanceType, ...(settings.spot?.additionalInstanceTypes ?? [])];
  const { architecture, types: described } = await describedTypes(types, "spot.additionalInstanceTypes", options);
  throwIfAny(
    described.flatMap(({ totalInstanceStorage = 0 }, index) =>
      instanceStoreRoomViolations(settings, { instanceType: types[index]!, storage: totalInstanceStorage }),
    ),
  );
  const hibernates = settings.warmPool?.state === WarmPoolState.Hibernated;
  const type = described[0]!;
  if (hibernates) throwIfAny(hibernationViolations(settings.instanceType, type));
  const source = imageSource(settings, imageId, architecture);
  const image = await imageFacts(
    source,
    described,
    architecture,
    {
      mustBeListed: hibernates && !settings.warmPool?.allowUnlistedImage,
      rootlessDocker: dockerMode(settings) === DockerMode.Rootless,
    },
    options,
  );
  const needs: RootVolumeNeeds = {
    instanceType: settings.instanceType,
    image: image.imageId,
    imageSize: image.rootVolumeSize,
    hibernatedMemory: hibernates ? memoryGib(type) : undefined,
    raisedFloor: settings.diskFloor.freeSpace > DISK_FLOOR.freeSpace ? settings.diskFloor.freeSpace : undefined,
  };
  const rootVolumeSize = settings.rootVolumeSize ?? defaultRootVolumeSize(needs);
  throwIfAny(rootVolumeViolations(rootVolumeSize, needs));
  throwIfAny(ebsRootViolations(settings, rootVolumeSize));
  const { imageId: id, rootDeviceName, devices } = image;
  throwIfAny(imageDeviceViolations(settings, { id, rootDevice: rootDeviceName, devices }));
  return { architecture: ARCHITECTURES[architecture].runner, imageId: id, rootDeviceName, rootVolumeSize, imageDevices: devices };
}

function imageSource(settings: PoolSettings, imageId: string | undefined, architecture: Ec2Architecture): ImageSource {
  if (imageId !== undefined) return { field: "imageId", value: imageId };
  const value = settings.imageParameter ?? defaultImageParameter(ARCHITECTURES[architecture].canonical);
  return { field: "imageParameter", value };
}

function hibernationViolations(instanceType: string, type: aws.ec2.GetInstanceTypeResult): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation("warmPool.state", WarmPoolState.Hibernated, problem, remedy)];
  if (!type.hibernationSupported) return refuse(`${instanceType} cannot hibernate`, "Use Stopped or another instanceType");
  const memory = memoryGib(type);
  if (memory < HIBERNATION_MEMORY_LIMIT_GIB) return [];
  return refuse(
    `${instanceType} has ${memory} GiB of memory; EC2 hibernates only less than ${HIBERNATION_MEMORY_LIMIT_GIB} GiB`,
    "Use Stopped or a smaller instanceType",
  );
}

function memoryGib({ memorySize }: aws.ec2.GetInstanceTypeResult): number {
  return Math.ceil(memorySize / 1024);
}

import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PreparedState } from "../../contract/aws/lifecycle";
import type { ImageDevice } from "./placed-volumes";
import { type Violation, inputError, throwIfAny, violation } from "./input-errors";
import { DockerMode } from "./host-args/docker";
import { reason } from "./lookup-reason";
import { recognize, SUPPORTED_SYSTEMS, type Ec2Architecture } from "./supported-systems";

type Image = aws.ec2.GetAmiResult;
type InstanceType = aws.ec2.GetInstanceTypeResult;

/** Of a warm pool that needs no hibernation. */
const STOPPED: PreparedState = "Stopped";

/** Where the image comes from: the arguments, or the default. */
export interface ImageSource {
  /** The argument that an error names, and its value or its default. */
  field: "imageId" | "imageParameter";
  value: string;
}

interface FoundImage {
  imageId: string;
  rootDeviceName: string;
  /** GiB; undefined if EC2 does not report it. */
  rootVolumeSize: number | undefined;
  /** All that it maps, the root device included. */
  devices: ImageDevice[];
}

/** What a component asks of its image beyond that EC2 can launch it. */
interface ImageNeeds {
  /** Refuses an image that is not on EC2's list of images that hibernate. */
  mustBeListed: boolean;
  /** Refuses an image whose archive lacks what a rootless engine needs. */
  rootlessDocker: boolean;
}

/**
 * Looks up the image and checks what EC2 would refuse at each launch, what would keep an instance from hibernating, and what
 * would make each launch fail on its host.
 *
 * @throws an input error that names the argument which selects the image.
 */
export async function imageFacts(
  source: ImageSource,
  types: readonly InstanceType[],
  architecture: Ec2Architecture,
  { mustBeListed, rootlessDocker }: ImageNeeds,
  options: pulumi.InvokeOptions,
): Promise<FoundImage> {
  const { field, value } = source;
  const imageId = field === "imageId" ? value : await readParameter(value, options);
  const image = await aws.ec2.getAmi(imageQuery(imageId), options).catch((error: Error) => {
    const problem = `image ${imageId} was not found (${reason(error)})`;
    throw inputError([violation(field, value, problem, "Use an image that this account may use in this Region")]);
  });
  throwIfAny(imageViolations(source, imageId, image, types, architecture));
  if (mustBeListed) throwIfAny(hibernationViolations(source, imageId, image, architecture));
  if (rootlessDocker) throwIfAny(rootlessViolations(imageId, image));
  const { rootDeviceName } = image;
  const devices = devicesOf(image);
  return { imageId, rootDeviceName, rootVolumeSize: devices.find(({ name }) => name === rootDeviceName)?.size, devices };
}

/** The first condition that the image does not meet; a value that EC2 does not report meets it. */
function imageViolations(
  { field, value }: ImageSource,
  imageId: string,
  image: Image,
  types: readonly InstanceType[],
  architecture: Ec2Architecture,
): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation(field, value, `image ${imageId} ${problem}`, remedy)];
  const { state, platform, rootDeviceType, rootDeviceName, virtualizationType, enaSupport, bootMode } = image;
  if (state && state !== "available") return refuse(`is ${state}`, "Use an image that is available");
  if (image.architecture !== architecture) {
    return refuse(
      `is ${image.architecture} and ${types[0]!.instanceType} is ${architecture}`,
      "Choose an image of the instance type's architecture, or another instanceType",
    );
  }
  if (/^windows$/i.test(platform ?? "")) return refuse("is a Windows image", `Use a Linux image, such as ${systemNames()}`);
  if ((rootDeviceType && rootDeviceType !== "ebs") || !rootDeviceName) {
    return refuse(
      `has no root device on EBS (${rootDeviceType || "no root device"})`,
      "Use an image that is backed by EBS, because its root volume is encrypted and sized here",
    );
  }
  const virtual = types.find(({ supportedVirtualizationTypes }) => excludes(supportedVirtualizationTypes, virtualizationType));
  if (virtual) return refuse(`is ${virtualizationType}, which ${virtual.instanceType} cannot run`, "Use an HVM image");
  const network = types.find((type) => type.enaSupport === "required" && enaSupport === false);
  if (network)
    return refuse(`lacks ENA support, which ${network.instanceType} requires`, "Use an image that is registered with ENA support");
  const boot = types.find(({ bootModes }) => bootMode !== "uefi-preferred" && excludes(bootModes, bootMode));
  if (boot) return refuse(`boots by ${bootMode}, which ${boot.instanceType} cannot`, "Use another image or instanceType");
  return [];
}

function excludes(supported: readonly string[] | undefined, wanted: string | undefined): boolean {
  return Boolean(supported?.length && wanted && !supported.includes(wanted));
}

/** Checks only a publisher's own image: the builder of another one knows whether it was prepared for hibernation. */
function hibernationViolations({ field, value }: ImageSource, imageId: string, image: Image, architecture: Ec2Architecture): Violation[] {
  const recognized = recognize(image.name ?? "");
  if (!recognized) return [];
  const { system, date } = recognized;
  const since = system.hibernation[architecture];
  if (since !== undefined && date >= since) return [];
  const able = SUPPORTED_SYSTEMS.filter(({ hibernation }) => hibernation[architecture] !== undefined);
  const problem =
    since === undefined
      ? `image ${imageId} is ${system.name}, which is not on EC2's list of images that hibernate on ${architecture}`
      : `image ${imageId} is ${system.name} of ${date}, and on ${architecture} EC2 hibernates only images from ${since} on`;
  const images = able.map(({ name }) => name).join(" or ");
  const remedy =
    `Set ${field} to an image of ${images}, or warmPool.state to ${STOPPED}; ` +
    "or, for an image that you have seen hibernate, warmPool.allowUnlistedImage to true";
  return [violation(field, value, problem, remedy)];
}

/** As for hibernation: an own image decides at its boot, by what is on it. */
function rootlessViolations(imageId: string, image: Image): Violation[] {
  const system = recognize(image.name ?? "")?.system;
  if (!system?.lacksRootlessDocker) return [];
  const able = SUPPORTED_SYSTEMS.filter(({ lacksRootlessDocker }) => !lacksRootlessDocker);
  const problem = `image ${imageId} is ${system.name}, whose archive is not known to have rootlesskit`;
  const images = able.map(({ name }) => name).join(", ");
  const remedy = `Use an image of ${images}, your own image with rootlesskit, or root`;
  return [violation("docker", DockerMode.Rootless, problem, remedy)];
}

function systemNames(): string {
  return SUPPORTED_SYSTEMS.map(({ name }) => name).join(", ");
}

/** The provider returns the members of `ebs` as text, under the names of its own schema. */
function devicesOf({ blockDeviceMappings }: Image): ImageDevice[] {
  return (blockDeviceMappings ?? []).map(({ deviceName, ebs }) => ({ name: deviceName, size: Number(ebs?.volume_size) || undefined }));
}

/** Includes deprecated images: a pinned image can still be launched after its owner deprecates it. */
function imageQuery(imageId: string): aws.ec2.GetAmiArgs {
  return { filters: [{ name: "image-id", values: [imageId] }], includeDeprecated: true };
}

async function readParameter(name: string, options: pulumi.InvokeOptions): Promise<string> {
  const parameter = await aws.ssm.getParameter({ name }, options).catch((error: Error) => {
    throw inputError([
      violation("imageParameter", name, `it cannot be read (${reason(error)})`, "Use an SSM parameter of this Region that holds an AMI ID"),
    ]);
  });
  return parameter.value;
}

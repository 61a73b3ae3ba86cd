import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type Violation, inputError, throwIfAny, violation } from "../shared/input-errors";
import { WarmPoolState } from "./args/capacity";
import { defaultImageParameter } from "./defaults";
import type { RunnerArchitecture } from "./runner-archive";
import type { PoolSettings } from "./settings";

/** Facts about the instances that must be looked up in AWS. */
export interface InstanceFacts {
  architecture: RunnerArchitecture;
  imageId: string;
  rootDeviceName: string;
}

/** EC2's name for each architecture, with GitHub's and Canonical's. */
const ARCHITECTURES = {
  x86_64: { runner: "x64", canonical: "amd64" },
  arm64: { runner: "arm64", canonical: "arm64" },
} as const;
type Ec2Architecture = keyof typeof ARCHITECTURES;

/** GiB that hibernation needs in addition to the memory: for the system, the runner, its tools and a workspace. */
const HIBERNATION_HEADROOM_GIB = 10;
/** GiB. EC2 hibernates only Linux instances with less memory than this. */
const HIBERNATION_MEMORY_LIMIT_GIB = 150;

/**
 * Looks up the instance types and the image in AWS and checks that they match.
 *
 * @throws an input error for an unknown instance type or image, an image of another architecture, or a root volume
 *   that is too small to hibernate the memory.
 */
export async function instanceFacts(
  settings: PoolSettings,
  imageId: string | undefined,
  options: pulumi.InvokeOptions,
): Promise<InstanceFacts> {
  const types = [settings.instanceType, ...(settings.spot?.additionalInstanceTypes ?? [])];
  const described = await Promise.all(types.map((type) => describeType(type, options)));
  const architectures = described.map(({ architecture }) => architecture);
  const architecture = architectures[0] as Ec2Architecture;
  const mismatch = architectures.findIndex((other) => other !== architecture);
  if (mismatch > 0) {
    throw inputError([
      violation(
        "spot.additionalInstanceTypes",
        types[mismatch],
        `it is ${architectures[mismatch]} and ${settings.instanceType} is ${architecture}`,
        "Use instance types of one architecture",
      ),
    ]);
  }
  if (settings.warmPool?.state === WarmPoolState.Hibernated) {
    throwIfAny(hibernationViolations(settings, described[0]!.type));
  }
  const image = await describeImage(settings, imageId, architecture, options);
  return { architecture: ARCHITECTURES[architecture].runner, ...image };
}

async function describeType(instanceType: string, options: pulumi.InvokeOptions) {
  const type = await aws.ec2.getInstanceType({ instanceType }, options).catch((error: Error) => {
    throw inputError([
      violation(
        "instanceType",
        instanceType,
        `not an instance type that EC2 offers in this Region (${reason(error)})`,
        "Choose a type that the Region offers",
      ),
    ]);
  });
  const architecture = (Object.keys(ARCHITECTURES) as Ec2Architecture[]).find((known) => type.supportedArchitectures.includes(known));
  if (!architecture) {
    throw inputError([
      violation(
        "instanceType",
        instanceType,
        `the runner does not support ${type.supportedArchitectures.join()}`,
        "Choose an x86_64 or arm64 type",
      ),
    ]);
  }
  return { type, architecture };
}

function hibernationViolations(settings: PoolSettings, type: aws.ec2.GetInstanceTypeResult): Violation[] {
  const { instanceType, rootVolumeSize } = settings;
  if (!type.hibernationSupported) {
    return [
      violation("warmPool.state", WarmPoolState.Hibernated, `${instanceType} cannot hibernate`, "Use Stopped or another instanceType"),
    ];
  }
  const memory = Math.ceil(type.memorySize / 1024);
  if (memory >= HIBERNATION_MEMORY_LIMIT_GIB) {
    return [
      violation(
        "warmPool.state",
        WarmPoolState.Hibernated,
        `${instanceType} has ${memory} GiB of memory; EC2 hibernates only less than ${HIBERNATION_MEMORY_LIMIT_GIB} GiB`,
        "Use Stopped or a smaller instanceType",
      ),
    ];
  }
  const needed = memory + HIBERNATION_HEADROOM_GIB;
  if (rootVolumeSize >= needed) return [];
  return [
    violation(
      "rootVolumeSize",
      rootVolumeSize,
      `hibernation writes the ${memory} GiB of memory of ${instanceType} to the root volume`,
      `Use at least ${needed} GiB, or set warmPool.state to Stopped`,
    ),
  ];
}

async function describeImage(
  settings: PoolSettings,
  givenId: string | undefined,
  architecture: Ec2Architecture,
  options: pulumi.InvokeOptions,
): Promise<{ imageId: string; rootDeviceName: string }> {
  const parameter = settings.imageParameter ?? defaultImageParameter(ARCHITECTURES[architecture].canonical);
  const [field, value] = givenId === undefined ? ["imageParameter", parameter] : ["imageId", givenId];
  const fail = (problem: string, remedy: string) => inputError([violation(field, value, problem, remedy)]);
  const imageId = givenId ?? (await readParameter(parameter, options));
  const image = await aws.ec2.getAmi(imageQuery(imageId), options).catch((error: Error) => {
    throw fail(`image ${imageId} was not found (${reason(error)})`, "Use an image that this account may use in this Region");
  });
  if (image.architecture !== architecture) {
    throw fail(
      `image ${imageId} is ${image.architecture} and ${settings.instanceType} is ${architecture}`,
      "Choose an image of the instance type's architecture, or another instanceType",
    );
  }
  return { imageId, rootDeviceName: image.rootDeviceName };
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

/** AWS's message, without the lines in which the engine and the provider's bridge wrap it. */
function reason(error: Error): string {
  return error.message
    .replace(/^invocation of \S+ returned an error: /, "")
    .replace(/^invoking \S+: /, "")
    .replace(/^1 error occurred:\s*\* /, "")
    .split("\n")[0]!
    .trim();
}

import type * as pulumi from "@pulumi/pulumi";
import { dockerMode } from "../shared/docker-mode";
import { DockerMode } from "../shared/host-args/docker";
import { type ImageSource, imageFacts } from "../shared/image-facts";
import { type Violation, throwIfAny, violation } from "../shared/input-errors";
import { ARCHITECTURES, describedTypes } from "../shared/instance-types";
import type { RunnerArchitecture } from "../shared/runner-archive";
import { type Ec2Architecture, defaultImageParameter } from "../shared/supported-systems";
import type { PersistentRunnerSettings } from "./settings";

/** Facts about the machine that must be looked up in AWS. */
export interface MachineFacts {
  architecture: RunnerArchitecture;
  imageId: string;
}

/**
 * Looks up the instance types and the image in AWS and checks that they match.
 *
 * @throws an input error for an unknown instance type or image, types of several architectures, an image that the types cannot run, or a
 *   root volume that is too small for the image.
 */
export async function machineFacts(
  settings: PersistentRunnerSettings,
  imageId: string | undefined,
  options: pulumi.InvokeOptions,
): Promise<MachineFacts> {
  const names = [settings.instanceType, ...settings.fallbackInstanceTypes];
  const { architecture, types } = await describedTypes(names, "fallbackInstanceTypes", options);
  const source = imageSource(settings, imageId, architecture);
  const needs = { mustBeListed: false, rootlessDocker: dockerMode(settings) === DockerMode.Rootless };
  const image = await imageFacts(source, types, architecture, needs, options);
  throwIfAny(sizeViolations(settings, image));
  return { architecture: ARCHITECTURES[architecture].runner, imageId: image.imageId };
}

function imageSource(settings: PersistentRunnerSettings, imageId: string | undefined, architecture: Ec2Architecture): ImageSource {
  if (imageId !== undefined) return { field: "imageId", value: imageId };
  return { field: "imageParameter", value: settings.imageParameter ?? defaultImageParameter(ARCHITECTURES[architecture].canonical) };
}

function sizeViolations(
  { rootVolumeSize }: PersistentRunnerSettings,
  { imageId, rootVolumeSize: imageSize = 0 }: { imageId: string; rootVolumeSize?: number | undefined },
): Violation[] {
  if (rootVolumeSize >= imageSize) return [];
  const problem = `image ${imageId} has a root volume of ${imageSize} GiB, and EC2 launches none with a smaller one`;
  return [violation("rootVolumeSize", rootVolumeSize, problem, `Use at least ${imageSize} GiB`)];
}

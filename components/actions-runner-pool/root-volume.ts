import { type Violation, violation } from "../shared/input-errors";
import { WarmPoolState } from "./args/capacity";

/** GiB, unless the image or hibernation needs more. Ubuntu uses 3, the runner 1; the rest is for workspaces. */
export const USUAL_ROOT_VOLUME_GIB = 30;
/** GiB that hibernation needs in addition to the memory: for the system, the runner, its tools and a workspace. */
const HIBERNATION_HEADROOM_GIB = 10;

/** What determines how large the root volume must be. Sizes in GiB. */
export interface RootVolumeNeeds {
  instanceType: string;
  image: string;
  /** Size of the snapshot of the image's root device; undefined if EC2 does not report it. */
  imageSize: number | undefined;
  /** Memory that hibernation writes to the volume; undefined without hibernation. */
  hibernatedMemory: number | undefined;
}

/**
 * The size if none is given. EC2 would take the image's own, but Ubuntu's 8 GiB are too few for jobs, and an own image
 * may be full. So the image keeps its size beside the memory that hibernation writes.
 */
export function defaultRootVolumeSize({ imageSize = 0, hibernatedMemory }: RootVolumeNeeds): number {
  const hibernation = hibernatedMemory === undefined ? 0 : hibernatedMemory + Math.max(imageSize, HIBERNATION_HEADROOM_GIB);
  return Math.max(USUAL_ROOT_VOLUME_GIB, imageSize, hibernation);
}

/** EC2 refuses each launch with a volume smaller than its snapshot, and cannot hibernate to one smaller than the memory. */
export function rootVolumeViolations(given: number, needs: RootVolumeNeeds): Violation[] {
  const { instanceType, image, imageSize = 0, hibernatedMemory } = needs;
  const hibernation = hibernatedMemory === undefined ? 0 : hibernatedMemory + HIBERNATION_HEADROOM_GIB;
  const needed = Math.max(imageSize, hibernation);
  if (given >= needed) return [];
  const problems = [
    ...(given < imageSize ? [`image ${image} has a root volume of ${imageSize} GiB, and EC2 launches none with a smaller one`] : []),
    ...(given < hibernation ? [`hibernation writes the ${hibernatedMemory} GiB of memory of ${instanceType} to the root volume`] : []),
  ];
  const alternative = hibernation > imageSize ? `, or set warmPool.state to ${WarmPoolState.Stopped}` : ", or omit it";
  return [violation("rootVolumeSize", given, problems.join(", and "), `Use at least ${needed} GiB${alternative}`)];
}

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
  /** `diskFloor.freeSpace`, where it is above the usual one. */
  raisedFloor?: number;
}

/**
 * The size if none is given. EC2 would take the image's own, but Ubuntu's 8 GiB are too few for jobs, and an own image
 * may be full. So the image keeps its size beside the memory that hibernation writes.
 */
export function defaultRootVolumeSize({ imageSize = 0, hibernatedMemory = 0, raisedFloor }: RootVolumeNeeds): number {
  const hibernation = hibernatedMemory === 0 ? 0 : hibernatedMemory + Math.max(imageSize, HIBERNATION_HEADROOM_GIB);
  return Math.max(USUAL_ROOT_VOLUME_GIB, imageSize, hibernation, imageSize + hibernatedMemory + roomOf(raisedFloor));
}

/**
 * GiB that a raised floor needs beside the image: twice the floor, or each launch would be abandoned, and one for a first job. The usual
 * floor needs none of its own: an image is hardly ever as full as its volume.
 */
function roomOf(raisedFloor: number | undefined): number {
  return raisedFloor === undefined ? 0 : Math.ceil(2 * raisedFloor) + 1;
}

/**
 * EC2 refuses each launch with a volume smaller than its snapshot, and cannot hibernate to one smaller than the memory. An instance
 * without twice its disk floor would be abandoned.
 */
export function rootVolumeViolations(given: number, needs: RootVolumeNeeds): Violation[] {
  const { instanceType, image, imageSize = 0, hibernatedMemory, raisedFloor } = needs;
  const hibernation = hibernatedMemory === undefined ? 0 : hibernatedMemory + HIBERNATION_HEADROOM_GIB;
  const floor = raisedFloor === undefined ? 0 : imageSize + (hibernatedMemory ?? 0) + roomOf(raisedFloor);
  const needed = Math.max(imageSize, hibernation, floor);
  if (given >= needed) return [];
  const problems = [
    ...(given < imageSize ? [`image ${image} has a root volume of ${imageSize} GiB, and EC2 launches none with a smaller one`] : []),
    ...(given < hibernation ? [`hibernation writes the ${hibernatedMemory} GiB of memory of ${instanceType} to the root volume`] : []),
    ...(given < floor ? [`twice diskFloor.freeSpace = ${raisedFloor} GiB must be free beside the image's ${imageSize} GiB`] : []),
  ];
  const alternative =
    floor === needed
      ? ", or lower diskFloor.freeSpace"
      : hibernation > imageSize
        ? `, or set warmPool.state to ${WarmPoolState.Stopped}`
        : ", or omit it";
  return [violation("rootVolumeSize", given, problems.join(", and "), `Use at least ${needed} GiB${alternative}`)];
}

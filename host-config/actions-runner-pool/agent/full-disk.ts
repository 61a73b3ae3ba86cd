/**
 * A full disk is a black hole: each job fails at its worker's first log line, the listener stays online and takes the
 * next one, and no health check notices. So an instance whose disk is nearly full takes no further job, waits for the one
 * that it has, for maxDrain at most, and has the group replace it.
 *
 * The replacement is a better one: an instance that starts with less than twice the floor is never taken into service
 * (registration.ts). So an image that is itself too full cannot replace healthy instances, one after the other.
 */
import { DISK_FLOOR, type DiskFloor } from "../../../contract/shared/host-setup";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { DiskSpace } from "../../shared/ports/disk";
import type { Host } from "./ports/host";

const GIB = 1024 ** 3;
/** They are measured first, so another path that is named is on another file system. */
const ON_ROOT_VOLUME: readonly string[] = [PATHS.runner, "/"];
/** An instance enters service only with this many times the floor, or the first job could end its life. */
export const AT_LAUNCH = 2;

/** What is too scarce, in words, or undefined. */
export function shortageOf(spaces: readonly DiskSpace[], times = 1, floor: DiskFloor = DISK_FLOOR): string | undefined {
  return firstShortage(spaces, times, floor)?.shortage;
}

/** The same with what would help. */
export function remediedShortageOf(spaces: readonly DiskSpace[], times: number, floor?: DiskFloor): string | undefined {
  const found = firstShortage(spaces, times, floor);
  if (found === undefined) return undefined;
  if (ON_ROOT_VOLUME.includes(found.path))
    return `the image leaves too little space for jobs: ${found.shortage}; raise rootVolumeSize or use a smaller image`;
  return `too little space for jobs: ${found.shortage}; enlarge the volume that holds it, or lower diskFloor`;
}

interface Shortage {
  path: string;
  shortage: string;
}

function firstShortage(spaces: readonly DiskSpace[], times: number, floor: DiskFloor = DISK_FLOOR): Shortage | undefined {
  const [space, inodes] = [floor.freeSpace * times, floor.freeInodes * times];
  for (const { path, available, total, inodesAvailable, inodesTotal } of spaces) {
    if (total > 0 && available < space * GIB)
      return { path, shortage: `${path}: ${gib(available)} of ${gib(total)} GiB free, at least ${space} needed` };
    if (inodesTotal > 0 && (inodesAvailable / inodesTotal) * 100 < inodes)
      return { path, shortage: `${path}: ${inodesAvailable} of ${inodesTotal} inodes free, at least ${inodes} % needed` };
  }
  return undefined;
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}

/**
 * Reports the instance as unhealthy and counts it. The group terminates it through its hook, as in a scale-in, and
 * launches its replacement at once. Both calls are made even if one fails; rejects if one did.
 */
export async function reportFullDisk({ health, metrics }: Pick<Host, "health" | "metrics">): Promise<void> {
  const done = await Promise.allSettled([health.markUnhealthy(), metrics.count(METRIC.fullDisks)]);
  const failed = done.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

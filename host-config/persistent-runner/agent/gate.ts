import { DISK_GATE, type DiskGate } from "../../../contract/persistent-runner/host";
import type { DiskUse } from "./ports/boot-host";

const GIB = 1024 ** 3;
/** Its free space is that of the jobs' workspaces. */
export const ROOT_VOLUME = "/";

export interface Shortage {
  /** Of the disk. */
  path: string;
  /** With the remedy. */
  text: string;
}

/** What is too scarce, or undefined. */
export function shortageOf(disks: readonly DiskUse[], gate: DiskGate): Shortage | undefined {
  for (const disk of disks) {
    const problem = problemOf(disk, gate);
    if (problem === undefined) continue;
    const volume = disk.path === ROOT_VOLUME ? "rootVolume" : "cacheVolume";
    return { path: disk.path, text: `${disk.path}: ${problem}: enlarge ${volume}, or have more evicted` };
  }
  return undefined;
}

function problemOf(disk: DiskUse, { used, freeSpace, freeInodes = DISK_GATE.freeInodes }: DiskGate): string | undefined {
  const free = `${(disk.available / GIB).toFixed(1)} GiB free`;
  if (disk.used >= used) return `${Math.floor(disk.used)} % used, ${free}, below ${used} % needed`;
  if (disk.freeInodes < freeInodes) return `${Math.floor(disk.freeInodes)} % of the inodes free, at least ${freeInodes} % needed`;
  if (disk.path === ROOT_VOLUME && disk.available < freeSpace * GIB) return `${free}, at least ${freeSpace} needed`;
  return undefined;
}

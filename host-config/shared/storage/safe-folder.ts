import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { PrepareError } from "../prepare/prepare-error";

const ROOT = 0;
/** Group and others. */
const OTHERS_WRITE = 0o022;

/**
 * Creates a mount point. At each boot root mounts a file system there that belongs to the job's user, so no part of the path may be
 * one that a job could replace by a link: all that leads to it is root's, and only root may write there.
 *
 * @param owner overridden by tests, which need not run as root
 */
export function createMountPoint(path: string, owner = ROOT): void {
  // From the outside in: a folder is made only in one that was found safe.
  for (const folder of [...parentsOf(path).reverse(), path]) {
    const known = lstatSync(folder, { throwIfNoEntry: false });
    if (known === undefined) {
      mkdirSync(folder, { mode: 0o755 });
      continue;
    }
    const safe = folder === path || folder === "/" || (known.uid === owner && (known.mode & OTHERS_WRITE) === 0);
    if (known.isDirectory() && safe) continue;
    throw new PrepareError(
      `storage: ${path} cannot be a mount point, because ${folder} is no folder of root's alone: use another mountPoint, or change the image`,
    );
  }
}

/**
 * What the image has in the folder would be hidden. What root runs from there, or trusts, would be the jobs', who own the volume.
 */
export function checkHidden(path: string): void {
  if (readdirSync(path).length > 0)
    throw new PrepareError(`storage: ${path} of the image is not empty, and a volume would hide it: use another mountPoint, or empty it`);
}

/** For what is mounted there, or a folder of root's. */
export function give(path: string, { uid, gid }: { uid: number; gid: number }, mode: number): void {
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...parentsOf(parent)];
}

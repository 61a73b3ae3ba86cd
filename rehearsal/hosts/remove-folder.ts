import { existsSync, readFileSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { succeed } from "./systemd/command";

/**
 * Removes a folder that a root file system was built or mounted in. If its program was killed, /proc, /sys and the host's own
 * /dev/shm may still be mounted below it, and a removal would go on into them.
 *
 * @throws if a program still uses such a mount. Nothing is removed then.
 */
export async function removeFolder(folder: string): Promise<void> {
  for (const mount of mountsBelow(folder)) await succeed("umount", [mount]);
  const [left] = mountsBelow(folder);
  if (left !== undefined) throw new Error(`${left} is still mounted: unmount it, then remove ${folder}`);
  await rm(folder, { recursive: true, force: true });
}

/** The mounts at or below a folder, innermost and latest first: the order in which they can be unmounted. */
export function mountsBelow(folder: string): string[] {
  // The kernel lists paths without links, and any folder above this one may be a link.
  const path = existsSync(folder) ? realpathSync(folder) : resolve(folder);
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => unescaped(line.split(" ")[4] ?? ""))
    .filter((mount) => mount === path || mount.startsWith(`${path}/`))
    .reverse();
}

/** The kernel writes blanks, tabs, newlines and backslashes of a path as three octal digits. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

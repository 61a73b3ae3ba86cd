/**
 * What is mounted where, as the kernel lists it. A job may mount a file system of its own (FUSE) over what its user owns. Root
 * is then refused, or, where /etc/fuse.conf has user_allow_other, waits for an answer that need not come. The list itself
 * is the kernel's: reading it asks no file system.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Mount {
  id: string;
  at: string;
  type: string;
}

/** proc(5): `36 35 98:0 /root /mount/point options [optional fields] - type source options`. */
function mountsOf(pid: number | "self", proc: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of readFileSync(join(proc, String(pid), "mountinfo"), "utf8").split("\n")) {
    const [own = "", rest = ""] = line.split(" - ", 2);
    const fields = own.split(" ");
    if (fields.length > 4) mounts.push({ id: fields[0]!, at: unescaped(fields[4]!), type: rest.split(" ")[0]! });
  }
  return mounts;
}

/** The kernel escapes space, tab, line feed and backslash in octal. A job chooses the names of its own folders. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

function isUsers({ type }: Mount): boolean {
  return type.startsWith("fuse");
}

/** The user's file system that is mounted at one of the paths, if any. */
export function coverOf(paths: readonly string[], proc = "/proc"): Mount | undefined {
  return mountsOf("self", proc).find((mount) => isUsers(mount) && paths.includes(mount.at));
}

/** Whether a file that the process has open belongs to a user's file system. Throws if the process is gone. */
export function isOnUsersMount(pid: number, descriptor: string, proc: string): boolean {
  const id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(join(proc, String(pid), "fdinfo", descriptor), "utf8"))?.[1];
  return mountsOf(pid, proc).some((mount) => mount.id === id && isUsers(mount));
}

/** What is mounted in or at the folders, by whomever. */
export function mountsBelow(folders: readonly string[], proc = "/proc"): Mount[] {
  return mountsOf("self", proc).filter(({ at }) => folders.some((folder) => at === folder || at.startsWith(`${folder}/`)));
}

/** Where users have mounted file systems of their own, in or at the folders; the innermost first. */
export function usersMountsBelow(folders: readonly string[], proc = "/proc"): string[] {
  return mountsBelow(folders, proc)
    .filter(isUsers)
    .map(({ at }) => at)
    .reverse();
}

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
    // No path of this project has a character that the kernel would escape.
    if (fields.length > 4) mounts.push({ id: fields[0]!, at: fields[4]!, type: rest.split(" ")[0]! });
  }
  return mounts;
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

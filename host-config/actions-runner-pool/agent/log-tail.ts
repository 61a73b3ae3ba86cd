/** The ends of the runner's logs. The job's user can put anything in their place, and root reads them. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { isOnUsersMount } from "../../shared/mounts";

/** Enough for hundreds of announcements; only the last one counts. */
const TAIL_BYTES = 64 * 1024;

export interface Tail {
  text: string;
  /** When the file last changed, in ms since the epoch. */
  changedAt: number;
}

const NOTHING: Tail = { text: "", changedAt: -Infinity };

/**
 * A pipe must not block root, and a link must not make it read elsewhere. A file that does not exist is empty. Throws for
 * anything else that cannot be read: what it hides may be the sign of a job.
 */
export function tail(path: string): Tail {
  try {
    return read(path, constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NOTHING;
    throw error;
  }
}

/**
 * The end of the file that a process has open and whose path matches; empty if there is none, or if it cannot be read. The
 * kernel names the open file and its mount itself, so no folder of the job's user is involved: it may be full of files, or a
 * mount that does not answer.
 */
export function tailOfOpenFile(pid: number, path: RegExp, proc = "/proc"): Tail {
  const folder = join(proc, String(pid), "fd");
  try {
    for (const descriptor of readdirSync(folder)) {
      const open = join(folder, descriptor);
      if (path.test(target(open)) && !isOnUsersMount(pid, descriptor, proc) && statSync(open).isFile()) return read(open);
    }
  } catch {
    // The process is gone, or a job stands in the way.
  }
  return NOTHING;
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

function read(path: string, flags = 0): Tail {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
    const buffer = Buffer.alloc(Math.min(stat.size, TAIL_BYTES));
    const length = readSync(file, buffer, 0, buffer.length, stat.size - buffer.length);
    return { text: buffer.toString("utf8", 0, length), changedAt: stat.mtimeMs };
  } finally {
    closeSync(file);
  }
}

/** The ends of the runner's logs. The job's user can put anything in their place, and root reads them. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** Enough for hundreds of announcements; only the last one counts. */
const TAIL_BYTES = 64 * 1024;

export interface Tail {
  text: string;
  /** When the file last changed, in ms since the epoch. */
  changedAt: number;
}

const NOTHING: Tail = { text: "", changedAt: -Infinity };

/** A pipe must not block root, and a link must not make it read elsewhere: anything but a regular file counts as empty. */
export function tail(path: string): Tail {
  return read(path, constants.O_NOFOLLOW);
}

/**
 * The end of the file that a process has open and whose path matches; empty if there is none. The kernel names the open
 * file itself, so no folder of the job's user is involved: it may be full of files, or a mount that does not answer.
 */
export function tailOfOpenFile(pid: number, path: RegExp, proc = "/proc"): Tail {
  const folder = join(proc, String(pid), "fd");
  try {
    for (const descriptor of readdirSync(folder)) {
      const open = join(folder, descriptor);
      if (path.test(target(open)) && statSync(open).isFile()) return read(open);
    }
  } catch {
    // The process is gone.
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
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  } catch {
    return NOTHING;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return NOTHING;
    const buffer = Buffer.alloc(Math.min(stat.size, TAIL_BYTES));
    const length = readSync(file, buffer, 0, buffer.length, stat.size - buffer.length);
    return { text: buffer.toString("utf8", 0, length), changedAt: stat.mtimeMs };
  } finally {
    closeSync(file);
  }
}

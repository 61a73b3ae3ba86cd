/** Measures file systems. */
import { statfs } from "node:fs/promises";
import type { Disk, DiskSpace } from "./ports/disk";

/** A local file system answers within microseconds. */
const BOUND_MS = 200;

type Read = (folder: string) => Promise<DiskSpace>;

/**
 * A job may mount a file system that never answers. So each folder is read at most once at the same time, because every
 * pending read occupies one of Node's four threads, and the caller does not wait for it.
 */
export function disk(folders: readonly string[], read: Read = measure, boundMs = BOUND_MS): Disk {
  const pending = new Map<string, Promise<DiskSpace | undefined>>();
  const spaceOf = (folder: string): Promise<DiskSpace | undefined> => {
    const known = pending.get(folder);
    if (known) return known;
    const reading = read(folder)
      .catch(() => undefined)
      .finally(() => pending.delete(folder));
    pending.set(folder, reading);
    return reading;
  };
  return {
    async space() {
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, boundMs, undefined)));
      const found = await Promise.all(folders.map((folder) => Promise.race([spaceOf(folder), bound])));
      clearTimeout(timer);
      return found.filter((space) => space !== undefined);
    },
  };
}

async function measure(path: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  return { path, available: bavail * bsize, total: blocks * bsize, inodesAvailable: ffree, inodesTotal: files };
}

import { readFileSync, writeFileSync } from "node:fs";

/** Watchers of files that root may have at once, over all machines and this one itself. The kernel's usual 128 are few. */
const INSTANCES = "/proc/sys/fs/inotify/max_user_instances";

/** A machine holds 6 when it is up and twice that while it boots: enough for hundreds, at some KiB of kernel memory each. */
const ENOUGH = 4096;

/**
 * Raises this machine's limit where it is lower; nothing is taken from anybody, so it stays raised. A machine that boots
 * without a watcher left says "Too many open files" and waits for its units for ever. Returns a line for whoever
 * watches, or undefined when there was nothing to do.
 *
 * @param file for tests.
 */
export function makeRoomForWatchers(file = INSTANCES): string | undefined {
  let limit: number;
  try {
    limit = Number(readFileSync(file, "utf8"));
  } catch {
    return undefined; // A kernel without inotify, or a /proc that hides it: then nothing here can help.
  }
  if (limit >= ENOUGH) return undefined;
  try {
    writeFileSync(file, `${ENOUGH}\n`);
    return `raised fs.inotify.max_user_instances from ${limit} to ${ENOUGH}: machines need room for their watchers`;
  } catch (error) {
    return `fs.inotify.max_user_instances is ${limit} and cannot be raised (${(error as Error).message}): more than a dozen machines may hang at boot`;
  }
}

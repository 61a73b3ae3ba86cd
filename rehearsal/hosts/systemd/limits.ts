import { readFileSync, writeFileSync } from "node:fs";

/** Inotify instances that root may have at once, across all machines and this host. The kernel's usual 128 are too few. */
const INSTANCES = "/proc/sys/fs/inotify/max_user_instances";

/** A running machine uses 6 and a booting one twice that: enough for hundreds, at a few KiB of kernel memory each. */
const ENOUGH = 4096;

/**
 * Raises this host's limit if it is lower. The limit stays raised, which harms no other program. A machine that boots
 * with no instance left logs "Too many open files" and waits for its units forever. Returns a message for the operator,
 * or undefined if there was nothing to do.
 *
 * @param file for tests.
 */
export function raiseInotifyLimit(file = INSTANCES): string | undefined {
  let limit: number;
  try {
    limit = Number(readFileSync(file, "utf8"));
  } catch {
    return undefined; // A kernel without inotify, or a /proc that hides it: nothing can be done here.
  }
  if (limit >= ENOUGH) return undefined;
  try {
    writeFileSync(file, `${ENOUGH}\n`);
    return `raised fs.inotify.max_user_instances from ${limit} to ${ENOUGH}: machines need it to watch files`;
  } catch (error) {
    return `fs.inotify.max_user_instances is ${limit} and cannot be raised (${(error as Error).message}): more than a dozen machines may hang at boot`;
  }
}

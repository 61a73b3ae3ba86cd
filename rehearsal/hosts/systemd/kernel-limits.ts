import { readFileSync, writeFileSync } from "node:fs";

/**
 * All machines are root's to the kernel, and each takes seven inotify instances: five of its systemd, one of its dbus,
 * one of whoever reads its journal. The default of 128 is used up by eighteen machines; a further one ends at once, or
 * stands still half-way through its boot.
 */
const INSTANCES = "/proc/sys/fs/inotify/max_user_instances";
/** For hundreds of machines. An instance costs the kernel about a kilobyte, and only once it is made. */
const ENOUGH = 4096;

/**
 * Raises the limit until the next boot, and never lowers it: others may rely on it by then. Returns a line about it for
 * whoever watches, or undefined where there was room enough.
 */
export function makeRoomForMachines(file: string = INSTANCES): string | undefined {
  const found = Number(readFileSync(file, "utf8"));
  if (found >= ENOUGH) return undefined;
  try {
    writeFileSync(file, `${ENOUGH}\n`);
    return `fs.inotify.max_user_instances raised from ${found} to ${ENOUGH} until the next boot, for the machines' sake`;
  } catch (error) {
    const most = Math.floor(found / 7);
    return `fs.inotify.max_user_instances = ${found}: no more than ${most} machines at a time will boot; raise it to ${ENOUGH} (${(error as Error).message})`;
  }
}

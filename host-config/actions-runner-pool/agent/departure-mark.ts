/**
 * The mark of a terminating instance, in folders that only root can write: on the disk, where it survives a reboot as the
 * termination does, or else in /run. A job may have used up the disk or its inodes; that must not block the termination.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { markFiles } from "./mark-files";
import type { DepartureMark } from "./ports/departure-mark";

const MARK = "departing";

/** For the first installation on a machine, whose image may be of an instance that was terminating. */
export function forgetDeparture(folders: readonly string[] = [PATHS.home, PATHS.runtime]): void {
  for (const folder of folders) rmSync(join(folder, MARK), { force: true });
}

/** @param folders the mark goes into the first that is writable; `set` rejects only if none is */
export function departureMark(folders: readonly string[] = [PATHS.home, PATHS.runtime]): DepartureMark {
  const mark = markFiles(folders.map((folder) => join(folder, MARK)));
  return {
    async set() {
      mark.set();
    },
    async isSet() {
      return mark.isSet();
    },
  };
}

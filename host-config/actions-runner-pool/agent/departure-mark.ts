/**
 * The mark of an instance that is being let go, in root's own folders: on the disk, where it outlives a reboot, as the
 * termination does, or in /run. A job may have used up the disk, its inodes too, and that must not hold the instance.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { DepartureMark } from "./ports/departure-mark";

/** @param folders the first that can be written to gets the mark; set rejects only where none can. */
export function departureMark(folders: readonly string[] = [PATHS.home, PATHS.runtime]): DepartureMark {
  const marks = folders.map((folder) => join(folder, "departing"));
  return {
    async set() {
      for (const [index, mark] of marks.entries()) {
        try {
          return writeFileSync(mark, "");
        } catch (error) {
          if (index === marks.length - 1) throw error;
        }
      }
    },
    async isSet() {
      return marks.some((mark) => existsSync(mark));
    },
  };
}

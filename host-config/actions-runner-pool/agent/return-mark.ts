/** The mark of an instance that returns to the warm pool, in folders that only root can write: on the disk, or else in /run. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { markFiles } from "./mark-files";
import type { ReturnMark } from "./ports/return-mark";

const MARK = "returning";

/** For the first installation on a machine, whose image may be of an instance that was returning. */
export function forgetReturn(folders: readonly string[] = [PATHS.home, PATHS.runtime]): void {
  for (const folder of folders) rmSync(join(folder, MARK), { force: true });
}

/** For a program that must start no process of the job's user meanwhile. */
export function hasReturnMark(folders: readonly string[] = [PATHS.home, PATHS.runtime]): boolean {
  return filesIn(folders).isSet();
}

/** @param folders the mark goes into the first that is writable; `set` rejects only if none is */
export function returnMark(folders: readonly string[] = [PATHS.home, PATHS.runtime]): ReturnMark {
  const mark = filesIn(folders);
  return {
    async set() {
      mark.set();
    },
    async isSet() {
      return mark.isSet();
    },
    async clear() {
      mark.clear();
    },
  };
}

function filesIn(folders: readonly string[]) {
  return markFiles(folders.map((folder) => join(folder, MARK)));
}

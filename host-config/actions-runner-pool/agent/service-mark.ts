/**
 * The mark of an instance that has served, in folders that only root can write: on the disk, where it survives a reboot, or
 * else in /run. From then on, until the machine is renewed, the runner's folder may be a job's work, and nothing in it proves
 * what happened before.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { markFiles } from "./mark-files";
import type { ServiceMark } from "./ports/service-mark";

const MARK = "served";

/** For the first installation on a machine, whose image may be of an instance that has served. */
export function forgetService(folders: readonly string[] = [PATHS.home, PATHS.runtime]): void {
  for (const folder of folders) rmSync(join(folder, MARK), { force: true });
}

/** @param folders the mark goes into the first that is writable; `set` rejects only if none is */
export function serviceMark(folders: readonly string[] = [PATHS.home, PATHS.runtime]): ServiceMark {
  const mark = markFiles(folders.map((folder) => join(folder, MARK)));
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

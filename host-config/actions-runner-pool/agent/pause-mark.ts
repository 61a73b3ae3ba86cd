/** The mark of a paused runner, in a root-owned folder in /run: it survives processes but not a reboot. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { PauseMark } from "./ports/pause-mark";

export function pauseMark(folder: string = PATHS.runtime): PauseMark {
  const mark = join(folder, "paused");
  return {
    async set() {
      writeFileSync(mark, "");
    },
    async isSet() {
      return existsSync(mark);
    },
    async clear() {
      rmSync(mark, { force: true });
    },
  };
}

/** The mark of an instance that is being let go, in root's own folder in /run: it outlives processes but no reboot. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../contract/host";
import type { DepartureMark } from "./ports";

export function departureMark(folder: string = PATHS.runtime): DepartureMark {
  const mark = join(folder, "departing");
  return {
    async set() {
      writeFileSync(mark, "");
    },
    async isSet() {
      return existsSync(mark);
    },
  };
}

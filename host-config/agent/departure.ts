/** The mark of an instance that is being let go, in root's own folder. It outlives a reboot, as the termination does. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../contract/host";
import type { DepartureMark } from "./ports";

export function departureMark(folder: string = PATHS.home): DepartureMark {
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

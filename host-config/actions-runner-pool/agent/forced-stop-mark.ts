/** The mark of a forced stop, in a root-owned folder in /run: it survives processes but not a reboot. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { ForcedStopMark } from "./ports/forced-stop-mark";

export function forcedStopMark(folder: string = PATHS.runtime): ForcedStopMark {
  const mark = join(folder, "forced-stop");
  const reported = join(folder, "forced-stop-reported");
  return {
    async set() {
      writeFileSync(mark, "");
    },
    async isSet() {
      return existsSync(mark);
    },
    async setReported() {
      writeFileSync(reported, "");
    },
    async isReported() {
      return existsSync(reported);
    },
    async clear() {
      rmSync(mark, { force: true });
      rmSync(reported, { force: true });
    },
  };
}

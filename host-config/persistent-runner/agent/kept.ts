import { readFileSync } from "node:fs";
import { writeAtomically } from "../../shared/write-file";
import type { Kept } from "./ports/boot-host";

/** Text in a file of root's, which a power cut leaves as it was or as it is to be. */
export function kept(path: string): Kept {
  return {
    get() {
      try {
        return readFileSync(path, "utf8").trim();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    set: (text) => writeAtomically({ path, mode: 0o644, content: `${text}\n` }),
  };
}

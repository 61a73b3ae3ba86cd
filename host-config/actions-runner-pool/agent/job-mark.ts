/** The job at work as its hooks claim it, in a file of root's in /run. Best effort: it is for people, and a full /run must fail nothing. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { JobMark, Run } from "./ports/job-mark";

/** @param path overridden by tests */
export function jobMark(path: string = PATHS.job): JobMark {
  return {
    set(run) {
      try {
        writeFileSync(`${path}.new`, JSON.stringify(run), { mode: 0o644 });
        renameSync(`${path}.new`, path);
      } catch {
        // An earlier job's must not stand for this one.
        rmSync(path, { force: true });
      }
    },
    get() {
      try {
        return JSON.parse(readFileSync(path, "utf8")) as Run;
      } catch {
        return undefined;
      }
    },
    clear: () => rmSync(path, { force: true }),
  };
}

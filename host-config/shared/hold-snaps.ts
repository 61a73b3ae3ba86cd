/**
 * Docker as a snap: snapd refreshes it by itself, several times a day, which restarts its service and ends the containers of a
 * running job. Held, it is upgraded with the image, like the packages in system-files.ts. An explicit `snap refresh docker` works.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "./ports/log";

const ENGINES = ["docker"];
/** snapd may still be setting up the snaps of the image. */
const TIMEOUT_MS = 30_000;

type Run = (file: string, args: string[], options: { timeout: number }) => Promise<unknown>;

/** Never rejects: an older snapd (before 2.58) cannot hold a single snap, and no launch may depend on that. */
export async function holdSnaps(log: Pick<Log, "warn">, snaps = "/snap", run: Run = promisify(execFile)): Promise<void> {
  for (const name of ENGINES) {
    if (!existsSync(join(snaps, name))) continue;
    try {
      await run("snap", ["refresh", "--hold", name], { timeout: TIMEOUT_MS });
    } catch (error) {
      log.warn("the snap of a container engine could not be held", { name, error: String(error) });
    }
  }
}

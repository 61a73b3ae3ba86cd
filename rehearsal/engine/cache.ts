import { homedir } from "node:os";
import { join } from "node:path";

/** The oldest engine that the rehearsal is known to work with, and the one that it builds. */
export const ENGINE_VERSION = "3.200.0";

/** `${XDG_CACHE_HOME:-~/.cache}/ci-runners/engine`; each version has a folder with `bin/pulumi` in it. */
export function engineCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ci-runners", "engine");
}

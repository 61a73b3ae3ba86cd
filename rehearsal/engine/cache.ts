import { homedir } from "node:os";
import { join } from "node:path";

/** The engine that the rehearsal builds or fetches. */
export const ENGINE_VERSION = "3.248.0";

/**
 * The oldest on PATH that it takes: the first that sends its events over a connection. Those of older ones go through
 * a file, which the SDK reads twice at once when the engine ends (pulumi/pulumi#6768): events are lost, or two of them
 * become one that was never sent.
 */
export const OLDEST_ENGINE = "3.206.0";

/** `${XDG_CACHE_HOME:-~/.cache}/ci-runners/engine`; each version has a folder with `bin/pulumi` in it. */
export function engineCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ci-runners", "engine");
}

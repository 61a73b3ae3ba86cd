import { cacheFolder } from "../cache-folder";

/** The engine version that the rehearsal builds. */
export const ENGINE_VERSION = "3.248.0";

/**
 * The oldest version accepted from PATH: the first that sends its events over a connection. Older ones write them to a
 * file, which the SDK reads twice concurrently when the engine ends (pulumi/pulumi#6768): events are lost, or two are
 * merged into one that was never sent.
 */
export const OLDEST_ENGINE = "3.206.0";

/** `${XDG_CACHE_HOME:-~/.cache}/ci-runners/engine`; each version has a folder that contains `bin/pulumi`. */
export function engineCache(env: NodeJS.ProcessEnv = process.env): string {
  return cacheFolder("engine", env);
}

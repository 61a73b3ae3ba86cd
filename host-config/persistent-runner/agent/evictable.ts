/** What goes when a disk is full, in its order: logs of runs first, then the caches that the stack lists, and by name what else it lists. */
import { type PersistentHostConfig, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import type { Exec } from "../../shared/prepare/stage";
import { emptyFolder } from "./caches";
import { ROOT_VOLUME } from "./gate";
import type { Evictable } from "./ports/boot-host";

/** Runs of which the logs stay in any case: the last ones are those that someone reads. */
const RUNS_KEPT = 3;
const BOUND_MS = 60_000;

export function evictable(config: PersistentHostConfig, exec: Exec, runLogs: string = PERSISTENT_PATHS.runLogs): Evictable[] {
  const { mount, volumeId, evict } = config.cache;
  const ofCaches = volumeId === undefined ? ROOT_VOLUME : mount;
  const folder = (name: string) => ({ what: name, path: ofCaches, free: () => emptyFolder(exec, mount, name === "." ? "" : name) });
  return [{ what: "logs of runs", path: ROOT_VOLUME, free: () => forgetRuns(exec, runLogs) }, ...evict.map(folder)];
}

/** The folders are root's, by names of root's. */
async function forgetRuns(exec: Exec, folder: string): Promise<void> {
  const script = `cd -- "$1" && ls -1t | tail -n +${RUNS_KEPT + 1} | xargs --no-run-if-empty -d '\\n' rm -rf --`;
  const { code, stderr } = await exec("sh", ["-c", script, "sh", folder], { timeoutMs: BOUND_MS });
  if (code !== 0) throw new Error(stderr.trim().split("\n").at(-1));
}

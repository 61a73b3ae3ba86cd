/** Keeps the listener's log from staying full: a listener that cannot write would end at once, at each of its starts. */
import { statSync, truncateSync } from "node:fs";
import { PATHS } from "../../../contract/actions-runner-pool/host";

/** Bytes; a quarter of the log's file system (system-files.ts). A job adds some 200 bytes, so only a flood gets there. */
export const LISTENER_LOG_LIMIT = 4 * 1024 * 1024;

/**
 * Only before a listener starts and after the reap has ended the last one: the log is then no sign of a job any more.
 * Returns the size of a log that it has emptied.
 */
export function emptyLongLog(path: string = PATHS.listenerLog, limit = LISTENER_LOG_LIMIT): number | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= limit) return undefined;
  truncateSync(path, 0);
  return size;
}

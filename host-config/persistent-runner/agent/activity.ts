/**
 * The file in which hooks note the job at work. It is the job user's, for hooks run as that user, in a folder of root's: a job can write
 * anything to it, but can put neither a folder nor a link in its place.
 */
import { closeSync, constants, fchownSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import type { Account } from "../../shared/account";
import type { Exec } from "../../shared/prepare/stage";

/** Of a folder with whatever is in it. */
const REMOVE_MS = 60_000;
/** A run key has a repository's name of up to 140 characters. */
const LONGEST = 200;

/** At each boot, with nothing of an earlier job's. Rejects without harm: hooks can then note nothing, and the idle stop counts by the worker. */
export async function resetActivity(exec: Exec, { uid, gid }: Account, path: string = PERSISTENT_PATHS.activity): Promise<void> {
  const folder = dirname(path);
  // What stands there may be anything, from a machine of before too; rm follows no link, and needs no rights on a folder.
  const { code, stderr } = await exec("rm", ["-rf", "--one-file-system", "--", folder], { timeoutMs: REMOVE_MS });
  if (code !== 0) throw new Error(stderr.trim().split("\n").at(-1));
  mkdirSync(folder, { mode: 0o755 });
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  try {
    fchownSync(descriptor, uid, gid);
  } finally {
    closeSync(descriptor);
  }
}

/** What the hooks have noted last, in the first line; a job may have written it. */
export function activity(path: string = PERSISTENT_PATHS.activity): { text?: string; stamp?: number } {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return {};
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return {};
    const start = Buffer.alloc(LONGEST);
    const length = readSync(descriptor, start);
    return { text: start.subarray(0, length).toString().split("\n")[0], stamp: stat.mtimeMs };
  } finally {
    closeSync(descriptor);
  }
}

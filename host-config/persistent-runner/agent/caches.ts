/**
 * Deletes what jobs have left in folders of theirs: caches, workspaces, a home. As root, because a job can deny its own user the right to
 * delete (Go does so for its modules), and containers leave files of other users.
 *
 * No link leads root elsewhere: a folder is entered first, and then compared with where it has to be, which the kernel knows; what is in it goes by rm,
 * which follows none and stays on this file system.
 */
import { join } from "node:path";
import type { Exec } from "../../shared/prepare/stage";

/** Gigabytes in hundreds of thousands of files, on a volume that is being restored. */
const BOUND_MS = 900_000;
/** `$1`: a folder whose path is root's; `$2`: one below it, whose path may be a job's, or nothing. One that is not there is empty. */
const EMPTY = `cd -P -- "$1" || exit
if [ -n "$2" ]; then
  top=$(pwd -P)
  [ -e "./$2" ] || [ -L "./$2" ] || exit 0
  cd -P -- "./$2" || exit
  [ "$(pwd -P)" = "\${top%/}/$2" ] || { echo "a link is in its place" >&2; exit 1; }
fi
find . -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system -- {} +
[ -z "$(ls -A)" ] || { echo "not empty" >&2; exit 1; }`;

/** Rejects with the reason unless the folder is empty, or not there, afterwards. */
export async function emptyFolder(exec: Exec, top: string, folder = ""): Promise<void> {
  const { code, stderr } = await exec("sh", ["-c", EMPTY, "sh", top, folder], { timeoutMs: BOUND_MS });
  if (code !== 0) throw new Error(`${join(top, folder)} could not be emptied: ${stderr.trim().split("\n").at(-1)}`);
}

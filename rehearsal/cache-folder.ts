import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Folders that outlive a run, below `${XDG_CACHE_HOME:-~/.cache}/ci-runners`. Root boots, mounts and runs what is in
 * them, so their content is trusted only if no other user could have written it and if it is what was put there.
 */

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

export function cacheFolder(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ci-runners", name);
}

/**
 * Creates the folder, or closes an existing one to other users: the machine image has old programs that run as root
 * whoever starts them.
 *
 * @throws if another user owns the folder or a folder above it, or can write to one: a user who can rename a folder can
 *   put another one in its place.
 */
export function ownFolder(folder: string): string {
  // 0o755 for the folders above: a umask of 002 would make them writable by the group.
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const uid = process.geteuid?.();
  if (uid === undefined) return folder;
  if (lstatSync(folder).isSymbolicLink()) {
    throw new Error(`cache folder ${folder} is a symbolic link, remove it; to keep the cache elsewhere, set XDG_CACHE_HOME`);
  }
  const path = realpathSync(folder);
  for (let at = path; ; at = dirname(at)) {
    const { uid: owner, mode } = lstatSync(at);
    // Root could replace anything anyway; and only the owner of an entry can rename it in a sticky folder like /tmp.
    if (owner !== uid && (at === path || owner !== 0)) refuse(folder, at, `belongs to uid ${owner}, and this process runs as uid ${uid}`);
    if (mode & WRITABLE_BY_OTHERS && (at === path || !(mode & STICKY))) {
      refuse(folder, at, `is writable by other users (mode ${(mode & 0o7777).toString(8)})`);
    }
    if (at === dirname(at)) break;
  }
  if (lstatSync(path).mode & 0o077) chmodSync(path, 0o700);
  return folder;
}

function refuse(folder: string, at: string, problem: string): never {
  const where = at === folder ? `cache folder ${folder}` : `cache folder ${folder}: ${at}`;
  throw new Error(
    `${where} ${problem}, so its content cannot be trusted: remove the cache folder and make ${dirname(folder)} writable by this user ` +
      "alone, or set XDG_CACHE_HOME to a folder that is",
  );
}

/** Records what is in the folder, beside it, in `FOLDER.sha256`. `contentOf`: where the content is until it is moved there. */
export function seal(folder: string, contentOf = folder): void {
  writeFileSync(sealOf(folder), `${treeDigest(contentOf)}\n`, { mode: 0o600 });
}

/** Why the folder is not what was sealed; undefined if it is. */
export function brokenSeal(folder: string): string | undefined {
  let sealed: string;
  try {
    sealed = readFileSync(sealOf(folder), "utf8").trim();
  } catch {
    return `${folder} has no record of its content`;
  }
  return treeDigest(folder) === sealed ? undefined : `the content of ${folder} has changed since it was recorded`;
}

function sealOf(folder: string): string {
  return `${folder}.sha256`;
}

/** Of names, kinds, modes, owners, link targets and contents: everything that decides what root runs from a tree. */
function treeDigest(folder: string): string {
  const hash = createHash("sha256");
  const add = (below: string) => {
    const path = join(folder, below);
    const { mode, uid, gid, rdev } = lstatSync(path);
    const kind = mode & 0o170000;
    const content = kind === 0o100000 ? readFileSync(path) : kind === 0o120000 ? readlinkSync(path) : "";
    hash.update(`${below}\0${mode}\0${uid}\0${gid}\0${kind === 0o060000 || kind === 0o020000 ? rdev : 0}\0${content.length}\0`);
    hash.update(content);
    if (kind !== 0o040000) return;
    for (const name of readdirSync(path).sort()) add(join(below, name));
  };
  add("");
  return hash.digest("hex");
}

import { Header } from "tar";

export interface TarEntry {
  /** Relative, with forward slashes. */
  path: string;
  /** Permission bits, such as 0o755. */
  mode: number;
  content: Buffer | string;
}

const BLOCK = 512;
/** An archive ends with two empty blocks. */
const END = Buffer.alloc(2 * BLOCK);

/**
 * An uncompressed archive whose bytes depend only on its entries: sorted, owned by root, dated 1970. It is not compressed,
 * because deflate's output differs between zlib versions, and the digest is pinned in launch templates: every build of the
 * same source must give the same digest.
 *
 * @throws if a path is absolute, leaves the archive, occurs twice, or is too long for the plain ustar format (100 bytes).
 */
export function deterministicTar(entries: readonly TarEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const blocks: Buffer[] = [];
  sorted.forEach((entry, position) => {
    check(entry.path, sorted[position - 1]?.path);
    const content = Buffer.from(entry.content);
    blocks.push(header(entry, content.length), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
  });
  return Buffer.concat([...blocks, END]);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const tooLong = new Header({
    path: entry.path,
    mode: entry.mode & 0o7777,
    uid: 0,
    gid: 0,
    uname: "root",
    gname: "root",
    size,
    mtime: new Date(0),
    type: "File",
  }).encode(block, 0);
  if (tooLong) throw new Error(`archive entry "${entry.path}": too long for the ustar format; shorten the path to 100 bytes`);
  return block;
}

function check(path: string, previous: string | undefined): void {
  if (path === previous) throw new Error(`archive entry "${path}": occurs twice; keep one of them`);
  if (path === "" || path.startsWith("/") || path.split("/").includes("..")) {
    throw new Error(`archive entry "${path}": must be a relative path inside the archive; remove the leading "/" or ".."`);
  }
}

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { isArchive, isAsset, type Json } from "../values";

/** Content of a local asset; the rehearsal does not download remote ones. */
export function assetContent(asset: Json, property: string): Buffer {
  if (!isAsset(asset)) throw new Error(`${property}: not an asset`);
  if (asset.path !== undefined) return readFileSync(localPath(asset.path, property));
  if (asset.text !== undefined) return Buffer.from(asset.text);
  throw new Error(`${property}: the rehearsal does not download remote assets (${asset.uri}); use a FileAsset or a StringAsset`);
}

/** Unpacks an archive into a folder, replacing the folder's content. */
export function unpackArchive(archive: Json, folder: string, property: string): void {
  if (!isArchive(archive)) throw new Error(`${property}: not an archive`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (archive.assets) {
    for (const [name, item] of Object.entries(archive.assets)) {
      const target = join(folder, name);
      if (relative(folder, target).startsWith("..")) throw new Error(`${property}: ${name} is outside the archive`);
      if (isArchive(item)) unpackArchive(item, target, `${property}.${name}`);
      else {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, assetContent(item, `${property}.${name}`));
      }
    }
    return;
  }
  const path = localPath(archive.path ?? "", property);
  if (!statSync(path).isDirectory())
    throw new Error(
      `${property}: ${path} is not a folder; the rehearsal does not unpack zip or tar files, use an AssetArchive or a folder`,
    );
  cpSync(path, folder, { recursive: true });
}

function localPath(path: string, property: string): string {
  if (!isAbsolute(path))
    throw new Error(`${property}: path ${path} is relative; the engine runs in another folder, so use an absolute path`);
  if (!existsSync(path)) throw new Error(`${property}: ${path} does not exist; run \`npm run build\``);
  return path;
}

/** Digest of file names and contents, in the encoding of Lambda's CodeSha256. */
export function folderDigest(folder: string): { sha256: string; bytes: number } {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const file of filesIn(folder)) {
    const content = readFileSync(join(folder, file));
    bytes += content.length;
    hash.update(`${file.split(sep).join("/")}\0${content.length}\0`).update(content);
  }
  return { sha256: hash.digest("base64"), bytes };
}

function filesIn(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesIn(folder, join(below, entry.name)) : [join(below, entry.name)]))
    .sort();
}

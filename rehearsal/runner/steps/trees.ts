import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Files } from "./plan";

/** @throws for a path that leaves the folder */
export function writeTree(files: Files, folder: string): void {
  const root = resolve(folder);
  for (const [path, content] of Object.entries(files)) {
    const target = resolve(root, path);
    if (!target.startsWith(`${root}${sep}`)) throw new Error(`${path} is not below ${folder}`);
    mkdirSync(dirname(target), { recursive: true });
    // Replaced, so that its mode is the tree's too.
    rmSync(target, { force: true });
    writeFileSync(target, content, { mode: content.startsWith("#!") ? 0o755 : 0o644 });
  }
}

/** What `git clean -ffdx` removes: all that is not part of the tree. */
export function cleanTree(files: Files, folder: string, below = ""): void {
  if (!existsSync(join(folder, below))) return;
  const isTracked = (path: string) => files[path] !== undefined || Object.keys(files).some((one) => one.startsWith(`${path}/`));
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (!isTracked(path)) rmSync(join(folder, path), { recursive: true, force: true });
    else if (entry.isDirectory()) cleanTree(files, folder, path);
  }
}

/** Files of the previous checkout that the new one does not have: git removes them, and leaves what it never knew. */
export function removeOld(previous: Iterable<string>, files: Files, folder: string): void {
  for (const path of previous) if (files[path] === undefined) rmSync(join(folder, path), { force: true });
}

import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { RenderedFile } from "./rendered-file";

/** A power cut leaves the old file or the new one, never a part of it. A full disk leaves the old one. */
export function writeAtomically({ path, content, mode }: RenderedFile): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, content, { mode, flush: true });
    chmodSync(draft, mode);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

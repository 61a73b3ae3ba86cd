/**
 * A mark that several programs of root read: an empty file in the first of several places that can be written. A job may
 * have used up the disk or its inodes, and no single place may decide whether a termination goes on.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";

export interface MarkFiles {
  /** Throws the last place's error if none can be written. */
  set(): void;
  isSet(): boolean;
  /** Throws if a mark cannot be removed. */
  clear(): void;
}

export function markFiles(paths: readonly string[]): MarkFiles {
  return {
    set() {
      for (const [index, path] of paths.entries()) {
        try {
          return writeFileSync(path, "");
        } catch (error) {
          if (index === paths.length - 1) throw error;
        }
      }
    },
    isSet: () => paths.some((path) => existsSync(path)),
    clear() {
      for (const path of paths) if (existsSync(path)) rmSync(path, { force: true });
    },
  };
}

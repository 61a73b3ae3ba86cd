import { statfs } from "node:fs/promises";
import type { PersistentHostConfig } from "../../../contract/persistent-runner/host";
import type { DiskUse } from "./ports/boot-host";

/** The root volume, and the cache volume where there is one. */
export async function diskUse({ cache }: Pick<PersistentHostConfig, "cache">): Promise<DiskUse[]> {
  return Promise.all(["/", ...(cache.volumeId === undefined ? [] : [cache.mount])].map(useOf));
}

async function useOf(path: string): Promise<DiskUse> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
  const inUse = blocks - bfree;
  const usable = inUse + bavail;
  return {
    path,
    used: usable === 0 ? 0 : (inUse / usable) * 100,
    available: bavail * bsize,
    // Some file systems make inodes as they need them, and count none.
    freeInodes: files === 0 ? 100 : (ffree / files) * 100,
  };
}

import type { PersistentHostConfig } from "../../../../contract/persistent-runner/host";
import type { Kept } from "../../../../host-config/persistent-runner/agent/ports/boot-host";

/** What survives a power-off. */
export interface PersistentDisk {
  /** Files with one text each: what the machine was prepared by, and the epoch of its caches. */
  kept: Map<string, string>;
  /** Of the last boot that fetched one. */
  config?: PersistentHostConfig;
  /** Builds whose results the caches hold. */
  builds: number;
  /** With the registration `service`. */
  runnerId?: number;
}

export function keptOn(disk: PersistentDisk, name: string): Kept {
  return { get: () => disk.kept.get(name), set: (text) => void disk.kept.set(name, text) };
}

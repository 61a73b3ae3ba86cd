/** Measures the file systems on which jobs depend. */
import { statfs } from "node:fs/promises";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { CONTAINERD, HOST_PATHS, SYSTEM_ENGINE_ROOT, workFolder } from "../../../contract/shared/host-paths";
import { configuredDataRoot, DOCKER_CONFIG } from "../../shared/docker/data-root";
import type { Disk, DiskSpace } from "./ports/disk";

/** The job's workspaces and the worker's log, whose first line ends a worker on a full disk; and everything else. */
const FOLDERS: readonly string[] = [PATHS.runner, "/"];
/** A local file system answers within microseconds. */
const BOUND_MS = 200;

/**
 * The folders to measure, several of which may be on one file system, and some absent. The engine's only where jobs may use
 * it: elsewhere a full one costs no job. Further volumes are not measured: what jobs keep there is theirs, and may fill it.
 */
export function foldersOf(config: Pick<HostConfig, "docker" | "jobsMayBecomeRoot" | "storage">, dockerConfig = DOCKER_CONFIG): string[] {
  const { docker, jobsMayBecomeRoot } = config;
  // On many images they have a volume of their own.
  const ofEngine = () => [configuredDataRoot(dockerConfig) ?? SYSTEM_ENGINE_ROOT, CONTAINERD];
  const work = workFolder(config);
  return [
    ...FOLDERS,
    ...(work === undefined ? [] : [work]),
    ...(docker === "rootless" ? [HOST_PATHS.engine] : []),
    ...(docker === "root" || jobsMayBecomeRoot ? ofEngine() : []),
  ];
}

type Read = (folder: string) => Promise<DiskSpace>;

/**
 * A job may mount a file system that never answers. So each folder is read at most once at the same time, because every
 * pending read occupies one of Node's four threads, and the caller does not wait for it.
 */
export function disk(folders: readonly string[] = FOLDERS, read: Read = measure, boundMs = BOUND_MS): Disk {
  const pending = new Map<string, Promise<DiskSpace | undefined>>();
  const spaceOf = (folder: string): Promise<DiskSpace | undefined> => {
    const known = pending.get(folder);
    if (known) return known;
    const reading = read(folder)
      .catch(() => undefined)
      .finally(() => pending.delete(folder));
    pending.set(folder, reading);
    return reading;
  };
  return {
    async space() {
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, boundMs, undefined)));
      const found = await Promise.all(folders.map((folder) => Promise.race([spaceOf(folder), bound])));
      clearTimeout(timer);
      return found.filter((space) => space !== undefined);
    },
  };
}

async function measure(path: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  return { path, available: bavail * bsize, total: blocks * bsize, inodesAvailable: ffree, inodesTotal: files };
}

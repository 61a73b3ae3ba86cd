/** The file systems on which jobs depend. */
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { CONTAINERD, HOST_PATHS, SYSTEM_ENGINE_ROOT, workFolder } from "../../../contract/shared/host-paths";
import { configuredDataRoot, DOCKER_CONFIG } from "../../shared/docker/data-root";

/** The job's workspaces and the worker's log, whose first line ends a worker on a full disk; and everything else. */
const FOLDERS: readonly string[] = [PATHS.runner, "/"];

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

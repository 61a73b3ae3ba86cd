/** What the shared parts of a host are asked for by a persistent machine's configuration. */
import { cacheDevice, type PersistentHostConfig, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { CONTAINERD, engineRoot } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";

/** The machine's setup with its cache volume, and a bound on the preparation. */
export function setupOf(config: PersistentHostConfig): HostSetup {
  const { docker, packages, script, proxy, logs, firstBootTimeout } = config;
  const storage = storageOf(config);
  return {
    ...(docker && { docker }),
    ...(packages && { packages }),
    ...(script && { script }),
    ...(proxy && { proxy }),
    ...(logs && { logs }),
    ...(storage && { storage }),
    setupTimeout: config.setupTimeout ?? firstBootTimeout,
  };
}

/** Docker's data is as much worth keeping as the caches: the volume outlives the instance, and the root volume does not. */
function storageOf(config: PersistentHostConfig): HostSetup["storage"] {
  const { docker, cache } = config;
  if (cache.volumeId === undefined) return undefined;
  const root = engineRoot(config);
  const parts = [
    { folder: "cache", mountPoint: cache.mount },
    ...(root === undefined ? [] : [{ folder: "docker", mountPoint: root }]),
    ...(docker === "root" ? [{ folder: "containerd", mountPoint: CONTAINERD }] : []),
  ];
  return { volumes: [{ device: cacheDevice(cache.volumeId), mountPoint: PERSISTENT_PATHS.cacheVolume, grows: true, parts }] };
}

/** Where tools keep what they would download or build again. A stack's own variable of the same name counts more. */
const CACHES: Readonly<Record<string, string>> = {
  CARGO_HOME: "cargo",
  CCACHE_DIR: "ccache",
  GOCACHE: "go-build",
  GOMODCACHE: "go-mod",
  GRADLE_USER_HOME: "gradle",
  PIP_CACHE_DIR: "pip",
  SCCACHE_DIR: "sccache",
  YARN_CACHE_FOLDER: "yarn",
  npm_config_cache: "npm",
};

/** Of each job; in the runner's unit, because the runner's own file of variables is in a folder where jobs may put a link. */
export function jobEnvironment({ cache, jobEnvironment: own = {} }: PersistentHostConfig): Record<string, string> {
  const folders = Object.entries(CACHES).map(([name, folder]) => [name, `${cache.mount}/${folder}`]);
  return { CI_RUNNERS_CACHE: cache.mount, ...Object.fromEntries(folders), ...own };
}

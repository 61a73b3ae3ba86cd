/** Files and folders of a host that what a team asks for needs, besides those of a component. All are root's, unless it says otherwise. */
import type { HostSetup } from "./host-setup";

/** What a pool installs on a host; root's alone. */
export const HOST_HOME = "/opt/ci-runners";
/** What stays on a host between boots. */
const HOST_STATE = "/var/lib/ci-runners";

export const HOST_PATHS = {
  /** Mode 0700. */
  setupScript: `${HOST_HOME}/setup/script`,
  /** Id of the instance and digest of the script with which the setup of this machine succeeded. */
  prepared: `${HOST_HOME}/setup/prepared`,
  /** How the setup script ended, as systemd saw it. In /run, which a script that fills the disk leaves writable. */
  setupEnd: "/run/ci-runners-setup-end",
  /** The work folder of jobs, where a volume or the instance store holds it; the job user's. */
  work: `${HOST_STATE}/work`,
  /** Images and containers of the rootless engine; the job user's, mode 0700. */
  engine: `${HOST_STATE}/docker`,
  /** Where the instance store is mounted. */
  scratch: `${HOST_STATE}/scratch`,
  /** What the rootless engine writes below /run, on a file system of its own; the job user's, mode 0700. */
  engineRuntime: "/run/ci-runners/docker",
  engineSocket: "/run/ci-runners/docker/docker.sock",
  engineConfig: "/etc/ci-runners/docker.json",
  /** Rules of nftables. */
  metadataFence: "/etc/ci-runners/metadata.nft",
  /** What has been delivered of the host's logs. Mode 0600, as the socket. */
  logState: `${HOST_STATE}/logs/state.json`,
  logSocket: "/run/ci-runners/logs.sock",
} as const;

/** Images and containers of the system's own engine, unless its configuration names another folder. */
export const SYSTEM_ENGINE_ROOT = "/var/lib/docker";

/** Where containerd keeps images, which newer engines of Docker leave to it. */
export const CONTAINERD = "/var/lib/containerd";

/** Where jobs work, if not in the folder of their runner. */
export function workFolder({ storage }: HostSetup): string | undefined {
  if (storage === undefined) return undefined;
  const onVolume = storage.volumes.some(({ mountPoint }) => mountPoint === HOST_PATHS.work);
  // Also on a type without an instance store: the folder is then on the root volume.
  return onVolume || storage.instanceStore ? HOST_PATHS.work : undefined;
}

/** Where the engine of jobs keeps images and containers; undefined if jobs have none. */
export function engineRoot({ docker }: HostSetup): string | undefined {
  if (docker === undefined) return undefined;
  return docker === "rootless" ? HOST_PATHS.engine : SYSTEM_ENGINE_ROOT;
}

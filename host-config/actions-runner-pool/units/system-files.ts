/** Small configuration files that keep the rest of the system from stopping or harming a runner. */
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";

/** Recreated at each boot, when /run is empty. Without the folder of its log no command of the runner's unit could start. The runner writes its performance log itself; everything else is root's. */
export function temporaryFiles(config: HostConfig, runnerGroup: string): string {
  return `d ${PATHS.runtime} 0755 root root -
d ${PATHS.listenerLogFolder} 0755 root root -
d ${PATHS.perfLog} 0755 ${config.runnerUser} ${runnerGroup} -
`;
}

/**
 * A separate file system for what the job's user may write below /run: a full /run would break the fence, the listener's
 * log and systemd itself. A job adds about 1 KB, so 64 MB last for weeks at one job a minute. It holds two files.
 */
export function perfLogMount(runnerUid: number): string {
  return `[Unit]
Description=File system for the runner's performance log

[Mount]
What=tmpfs
Where=${PATHS.perfLog}
Type=tmpfs
Options=size=64m,nr_inodes=64,mode=0755,uid=${runnerUid},nosuid,nodev,noexec
`;
}

/**
 * A separate file system for the listener's log, for the same reason: the job's user owns the programs that write it. A job
 * adds some 200 bytes, so 16 MB last for tens of thousands of jobs, and each start of the runner empties a long log.
 */
export function listenerLogMount(): string {
  return `[Unit]
Description=File system for the listener's log

[Mount]
What=tmpfs
Where=${PATHS.listenerLogFolder}
Type=tmpfs
Options=size=16m,nr_inodes=16,mode=0755,nosuid,nodev,noexec
`;
}

/** Services whose restart ends a job's containers, by the beginning of their names. */
const CONTAINER_SERVICES = ["docker", "containerd", "podman", "crio"];

/** Packages that restart such a service when they are upgraded, by the beginning of their names, in Debian and Ubuntu. */
const CONTAINER_PACKAGES = [...CONTAINER_SERVICES, "moby", "runc", "crun", "cri-o"];

/**
 * needrestart restarts services after library updates, and waits for it: a restart of what is ordered after the runner would wait for
 * its drain. Ours load updated libraries at their next start; a container engine keeps the old ones until the instance is replaced.
 */
export function needrestartOverride(): string {
  const units = [...Object.values(UNITS), ...Object.values(HOST_UNITS)];
  // A snap's services begin with its name: snap.docker.dockerd.service.
  const engines = CONTAINER_SERVICES.map((name) => `^(snap\\.)?${name}`);
  const patterns = [...units.map((unit) => `^${unit.replace(/[.\\]/g, "\\$&")}$`), ...engines];
  return patterns.map((pattern) => `$nrconf{override_rc}{qr(${pattern})} = 0;\n`).join("");
}

/**
 * Unattended upgrades leave container engines alone: their packages restart the service, which ends the containers of a
 * running job. They are upgraded with the image, by an instance refresh or at the end of an instance's lifetime.
 *
 * dnf-automatic has no such folder, only one file, written by the one who enables it on an image (docs/operations.md).
 */
export function unattendedUpgradesOverride(): string {
  return `Unattended-Upgrade::Package-Blacklist {
${CONTAINER_PACKAGES.map((name) => `  "^${name}";\n`).join("")}};
`;
}

/**
 * Targets of an orderly shutdown, in systemd 249 to 257; soft-reboot.target exists since 254. By default systemd forces
 * it after 30 min, even if a runner still drains.
 */
export const SHUTDOWN_TARGETS = ["reboot.target", "poweroff.target", "halt.target", "kexec.target", "soft-reboot.target"] as const;

/** Seconds; systemd's default, which we never shorten. */
const DEFAULT_TIMEOUT = 1800;

/** Ten minutes more than the longest drain, for everything else that must stop. */
export function shutdownTimeout(config: HostConfig): string {
  return `# A draining runner may delay an orderly shutdown for as long as its job takes.
[Unit]
JobTimeoutSec=${Math.max(DEFAULT_TIMEOUT, config.drainDeadline + 600)}
`;
}

/**
 * For the slice of the job's user. A job may start its own service manager (`loginctl enable-linger`) or log in to its
 * own machine by SSH. What it runs there is outside the runner's unit and its IPAddressDeny=.
 */
export function userSlice(): string {
  return `# Keeps jobs from the instance's credentials, wherever they run.
[Slice]
IPAddressDeny=${METADATA_ADDRESSES.join(" ")}
`;
}

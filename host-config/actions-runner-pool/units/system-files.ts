/** Small configuration files that keep the rest of the system from stopping or harming a runner. */
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";

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

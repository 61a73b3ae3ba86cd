/** Small files that keep the rest of the system from stopping a runner behind our back. */
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";

/** Recreated at each boot: /run is empty then. The runner writes its performance log itself, all else there is root's. */
export function temporaryFiles(config: HostConfig, runnerGroup: string): string {
  return `d ${PATHS.runtime} 0755 root root -
d ${PATHS.perfLog} 0755 ${config.runnerUser} ${runnerGroup} -
`;
}

/**
 * A file system of its own for what the job's user may write below /run: a full /run would take the fence, the listener's
 * log and more of systemd's own from the drain. A job adds about 1 KB to it, so 64 MB are weeks of one job a minute; two
 * files lie there.
 */
export function perfLogMount(runnerUid: number): string {
  return `[Unit]
Description=Room for the runner's performance log

[Mount]
What=tmpfs
Where=${PATHS.perfLog}
Type=tmpfs
Options=size=64m,nr_inodes=64,mode=0755,uid=${runnerUid},nosuid,nodev,noexec
`;
}

/** Library updates make needrestart restart services; ours pick up libraries at their next start. */
export function needrestartOverride(): string {
  const units = [UNITS.runner, UNITS.agent, UNITS.agentSocket, UNITS.heartbeat, UNITS.complete];
  return units.map((unit) => `$nrconf{override_rc}{qr(^${unit.replaceAll(".", "\\.")}$)} = 0;\n`).join("");
}

/** Targets of an orderly shutdown that systemd turns into a forced one after 30 min, by default, whatever still drains. */
export const SHUTDOWN_TARGETS = ["reboot.target", "poweroff.target", "halt.target", "kexec.target"] as const;

/** Seconds; systemd's own, which is not shortened. */
const USUAL_PATIENCE = 1800;

/** Ten minutes more than the longest drain, for everything else that has to stop. */
export function shutdownPatience(config: HostConfig): string {
  return `# A runner that drains may keep an orderly shutdown waiting for as long as its job takes.
[Unit]
JobTimeoutSec=${Math.max(USUAL_PATIENCE, config.drainDeadline + 600)}
`;
}

/**
 * For the slice of the job's user. A job may start a service manager of its own (`loginctl enable-linger`) or log in at
 * its own machine by SSH; what it runs there is outside of the runner's unit and of what that denies.
 */
export function userSlice(): string {
  return `# Jobs do not reach the instance's credentials, from wherever they run.
[Slice]
IPAddressDeny=${METADATA_ADDRESSES.join(" ")}
`;
}

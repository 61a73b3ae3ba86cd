/**
 * The agent's `install` command, the second half of the installer: writes every file that depends on the pool's
 * configuration (units/render.ts) and starts the agent.
 *
 * Started by: install.sh as its last step, as root, once at the first boot. It is no systemd unit.
 *
 * Life cycle:
 *   1. Check that the user's job hooks exist, that jobs can be kept from the instance's credentials (unless
 *      jobsMayUseInstanceRole), and that the job's user exists and is not root.
 *   2. Add the job's user to the group docker (jobsMayUseDocker). Deny it cron and at (unless jobsMayUseInstanceRole).
 *   3. Copy runsvc.sh, write the files, create the folders in /run, reload systemd.
 *   4. Enable and start the agent's socket, the agent and the heartbeat timer. The runner's unit is not enabled: the
 *      agent starts it once the instance is in service.
 *
 * Failure: it exits with 1 and the reason on standard error. install.sh passes that on, and the user data abandons the
 * launch. Killed: the same. A second run is safe; every step may be repeated, and it overwrites the files.
 *
 * AWS and the metadata: not called. The check of step 1 passes only if the kernel refuses a datagram to the metadata.
 *
 * Bounds: the check 60 s. The other commands have no timeout; the launch hook's (launchTimeout) is the last resort.
 *
 * Gotchas:
 *   - Without a configuration it does nothing and exits with 0, like every command but drain and reap.
 *   - Each file is written to a draft and renamed, so a power cut or a full disk leaves the old or the new one.
 *   - The units are started with --no-block: the user data may itself run before what they are ordered after.
 */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { HostFacts } from "../units/agent-units";
import { renderFiles, type RenderedFile } from "../units/render";
import { checkMetadataCanBeDenied } from "../../shared/metadata-probe";
import { accountOf } from "./registrar";
import { denySchedulers } from "./deny-schedulers";

const run = promisify(execFile);

/** Debian and Ubuntu; Amazon Linux, RHEL and Fedora. */
const AUTHORITIES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

export async function install(config: HostConfig): Promise<void> {
  checkUserHooks(config);
  if (!config.jobsMayUseInstanceRole) await checkMetadataCanBeDenied(PATHS.node, "set jobsMayUseInstanceRole");
  const account = accountOf(config.runnerUser);
  if (account.uid === 0) throw new Error("runnerUser root: the runner refuses to run as root; name another user");
  const facts: HostFacts = {
    runnerUid: account.uid,
    runnerGroup: (await run("id", ["-gn", config.runnerUser])).stdout.trim(),
    authorities: AUTHORITIES.find((path) => existsSync(path)),
  };
  if (config.jobsMayUseDocker) await run("usermod", ["--append", "--groups", "docker", config.runnerUser]);
  if (!config.jobsMayUseInstanceRole) denySchedulers(config.runnerUser);
  copyServiceScript(account);
  for (const file of renderFiles(config, facts)) writeAtomically(file);
  await run("systemd-tmpfiles", ["--create", "/etc/tmpfiles.d/ci-runners.conf"]);
  await run("systemctl", ["daemon-reload"]);
  const enabled = [UNITS.agentSocket, UNITS.agent, UNITS.heartbeatTimer];
  await run("systemctl", ["enable", ...enabled]);
  // Do not wait: the user data may itself run before what the units are ordered after.
  await run("systemctl", ["start", "--no-block", ...enabled]);
}

/** A missing job hook would fail every job of the pool, so the launch must fail instead. */
function checkUserHooks(config: HostConfig): void {
  for (const field of ["userJobStartedHook", "userJobCompletedHook"] as const) {
    const path = config[field];
    if (path !== undefined && !existsSync(path))
      throw new Error(`${field} ${path}: no such file on this image; add it to the image or remove the option`);
  }
}

/** As the official svc.sh does: the service runs a copy, which the runner's own updates rewrite. */
function copyServiceScript(account: { uid: number; gid: number }): void {
  const copy = join(PATHS.runner, "runsvc.sh");
  if (existsSync(copy)) return;
  copyFileSync(join(PATHS.runner, "bin/runsvc.sh"), copy);
  chmodSync(copy, 0o755);
  chownSync(copy, account.uid, account.gid);
}

/** A power cut leaves the old file or the new one, never a part of it. A full disk leaves the old one. */
function writeAtomically(file: RenderedFile): void {
  mkdirSync(dirname(file.path), { recursive: true });
  const draft = `${file.path}.new`;
  try {
    writeFileSync(draft, file.content, { mode: file.mode, flush: true });
    chmodSync(draft, file.mode);
    renameSync(draft, file.path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

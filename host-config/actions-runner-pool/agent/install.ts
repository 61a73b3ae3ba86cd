/**
 * `install`: writes everything that depends on the pool's configuration and starts the agent. Runs once at the end of
 * install.sh; a second run changes nothing but what differs.
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
  if (!config.jobsMayUseInstanceRole) await checkMetadataCanBeDenied(PATHS.node);
  const account = accountOf(config.runnerUser);
  if (account.uid === 0) throw new Error("runnerUser root: the runner refuses to run as root; name another user");
  const facts: HostFacts = {
    runnerUid: account.uid,
    runnerGroup: (await run("id", ["-gn", config.runnerUser])).stdout.trim(),
    authorities: AUTHORITIES.find((path) => existsSync(path)),
  };
  if (config.jobsMayUseDocker) await run("usermod", ["--append", "--groups", "docker", config.runnerUser]);
  if (!config.jobsMayUseInstanceRole) denySchedulers(config.runnerUser);
  takeServiceScript(account);
  for (const file of renderFiles(config, facts)) writeAtomically(file);
  await run("systemd-tmpfiles", ["--create", "/etc/tmpfiles.d/ci-runners.conf"]);
  await run("systemctl", ["daemon-reload"]);
  const enabled = [UNITS.agentSocket, UNITS.agent, UNITS.heartbeatTimer];
  await run("systemctl", ["enable", ...enabled]);
  // Not waited for: user data may itself run before what the units are ordered after.
  await run("systemctl", ["start", "--no-block", ...enabled]);
}

/** A missing job hook would fail every job of the pool; better no instance than such a one. */
function checkUserHooks(config: HostConfig): void {
  for (const field of ["userJobStartedHook", "userJobCompletedHook"] as const) {
    const path = config[field];
    if (path !== undefined && !existsSync(path))
      throw new Error(`${field} ${path}: no such file on this image; add it to the image or leave the option out`);
  }
}

/** What the official svc.sh does: the service runs a copy, which the runner's own updates then rewrite. */
function takeServiceScript(account: { uid: number; gid: number }): void {
  const copy = join(PATHS.runner, "runsvc.sh");
  if (existsSync(copy)) return;
  copyFileSync(join(PATHS.runner, "bin/runsvc.sh"), copy);
  chmodSync(copy, 0o755);
  chownSync(copy, account.uid, account.gid);
}

/** A power cut leaves the old file or the new one, never half of it; a full disk leaves the old one. */
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

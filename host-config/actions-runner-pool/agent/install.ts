/**
 * The agent's `install` command, the second half of the installer: writes every file that depends on the pool's
 * configuration (units/render.ts) and starts the agent.
 *
 * Started by: install.sh as its last step, as root, once at the first boot. It is no systemd unit.
 *
 * Life cycle:
 *   1. Check that the user's job hooks exist, that jobs can be kept from the instance's credentials (unless
 *      jobsMayUseInstanceRole), and that the job's user exists, is not root and cannot become root (unless
 *      jobsMayBecomeRoot). At the first installation: that the machine can return, where the warm pool takes instances back.
 *   2. Add the job's user to the group docker (docker: root). Deny it cron and at (unless jobsMayUseInstanceRole).
 *      Hold the snap of a container engine, if the image has one.
 *   3. At the first installation of this instance: remove the marks of the machine that the image was made from, that
 *      it is terminating, has served, was stopped by force or returns to the warm pool, and copy runsvc.sh. Where the warm pool
 *      takes instances back, keep a copy of the runner for their return (pristine.ts).
 *   4. Remove the rules of an earlier pool's packet filter, unless this one has them, too. Write the files, create the folders in /run, reload systemd. Restart the SSM agent, if it now has a proxy (awsByProxy).
 *   5. Enable the agent's socket, the agent, the heartbeat timer and the units of the host's setup, record the instance id (PATHS.installedOn), start them.
 *      The runner's unit is not enabled: the agent starts it once the instance is in service. On an image made from a
 *      machine of a pool the agent already runs; it waits for the record and then restarts itself.
 *
 * Failure: it exits with 1 and the reason on standard error. install.sh passes that on, and the user data abandons the
 * launch. Killed: the same. A second run is safe, also after a job: it overwrites root's files and touches no others.
 *
 * AWS: not called. The metadata is asked for the instance id, which the user data has just read; if it does not answer
 * within 1 s, the installation fails. The check of step 1 passes only if the kernel refuses a datagram to the metadata.
 *
 * Bounds: the check 60 s, the hold of a snap 30 s. The other commands have no timeout; the launch hook's (launchTimeout) is the last resort.
 *
 * Gotchas:
 *   - Without a configuration it does nothing and exits with 0, like every command but drain and reap.
 *   - Each file is written to a draft and renamed, so a power cut or a full disk leaves the old or the new one.
 *   - The units are started with --no-block: the user data may itself run before what they are ordered after.
 */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { HostFacts } from "../units/agent-units";
import { renderFiles } from "../units/render";
import { unitExtras } from "../units/unit-extras";
import { imdsClient } from "../../shared/imds";
import { removeFormerFence } from "../../shared/docker/former-engine";
import { jsonLog } from "../../shared/json-log";
import { checkMetadataCanBeDenied } from "../../shared/metadata-probe";
import { restartSsmAgent } from "../../shared/proxy/ssm-agent";
import { SYSTEM_AUTHORITIES } from "../../shared/system-authorities";
import { writeAtomically } from "../../shared/write-file";
import { accountOf } from "../../shared/account";
import { checkCanReturn } from "./can-return";
import { denySchedulers } from "../../shared/deny-schedulers";
import { forgetDeparture } from "./departure-mark";
import { forgetForcedStop } from "./forced-stop-mark";
import { holdSnaps } from "../../shared/hold-snaps";
import { installation } from "./installation";
import { ownInstanceId } from "../../shared/instance-id";
import { monotonicClock } from "../../shared/clock";
import { savePristine } from "./pristine";
import { forgetReturn } from "./return-mark";
import { forgetService } from "./service-mark";
import { checkCannotBecomeRoot } from "../../shared/root-rights";

const run = promisify(execFile);

/** @param instanceId of this machine; from the metadata, unless a test gives one */
export async function install(
  config: HostConfig,
  instanceId = () => ownInstanceId({ imds: imdsClient(), clock: monotonicClock() }),
): Promise<void> {
  checkUserHooks(config);
  if (!config.jobsMayUseInstanceRole) await checkMetadataCanBeDenied(PATHS.node, "set jobsMayUseInstanceRole");
  const account = accountOf(config.runnerUser);
  if (account.uid === 0) throw new Error(`runnerUser ${config.runnerUser}: the runner refuses to run as root; name another user`);
  await checkCannotBecomeRoot(config);
  const id = await instanceId();
  const installed = installation();
  const repeated = installed.on() === id;
  if (config.reuse && !repeated) await checkCanReturn(config.runnerUser, account);
  const facts: HostFacts = {
    runnerUid: account.uid,
    runnerGroup: (await run("id", ["-gn", config.runnerUser])).stdout.trim(),
    authorities: SYSTEM_AUTHORITIES.find((path) => existsSync(path)),
  };
  if (config.docker === "root") await run("usermod", ["--append", "--groups", "docker", config.runnerUser]);
  if (!config.jobsMayUseInstanceRole) denySchedulers(config.runnerUser);
  await holdSnaps(jsonLog("install"));
  if (!repeated) {
    forgetDeparture();
    forgetService();
    forgetForcedStop();
    forgetReturn();
    // A later run would follow a link that a job put in its place.
    copyServiceScript(account);
    if (config.reuse) await savePristine(account);
  }
  await removeFormerFence(config, !config.jobsMayUseInstanceRole);
  for (const file of renderFiles(config, facts)) writeAtomically(file);
  await run("systemd-tmpfiles", ["--create", "/etc/tmpfiles.d/ci-runners.conf"]);
  await run("systemctl", ["daemon-reload"]);
  await restartSsmAgent(config.proxy, jsonLog("install"));
  const enabled = [UNITS.agentSocket, UNITS.agent, UNITS.heartbeatTimer, ...unitExtras(config).enable];
  await run("systemctl", ["enable", ...enabled]);
  installed.record(id);
  try {
    // Do not wait: the user data may itself run before what the units are ordered after.
    await run("systemctl", ["start", "--no-block", ...enabled]);
  } catch (error) {
    // Without the agent nothing but the user data can abandon the launch, and it does so only where nothing is installed.
    if (!repeated) installed.forget();
    throw error;
  }
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

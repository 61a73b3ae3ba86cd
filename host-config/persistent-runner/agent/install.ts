/** Writes the units and small files of a prepared machine, and enables them. Repeatable. */
import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import type { Account } from "../../shared/account";
import { denySchedulers } from "../../shared/deny-schedulers";
import { removeFormerFence } from "../../shared/docker/former-engine";
import { holdSnaps } from "../../shared/hold-snaps";
import { jsonLog } from "../../shared/json-log";
import { restartSsmAgent } from "../../shared/proxy/ssm-agent";
import type { UnitFacts } from "../../shared/rendered-file";
import { checkCannotBecomeRoot } from "../../shared/root-rights";
import { SYSTEM_AUTHORITIES } from "../../shared/system-authorities";
import { writeAtomically } from "../../shared/write-file";
import { enabledUnits, loaderFiles, renderFiles } from "../units/render";
import { maskOwnUpdates } from "./own-updates";
import { setupOf } from "./setup";

const run = promisify(execFile);

/** Command line of the agent, without its command. */
export const AGENT = `${PERSISTENT_PATHS.node} ${PERSISTENT_PATHS.agent}`;

/**
 * What the machine needs to begin again, before a preparation that may be cut short: the boot script and the limits of the first day
 * would otherwise hold until one succeeds. Nor may the system's own updates begin meanwhile: its end would cut them.
 */
export async function installLoader(config: PersistentHostConfig): Promise<void> {
  for (const file of loaderFiles(config)) writeAtomically(file);
  await run("systemctl", ["daemon-reload"]);
  await maskOwnUpdates(jsonLog("install"));
}

export async function installFiles(config: PersistentHostConfig, account: Account): Promise<void> {
  const setup = setupOf(config);
  await setDockerGroup(config);
  await checkCannotBecomeRoot(config);
  denySchedulers(config.runnerUser);
  await holdSnaps(jsonLog("install"));
  await removeFormerFence(setup, !config.jobsMayUseInstanceRole);
  const facts: UnitFacts = {
    user: config.runnerUser,
    uid: account.uid,
    group: (await run("id", ["-gn", config.runnerUser])).stdout.trim(),
    runnerUnit: PERSISTENT_UNITS.runner,
    agent: AGENT,
    authorities: SYSTEM_AUTHORITIES.find((path) => existsSync(path)),
    metadataDenied: !config.jobsMayUseInstanceRole,
  };
  // Of a configuration that denied the metadata.
  if (!facts.metadataDenied) rmSync(`/etc/systemd/system/user-${facts.uid}.slice.d/ci-runners.conf`, { force: true });
  for (const file of renderFiles(config, facts)) writeAtomically(file);
  await run("systemctl", ["daemon-reload"]);
  await restartSsmAgent(config.proxy, jsonLog("install"));
  const enabled = enabledUnits(config);
  await run("systemctl", ["enable", ...enabled]);
  // The boot that runs this is itself among what they are ordered after.
  await run("systemctl", ["start", "--no-block", ...enabled.filter((unit) => unit !== PERSISTENT_UNITS.boot)]);
}

/** The group makes its members root. Only who needs the system's engine is in it: a machine outlives a change of `docker`. */
async function setDockerGroup({ docker, runnerUser }: PersistentHostConfig): Promise<void> {
  if (docker === "root") await run("usermod", ["--append", "--groups", "docker", runnerUser]);
  // There is no such group, or the user was never in it.
  else await run("gpasswd", ["--delete", runnerUser, "docker"]).catch(() => undefined);
}

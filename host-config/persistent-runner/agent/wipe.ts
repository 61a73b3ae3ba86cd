/**
 * The wipe: after a run that may have poisoned the machine, everything goes that a job could have written and that a later one would find. The
 * runner itself is unpacked anew at each boot (install.sh).
 *
 * A stage of the preparation, because a new epoch is a new configuration, for which the machine prepares itself: once the volumes are there, and
 * before Docker and the setup script, which runs again, for what it has put into the home or the caches goes, too.
 *
 * The record is beside what it is about: the volume's on the volume, which a new instance finds. Without a record nothing is wiped, for nothing was
 * asked before; without an epoch the record stays as it is.
 *
 * Failure: whatever is left fails the preparation, and nothing is recorded. Killed: the next boot begins again.
 */
import { existsSync, rmSync } from "node:fs";
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { CONTAINERD, engineRoot, HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { PrepareError } from "../../shared/prepare/prepare-error";
import type { Exec, HostUser, Stage } from "../../shared/prepare/stage";
import { emptyFolder } from "./caches";
import { kept } from "./kept";
import type { Kept } from "./ports/boot-host";

const COMMAND_MS = 120_000;
/** Where any user may write. */
const SHARED = ["/tmp", "/var/tmp", "/dev/shm"];

export interface WipeHost {
  epoch: Kept;
  wipe(config: PersistentHostConfig, user: HostUser, exec: Exec): Promise<void>;
}

const ON_THIS_HOST = ({ cache }: PersistentHostConfig): WipeHost => ({
  epoch: kept(cache.volumeId === undefined ? PERSISTENT_PATHS.cacheEpoch : PERSISTENT_PATHS.cacheVolumeEpoch),
  wipe,
});

/** @param host replaced by tests */
export function wipeStage(config: PersistentHostConfig, host: WipeHost = ON_THIS_HOST(config)): Stage {
  return {
    name: "cacheEpoch",
    due: () => true,
    async run({ user, exec, say }) {
      const { epoch } = config.cache;
      if (await wipeForEpoch(epoch, host.epoch, () => host.wipe(config, user, exec))) say(`cacheEpoch: wiped for ${epoch}`);
    },
  };
}

/** Resolves with whether it has wiped. @param wanted the configuration's epoch @param epoch the record */
export async function wipeForEpoch(wanted: string | undefined, epoch: Kept, act: () => Promise<void>): Promise<boolean> {
  const found = epoch.get();
  if (found === undefined) epoch.set(wanted ?? "");
  if (found === undefined || wanted === undefined || wanted === found) return false;
  try {
    await act();
  } catch (error) {
    throw new PrepareError(`cacheEpoch: ${error instanceof Error ? error.message : String(error)}`);
  }
  epoch.set(wanted);
  return true;
}

async function wipe(config: PersistentHostConfig, user: HostUser, exec: Exec): Promise<void> {
  // Neither is there on each machine.
  for (const unit of [PERSISTENT_UNITS.runner, HOST_UNITS.docker, "docker.socket", "docker.service", "containerd.service"])
    await exec("systemctl", ["stop", unit], { timeoutMs: COMMAND_MS });
  const root = engineRoot(config);
  const folders = [config.cache.mount, `${PERSISTENT_PATHS.runner}/_work`, user.home];
  const ofEngine = root === undefined ? [] : [root, ...(config.docker === "root" ? [CONTAINERD] : [])];
  for (const folder of [...folders, ...ofEngine]) if (existsSync(folder)) await emptyFolder(exec, folder);
  await run(exec, "find", [...SHARED.filter((path) => existsSync(path)), "-xdev", "-uid", `${user.uid}`, "-delete"]);
  await run(exec, "cp", ["-a", "/etc/skel/.", user.home]);
  await run(exec, "chown", ["-hR", `${user.uid}:${user.gid}`, user.home]);
  // It may have put into any of them what jobs need.
  rmSync(HOST_PATHS.prepared, { force: true });
}

async function run(exec: Exec, file: string, args: string[]): Promise<void> {
  const { code, stderr } = await exec(file, args, { timeoutMs: COMMAND_MS });
  if (code !== 0) throw new Error(`${file}: ${stderr.trim().split("\n").at(-1)}`);
}

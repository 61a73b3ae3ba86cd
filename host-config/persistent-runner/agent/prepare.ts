/** The preparation of a machine: what a team asks of it, in the shared stages, and then the files of its units. */
import { mkdirSync } from "node:fs";
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { accountOf } from "../../shared/account";
import { dockerStages } from "../../shared/docker/prepare-docker";
import { checkMetadataCanBeDenied } from "../../shared/metadata-probe";
import { packagesStage } from "../../shared/packages/stage";
import { formerPool } from "../../shared/prepare/former-pool";
import { prepare } from "../../shared/prepare/prepare";
import type { Stage } from "../../shared/prepare/stage";
import { setupScriptStage } from "../../shared/setup/script";
import { createMountPoint, give } from "../../shared/storage/safe-folder";
import { storageStage } from "../../shared/storage/storage";
import { AGENT, installFiles } from "./install";
import { cacheOwnerStage } from "./owners";
import { setupOf } from "./setup";
import { wipeStage } from "./wipe";

/** In this order: tools for volumes, the wipe of what is on them, whose the rest is, Docker on its volume, and the script may use all of it, and change Docker's configuration. */
export function stagesOf(config: PersistentHostConfig): Stage[] {
  const facts = { runnerUnit: PERSISTENT_UNITS.runner, agent: AGENT };
  const docker = dockerStages({ ...facts, node: PERSISTENT_PATHS.node, metadataDenied: !config.jobsMayUseInstanceRole });
  return [
    formerPool(),
    packagesStage,
    storageStage(facts),
    cacheFolder(config),
    wipeStage(config),
    cacheOwnerStage(config),
    docker.engine,
    setupScriptStage,
    docker.afterScript,
  ];
}

/** On the root volume, where no other volume has it. */
function cacheFolder({ cache }: PersistentHostConfig): Stage {
  return {
    name: "cacheVolume",
    due: ({ storage }) => storage === undefined,
    async run({ user }) {
      createMountPoint(cache.mount);
      give(cache.mount, user, 0o755);
    },
  };
}

/** Rejects with the reason. May be repeated, also after jobs have run: it writes to no folder of theirs. */
export async function prepareMachine(config: PersistentHostConfig, instanceId: () => Promise<string>): Promise<void> {
  if (!config.jobsMayUseInstanceRole) await checkMetadataCanBeDenied(PERSISTENT_PATHS.node, "set jobsMayUseInstanceRole");
  const account = accountOf(config.runnerUser);
  if (account.uid === 0) throw new Error(`runnerUser ${config.runnerUser}: the runner refuses to run as root; name another user`);
  // Root's alone: a later job reads nothing of an earlier one there.
  mkdirSync(PERSISTENT_PATHS.runLogs, { recursive: true, mode: 0o700 });
  await prepare(stagesOf(config), {
    setup: setupOf(config),
    facts: async () => ({ user: { name: config.runnerUser, ...account }, instance: await instanceId() }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  await installFiles(config, account);
}

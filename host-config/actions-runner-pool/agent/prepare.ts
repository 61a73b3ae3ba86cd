/** The agent's `prepare` command, between the runner's archive and the units: see host-config/shared/prepare/prepare.ts. */
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { monotonicClock } from "../../shared/clock";
import { dockerStages } from "../../shared/docker/prepare-docker";
import { imdsClient } from "../../shared/imds";
import { packagesStage } from "../../shared/packages/stage";
import { formerPool } from "../../shared/prepare/former-pool";
import { prepare } from "../../shared/prepare/prepare";
import type { Stage } from "../../shared/prepare/stage";
import { jobEnvironmentStage } from "../../shared/setup/job-environment";
import { setupScriptStage } from "../../shared/setup/script";
import { storageStage } from "../../shared/storage/storage";
import { ownInstanceId } from "../../shared/instance-id";
import { diskStage } from "./prepare-disk";
import { accountOf } from "../../shared/account";

/**
 * In this order: the packages have the tools for volumes, Docker starts on its volume, and the script may use all of it, and change Docker's
 * configuration. Then the disk, which each of them may have filled, before anything is written to it.
 */
export function stagesOf(config: HostConfig): Stage[] {
  const facts = { runnerUnit: UNITS.runner, agent: `${PATHS.node} ${PATHS.agent}` };
  const docker = dockerStages({ ...facts, node: PATHS.node, metadataDenied: !config.jobsMayUseInstanceRole });
  return [
    formerPool(),
    packagesStage,
    storageStage(facts),
    docker.engine,
    setupScriptStage,
    diskStage(config),
    docker.afterScript,
    jobEnvironmentStage(PATHS.runner),
  ];
}

export function prepareHost(config: HostConfig): Promise<void> {
  return prepare(stagesOf(config), {
    setup: config,
    facts: async () => ({
      user: { name: config.runnerUser, ...accountOf(config.runnerUser) },
      instance: await ownInstanceId({ imds: imdsClient(), clock: monotonicClock() }),
    }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
}

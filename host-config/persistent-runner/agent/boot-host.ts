/** The ports of a boot on a real machine. */
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { accountOf } from "../../shared/account";
import { monotonicClock } from "../../shared/clock";
import { imdsClient } from "../../shared/imds";
import { ownInstanceId } from "../../shared/instance-id";
import { jsonLog } from "../../shared/json-log";
import { boundedExec } from "../../shared/prepare/exec";
import { mountStorage } from "../../shared/storage/storage";
import { systemctl } from "../../shared/systemctl";
import { resetActivity } from "./activity";
import { awsClients } from "./aws-clients";
import { recordContainers, removeContainers, startEngine } from "./engine";
import { evictable } from "./evictable";
import { diskUse } from "./disks";
import { kept } from "./kept";
import { leaseWrites } from "./lease";
import { installLoader } from "./install";
import { bootId, endFormerProcesses, powerOff } from "./machine";
import { readOrder } from "./order";
import { takeOver } from "./owners";
import type { BootHost } from "./ports/boot-host";
import { prepareMachine } from "./prepare";
import { persistentRunner } from "./runner";
import { setupOf } from "./setup";

const WORKSPACES = `${PERSISTENT_PATHS.runner}/_work`;

/** Rejects if there is no order, or one that cannot be read. */
export function bootHost(config: PersistentHostConfig): BootHost {
  const clock = monotonicClock();
  const log = jsonLog("boot");
  const order = readOrder();
  const exec = boundedExec(new AbortController().signal);
  const account = () => accountOf(config.runnerUser);
  const { name, region, leaseTable: table } = config;
  const { dynamodb: client } = awsClients(region, config.proxy);
  return {
    config,
    order,
    clock,
    log,
    lease: leaseWrites({ client, table, name, generation: order.generation, bootId: bootId(), now: Date.now }),
    prepared: kept(PERSISTENT_PATHS.prepared),
    async endFormerProcesses() {
      const failed = (error: unknown) => log.warn("what an earlier job left could not be removed", { error: String(error) });
      await endFormerProcesses(config.runnerUser, account()).catch(failed);
      await resetActivity(exec, account()).catch(failed);
    },
    installLoader: () => installLoader(config),
    async prepare() {
      await removeContainers(config, exec).catch((error: unknown) => log.warn("containers stay", { error: String(error) }));
      await prepareMachine(config, () => ownInstanceId({ imds: imdsClient(), clock }));
      await recordContainers(config, exec);
    },
    mountVolumes: () => mountStorage({ setup: setupOf(config), user: account(), log }),
    evictable: () => evictable(config, exec),
    async settleJobs() {
      await startEngine(config, exec, clock);
      await removeContainers(config, exec);
      if (config.docker === undefined) return;
      const failed = (error: unknown) => log.warn("files of other users stay in the workspaces", { error: String(error) });
      await takeOver(exec, account(), WORKSPACES).catch(failed);
    },
    disks: () => diskUse(config),
    runner: persistentRunner({ config, exec }),
    async liftFirstBootLimit() {
      // Not loaded where nothing had to be prepared.
      await systemctl("stop", PERSISTENT_UNITS.firstBoot).catch((error: unknown) => {
        if (!/not loaded/.test(String(error))) throw error;
      });
    },
    powerOff,
  };
}

/** The agent's `logs` command: the shipper of a persistent machine, see host-config/shared/logs/main.ts. */
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { monotonicClock } from "../../shared/clock";
import { imdsClient } from "../../shared/imds";
import { ownInstanceId } from "../../shared/instance-id";
import { jsonLog } from "../../shared/json-log";
import { shipLogs } from "../../shared/logs/main";
import { awsClients } from "./aws-clients";
import { countEvent } from "./metrics";

export async function shipHostLogs(config: PersistentHostConfig): Promise<void> {
  if (config.logs === undefined) return;
  const { cloudwatch } = awsClients(config.region, config.proxy);
  await shipLogs({
    logs: config.logs,
    region: config.region,
    proxy: config.proxy,
    instanceId: await ownInstanceId({ imds: imdsClient(), clock: monotonicClock() }),
    units: [PERSISTENT_UNITS.boot, PERSISTENT_UNITS.runner, PERSISTENT_UNITS.idle, PERSISTENT_UNITS.failsafeService],
    user: config.runnerUser,
    mayRead: () => true,
    agent: [PERSISTENT_PATHS.node, PERSISTENT_PATHS.agent],
    log: jsonLog("logs"),
    count: () => countEvent(cloudwatch, config, "logFailures"),
  });
}

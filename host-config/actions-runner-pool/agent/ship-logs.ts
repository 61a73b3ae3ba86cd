/** The agent's `logs` command: the shipper of this pool's hosts, see host-config/shared/logs/main.ts. */
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { monotonicClock } from "../../shared/clock";
import { imdsClient } from "../../shared/imds";
import { jsonLog } from "../../shared/json-log";
import { shipLogs } from "../../shared/logs/main";
import { awsPorts } from "./aws-adapters";
import { awsClients } from "./aws-clients";
import { ownInstanceId } from "./installation";

export async function shipHostLogs(config: HostConfig): Promise<void> {
  if (config.logs === undefined) return;
  const imds = imdsClient();
  const clock = monotonicClock();
  const { metrics } = awsPorts(awsClients(config.region, config.proxy), config, imds, { ...clock, now: Date.now });
  await shipLogs({
    logs: config.logs,
    region: config.region,
    instanceId: await ownInstanceId({ imds, clock }),
    units: [UNITS.runner, UNITS.agent, UNITS.heartbeat, UNITS.complete],
    listenerLog: PATHS.listenerLog,
    user: config.runnerUser,
    agent: [PATHS.node, PATHS.agent],
    log: jsonLog("logs"),
    count: () => metrics.count(METRIC.hostLogFailures),
  });
}

/** The agent's `logs` command: the shipper of this pool's hosts, see host-config/shared/logs/main.ts. */
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { monotonicClock } from "../../shared/clock";
import { imdsClient } from "../../shared/imds";
import { jsonLog } from "../../shared/json-log";
import { START_AGAIN } from "../../shared/logs/files";
import { shipLogs } from "../../shared/logs/main";
import { awsPorts } from "./aws-adapters";
import { awsClients } from "./aws-clients";
import { awaitInstallation, installation } from "./installation";
import { ownInstanceId } from "../../shared/instance-id";
import { hasReturnMark } from "./return-mark";

export async function shipHostLogs(config: HostConfig): Promise<void> {
  if (config.logs === undefined) return;
  // As in main.ts: the runner determines the version of Node.js.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const imds = imdsClient();
  const clock = monotonicClock();
  const log = jsonLog("logs");
  // On an image of a pool's machine the configuration may be another pool's, until this one is installed.
  if (!(await awaitInstallation({ imds, clock, log }, installation()))) process.exit(START_AGAIN);
  const { metrics } = awsPorts(awsClients(config.region, config.proxy), config, imds, { ...clock, now: Date.now });
  await shipLogs({
    logs: config.logs,
    region: config.region,
    proxy: config.proxy,
    instanceId: await ownInstanceId({ imds, clock }),
    units: [UNITS.runner, UNITS.agent, UNITS.heartbeat, UNITS.complete],
    listenerLog: PATHS.listenerLog,
    user: config.runnerUser,
    // A renewal fails by any process of that user's. From the mark to the next launch there is nothing new to read.
    mayRead: () => !hasReturnMark(),
    agent: [PATHS.node, PATHS.agent],
    log,
    count: () => metrics.count(METRIC.hostLogFailures),
  });
}

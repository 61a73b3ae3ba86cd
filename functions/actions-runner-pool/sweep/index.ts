/** Lambda handler of the sweep function; sweep.ts documents it. */
import { autoScalingClient, cloudWatchLogsClient, ec2Client, s3Client, secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { systemClock } from "../../shared/lambda/clock";
import { poolHandler } from "../shared/handler";
import { hostLogPorts } from "../shared/host-logs";
import {
  hostLogGroup,
  hostRoleId,
  maxDrainSeconds,
  poolSettings,
  refreshPreferences,
  runnerVersion,
  secretSettings,
} from "../shared/settings";
import { dispatchSweep } from "./dispatch";
import { sweepPorts } from "./aws-ports";
import { FailureMark } from "./failure-mark";
import { RefreshWatch } from "./refresh-watch";
import { Continuity } from "./continuity";
import { VersionMemory } from "./version-memory";

const { pool, names } = poolSettings();
const secretsManager = secretsManagerClient();
const gitHub = gitHubFromEnvironment((secret) => readSecret(secretsManager, secret), systemClock);
const clients = { autoScaling: autoScalingClient(), ec2: ec2Client(), secretsManager, s3: s3Client() };
const memory = {
  failureMark: new FailureMark(),
  silences: new Continuity(),
  uses: new Continuity(),
  tokens: {},
  refreshWatch: new RefreshWatch(),
  versions: new VersionMemory(),
  copiedConsoles: new Set<string>(),
};
const logGroup = hostLogGroup();
const hostLogs = logGroup === undefined ? undefined : hostLogPorts(logGroup, { ec2: clients.ec2, logs: cloudWatchLogsClient() });
const ports = sweepPorts(clients, gitHub, systemClock, memory, secretSettings, hostLogs);

export const handler = poolHandler(pool, (event, invocation) =>
  dispatchSweep(
    event,
    ports,
    {
      pool,
      names,
      maxDrainSeconds: () => maxDrainSeconds(),
      scheduled: () => ({
        hostRoleId: hostRoleId(),
        refreshPreferences: refreshPreferences(),
        runnerVersion: runnerVersion(),
      }),
    },
    invocation,
  ),
);

/** Lambda handler of the deregister function; deregister.ts documents it. */
import { autoScalingClient, cloudWatchLogsClient, ec2Client, secretsManagerClient, systemsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { systemClock } from "../../shared/lambda/clock";
import { eventFields } from "../shared/events";
import { poolHandler } from "../shared/handler";
import { hostLogPorts } from "../shared/host-logs";
import { hostLogGroup, poolSettings } from "../shared/settings";
import { deregister } from "./deregister";
import { deregisterPorts } from "./ports";

const { pool, names } = poolSettings();
const secretsManager = secretsManagerClient();
const clients = { autoScaling: autoScalingClient(), ec2: ec2Client(), secretsManager, systemsManager: systemsManagerClient() };
const gitHub = gitHubFromEnvironment((secret) => readSecret(secretsManager, secret), systemClock);
const logGroup = hostLogGroup();
const hostLogs = logGroup === undefined ? undefined : hostLogPorts(logGroup, { ec2: clients.ec2, logs: cloudWatchLogsClient() });
const ports = deregisterPorts(clients, gitHub, systemClock, hostLogs);

export const handler = poolHandler(pool, async (event, invocation) => {
  invocation.tag(eventFields(event));
  await deregister(event, ports, { names }, invocation);
});

/** Lambda handler of the reap function; reap.ts documents it. */
import { dynamoDbClient, ec2Client, secretsManagerClient } from "../../shared/aws/clients";
import { instancePower } from "../../shared/aws/instance-power";
import { readSecret } from "../../shared/aws/read-secret";
import { stopInstance } from "../../shared/aws/stop-instance";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { systemClock } from "../../shared/lambda/clock";
import { persistentRunnerHandler } from "../shared/handler";
import { leaseTable } from "../shared/lease-table";
import { forceStopAfter } from "../shared/power-off";
import { runnerPorts } from "../shared/runner-ports";
import { machineSettings } from "../shared/settings";
import { orderSecret } from "./order-secret";
import { reap, type ReapPorts } from "./reap";
import { isForeign } from "./trigger";

const settings = machineSettings();
const { name, names, instanceId } = settings;
const ec2 = ec2Client();
const secretsManager = secretsManagerClient();
const gitHub = gitHubFromEnvironment((secret) => readSecret(secretsManager, secret), systemClock);

const ports: ReapPorts = {
  clock: systemClock,
  lease: leaseTable(dynamoDbClient(), name),
  power: {
    state: (signal) => instancePower(ec2, instanceId, signal),
    stop: (force, signal) => stopInstance(ec2, instanceId, force, signal),
  },
  order: orderSecret(secretsManager, names.orderSecret, systemClock),
  runners: runnerPorts(gitHub, settings),
  forceStopAfter: forceStopAfter(settings),
};

export const handler = persistentRunnerHandler(name, async (event, invocation) => {
  if (isForeign(event, instanceId)) return invocation.log.info("event is of another instance");
  await reap(ports, settings, invocation);
});

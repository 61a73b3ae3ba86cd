/** Lambda handler of the sweep function; sweep.ts documents it. */
import { autoScalingClient, secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { systemClock } from "../../shared/lambda/clock";
import { poolHandler } from "../shared/handler";
import { hostRoleId, maxDrainSeconds, poolSettings, secretSettings } from "../shared/settings";
import { dispatchSweep } from "./dispatch";
import { sweepPorts } from "./aws-ports";
import { Silences } from "./silences";

const { pool, names } = poolSettings();
const secretsManager = secretsManagerClient();
const gitHub = gitHubFromEnvironment((secret) => readSecret(secretsManager, secret), systemClock);
const ports = sweepPorts({ autoScaling: autoScalingClient(), secretsManager }, gitHub, systemClock, new Silences(), secretSettings);

export const handler = poolHandler(pool, (event, invocation) =>
  dispatchSweep(
    event,
    ports,
    { pool, names, scheduled: () => ({ maxDrainSeconds: maxDrainSeconds(), hostRoleId: hostRoleId() }) },
    invocation,
  ),
);

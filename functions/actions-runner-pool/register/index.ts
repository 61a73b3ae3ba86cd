/** Lambda handler of the register function; register.ts documents it. */
import { secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { systemClock } from "../../shared/lambda/clock";
import { eventFields } from "../shared/events";
import { poolHandler } from "../shared/handler";
import { registrationPorts } from "../shared/registration-ports";
import { hostRoleId, poolSettings, secretSettings } from "../shared/settings";
import { register } from "./register";

const { pool, names } = poolSettings();
const secretsManager = secretsManagerClient();
const gitHub = gitHubFromEnvironment((secret) => readSecret(secretsManager, secret), systemClock);
const ports = registrationPorts({ secretsManager }, gitHub, systemClock, secretSettings, {});

export const handler = poolHandler(pool, async (event, invocation) => {
  invocation.tag(eventFields(event));
  await register(event, ports, { pool, names, hostRoleId: hostRoleId() }, invocation);
});

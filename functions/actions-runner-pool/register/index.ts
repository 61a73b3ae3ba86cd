/** Handler: an instance is launching (`EC2 Instance-launch Lifecycle Action`). */
import { secretsManagerTokens } from "../shared/token-store";
import { systemClock } from "../../shared/lambda/clock";
import { poolHandler } from "../shared/handler";
import { eventFields } from "../shared/events";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { hostRoleId, poolSettings } from "../shared/settings";
import { register } from "./register";

const { pool, names } = poolSettings();
const gitHub = gitHubFromEnvironment();

export const handler = poolHandler(pool, async (event, invocation) => {
  invocation.tag(eventFields(event));
  await register(
    event,
    { mintToken: (signal) => gitHub().registrationToken(signal), tokens: secretsManagerTokens, clock: systemClock },
    { pool, names, hostRoleId: hostRoleId() },
    invocation,
  );
});

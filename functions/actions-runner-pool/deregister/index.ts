/** Handler: an instance is terminating, or is gone. */
import { continueAction } from "../../shared/aws/complete-action";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { lifecycleStates } from "../../shared/aws/lifecycle-states";
import { eventFields } from "../shared/events";
import { systemClock } from "../../shared/lambda/clock";
import { poolHandler } from "../shared/handler";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { poolSettings } from "../shared/settings";
import { deregister } from "./deregister";
import { sendStop } from "./stop-command";

const { pool, names } = poolSettings();
const gitHub = gitHubFromEnvironment();

export const handler = poolHandler(pool, async (event, invocation) => {
  invocation.tag(eventFields(event));
  await deregister(event, { sendStop, lifecycleStates, continueAction, deleteSecret, gitHub, clock: systemClock }, { names }, invocation);
});

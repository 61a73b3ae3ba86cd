/** Handler: the schedule fired, or the stack creates, changes or deletes its invocation of the function. */
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import { continueAction } from "../../shared/aws/complete-action";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { lifecycleStates } from "../../shared/aws/lifecycle-states";
import { secretsManagerTokens } from "../shared/token-store";
import { within } from "../../shared/lambda/timeout";
import { systemClock } from "../../shared/lambda/clock";
import { poolHandler } from "../shared/handler";
import { gitHubFromEnvironment } from "../../shared/github/environment";
import { hostRoleId, maxDrainSeconds, poolSettings } from "../shared/settings";
import { finalSweep } from "./final-sweep";
import { activities, groupExists, members, terminate } from "./inventory";
import { sweepTrigger } from "./trigger";
import { secrets } from "./list-secrets";
import { sweep } from "./sweep";

const { pool, names } = poolSettings();
const gitHub = gitHubFromEnvironment();

const ports = {
  members,
  groupExists,
  activities,
  lifecycleStates,
  continueAction,
  terminate,
  secrets,
  deleteSecret,
  gitHub,
  mintToken: (signal: AbortSignal) => gitHub().registrationToken(signal),
  tokens: secretsManagerTokens,
  clock: systemClock,
};

export const handler = poolHandler(pool, async (event, invocation) => {
  const trigger = sweepTrigger(event, pool);
  switch (trigger.kind) {
    case "final":
      return finalSweep(ports, { names }, invocation);
    case "nothing":
      invocation.log.info("nothing to do", { reason: trigger.reason });
      return undefined;
    case "schedule": {
      const settings = { pool, names, maxDrainSeconds: maxDrainSeconds(), hostRoleId: hostRoleId() };
      await within(systemClock, "the sweep", TIMING.sweepBound * 1000, (signal) => sweep(ports, settings, invocation, signal));
      return undefined;
    }
  }
});

/** Handler: the schedule fired. The event itself says nothing of use. */
import { continueAction } from "../shared/aws/complete-action";
import { deleteSecret } from "../shared/aws/delete-secret";
import { lifecycleStates } from "../shared/aws/describe-instances";
import { within } from "../shared/bounded";
import { lambdaHandler } from "../shared/handler";
import { gitHubFromEnvironment } from "../shared/runners";
import { maxDrainSeconds, poolSettings } from "../shared/settings";
import { activities, members, terminate } from "./inventory";
import { secrets } from "./secrets";
import { sweep } from "./sweep";

/** Bound on one sweep, in ms: it must report within the function timeout of 240 s, and the next one starts after 300 s. */
const SWEEP_MS = 200_000;

const { pool, names } = poolSettings();
const gitHub = gitHubFromEnvironment();

export const handler = lambdaHandler(pool, async (_event, invocation) => {
  const settings = { names, maxDrainSeconds: maxDrainSeconds() };
  const ports = {
    members,
    activities,
    lifecycleStates,
    continueAction,
    terminate,
    secrets,
    deleteSecret,
    gitHub,
    now: () => new Date(),
  };
  await within("the sweep", SWEEP_MS, (signal) => sweep(ports, settings, invocation, signal));
});

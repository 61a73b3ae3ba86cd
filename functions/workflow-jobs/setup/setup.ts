/**
 * Setup function: owns GitHub's webhook for the stack, so that its secret never stands in state, arguments or outputs.
 *
 * ## Triggers
 *
 * - `check-app`, by an invocation of the stack that precedes all but the functions: fails the deployment if the App lacks the event
 *   or a permission, or its webhook is another's (check-app.ts).
 * - `own-webhook`, by a resource of the stack that is created, updated and deleted: makes the secret and points the webhook here;
 *   its deletion removes both, the webhook only while it is ours (own-webhook.ts). Without the provider's key `tf`, an operator's
 *   repair of what was changed at GitHub.
 * - `rotate-secret`, by `npm run rotate-webhook-secret` (rotate.ts).
 *
 * trigger.ts recognizes them. Anything else, and the input of another component, does nothing.
 *
 * ## Whose webhook it is
 *
 * An App has one webhook, and another system may own it. It is ours if its address is the function URL, the one before this
 * update, or the one that was recorded beside the secret when GitHub last got it. It is free if it is empty or UNUSED_WEBHOOK_URL.
 * A webhook of the organization or repository is ours if it has our address. Upon a change of scope, App or account the former one is
 * removed if the App still can; else the result and the log name it, because it still points here with a valid secret.
 *
 * ## Failures and bounds
 *
 * - Checks, updates and rotations fail with the remedy, and may be repeated. A deletion never fails: its result says what is left.
 * - A creation that fails removes what it has made: the stack has no state of it, and so could not.
 * - Of rotations and updates that overlap, only the one whose secret is stored gives it to GitHub; the others fail (current-secret.ts).
 * - The work has 100 s, the function 120 s. A rotation waits 12.5 s, until no process of the webhook has the old secrets only; a new
 *   secret waits until its name is free after a deletion.
 *
 * ## Gotchas
 *
 * - Never log or return a secret, nor the path of another's address: results stand in Pulumi's state.
 * - The provider repeats no invocation that failed; the next `pulumi up` does.
 * - Record the address after GitHub has it, never before: a failure in between would make our own webhook look like another's.
 */
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { SetupResult, WebhookScope } from "../../../contract/workflow-jobs/webhook";
import type { Observer } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import { checkApp } from "./check-app";
import { ownWebhook, releaseWebhook } from "./own-webhook";
import type { SetupPorts } from "./ports";
import { rotateSecret } from "./rotate";
import { setupTrigger } from "./trigger";

/** By which the work ends before Lambda ends the function, in ms. */
const MARGIN_MS = 20_000;

export interface SetupSettings {
  /** Name of the component. */
  name: string;
  /** Needed by a rotation only; read then, so that a mistake in it fails nothing else. */
  webhookScope(): WebhookScope;
}

export async function setup(
  event: unknown,
  ports: SetupPorts,
  { name, webhookScope }: SetupSettings,
  observer: Observer,
): Promise<SetupResult> {
  const trigger = setupTrigger(event, name);
  return within(ports.clock, "the setup of the webhook", DEMAND_TIMING.setupTimeout * 1000 - MARGIN_MS, async (signal) => {
    switch (trigger.kind) {
      case "check":
        await checkApp(ports, trigger, signal);
        return { left: [] };
      case "own":
        return ownWebhook(ports, trigger.hook, trigger, observer, signal);
      case "release":
        return releaseWebhook(ports, trigger.hook, observer, signal);
      case "rotate":
        return rotateSecret(ports, webhookScope(), observer, signal);
      case "nothing":
        observer.log.info("nothing to do", { reason: trigger.reason });
        return { left: [] };
    }
  });
}

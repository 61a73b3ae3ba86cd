import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { WebhookScope } from "../../../contract/workflow-jobs/webhook";
import { hostOf, JOB_EVENT } from "../shared/webhook-event";
import type { Run } from "./ports";

/**
 * Reports a webhook that points elsewhere, is switched off or lacks the event: no job would be announced any more, and only the
 * reconciler would still find them, minutes late. It is never repaired here: whoever changed it may have had a reason.
 */
export async function checkHook(run: Run): Promise<void> {
  const { webhookScope, webhookUrl } = run.settings;
  if (webhookScope === WebhookScope.Manual || webhookUrl === undefined) return;
  const problem = webhookScope === WebhookScope.App ? await appProblem(run, webhookUrl) : await hookProblem(run, webhookUrl);
  run.observer.count(SOURCE_METRIC.foreignWebhook, problem === undefined ? 0 : 1);
  if (problem !== undefined) run.observer.log.error("GitHub's webhook does not announce jobs to this component", { problem });
}

/** Calls of the App itself do not count against the installation's quota. */
async function appProblem({ app, signal }: Run, url: string): Promise<string | undefined> {
  const current = await app.appHookUrl(signal);
  if (current !== url) {
    return `the App's webhook points at ${hostOf(current)}; deploy with takeOver, or point it back in the App's settings`;
  }
  const { events } = await app.app(signal);
  return events.includes(JOB_EVENT) ? undefined : `the App is not subscribed to ${JOB_EVENT}; subscribe it in the App's settings`;
}

async function hookProblem({ hooks, scope, signal }: Run, url: string): Promise<string | undefined> {
  const hook = await hooks.findHook(scope, url, signal);
  if (!hook) return "the webhook is gone; invoke the setup function with the input of its task own-webhook";
  if (!hook.active) return "the webhook is switched off; switch it on in GitHub's settings";
  return hook.events.includes(JOB_EVENT) || hook.events.includes("*")
    ? undefined
    : `the webhook lacks the event ${JOB_EVENT}; add it in GitHub's settings`;
}

import { isUnusedWebhook, WebhookScope } from "../../../contract/workflow-jobs/webhook";
import type { GitHubScope } from "../../shared/github/account";
import type { AppDescription } from "../../shared/github/api";
import { hostOf, JOB_EVENT } from "../shared/webhook-event";
import type { SetupPorts } from "./ports";

/** Permission that a webhook of its own needs, by scope. */
const HOOKS_PERMISSION: Partial<Record<WebhookScope, string>> = {
  [WebhookScope.Organization]: "organization_hooks",
  [WebhookScope.Repository]: "repository_hooks",
};

/** The levels that include a level. */
const LEVELS = { read: ["read", "write", "admin"], write: ["write", "admin"] };

/** What the source is to do. */
export interface AppNeeds {
  scope: WebhookScope;
  rerunLostJobs: boolean;
}

/**
 * Fails the deployment, before anything but the functions exists, if the App cannot serve as the source of demand, or its webhook
 * is another's. Only the App's own webhook needs the App's subscription: another webhook has events of its own.
 *
 * @throws Error with every fault and its remedy.
 */
export async function checkApp(ports: SetupPorts, input: AppNeeds & { takeOver: boolean }, signal: AbortSignal): Promise<void> {
  const { app, scope: account } = ports.gitHub();
  const faults = appFaults(await app.app(signal), { ...input, account });
  if (faults.length > 0)
    throw new Error(`${faults.join("; ")}. Change it in the App's settings, and accept the change where it is installed`);
  if (input.scope === WebhookScope.App) await refuseForeign(ports, [], input.takeOver, signal);
}

export function appFaults(
  { slug, events, permissions }: AppDescription,
  { scope, rerunLostJobs, account }: AppNeeds & { account: GitHubScope },
): string[] {
  const faults: string[] = [];
  const lacks = (what: string) => faults.push(`the GitHub App ${slug} lacks ${what}`);
  const may = (permission: string, level: keyof typeof LEVELS) => LEVELS[level].includes(permissions[permission] ?? "");
  if (scope === WebhookScope.App && !events.includes(JOB_EVENT)) lacks(`the event ${JOB_EVENT} (Workflow job)`);
  if (!may("actions", "read")) lacks("the permission Actions: read");
  if (rerunLostJobs && !may("actions", "write")) lacks("the permission Actions: read and write, for rerunLostJobs");
  // The runners of a repository are in no group.
  if ("organization" in account && !may("organization_self_hosted_runners", "read")) {
    lacks("the permission Self-hosted runners: read, for the organization's runner groups");
  }
  const hooks = HOOKS_PERMISSION[scope];
  if (hooks !== undefined && !may(hooks, "write")) lacks(`the permission ${hooks}: write`);
  return faults;
}

/**
 * @param ours further addresses that are this component's.
 * @throws Error if the App's webhook is another's, unless it may be taken over.
 */
export async function refuseForeign(ports: SetupPorts, ours: readonly string[], takeOver: boolean, signal: AbortSignal): Promise<void> {
  const current = await ports.gitHub().app.appHookUrl(signal);
  if (takeOver || isUnusedWebhook(current) || ours.includes(current ?? "")) return;
  // Only now: a component that is new has no secret yet, and needs none for this check.
  const known = (await ports.store.read())?.secrets.url;
  if (known !== undefined && known === current) return;
  throw new Error(
    `the GitHub App's webhook already points at ${hostOf(current)}, and an App has only one. ` +
      `Use webhook.scope "organization" or "repository" for one beside it, or webhook.takeOver to replace it`,
  );
}

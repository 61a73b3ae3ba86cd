import { type SetupResult, UNUSED_WEBHOOK_URL, WebhookScope } from "../../../contract/workflow-jobs/webhook";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import { JOB_EVENT } from "../shared/webhook-event";
import { refuseForeign } from "./check-app";
import { stillCurrent, untilKnown } from "./current-secret";
import { isReachable, isSameHook } from "./former-hook";
import type { SetupPorts } from "./ports";
import type { StoredSecrets } from "./secret-store";
import type { Owned } from "./trigger";

/** Bound on the removal of a webhook, in ms: it leaves time for the secret's. */
const REMOVAL_MS = 60_000;

export interface OwnOptions {
  takeOver: boolean;
  /** What the stack had before this update: that webhook is given up if it is another one. */
  previous?: Owned;
  /** Whether the stack creates its resource: it has no state of one whose creation fails, and so would never remove what is left of it. */
  creates: boolean;
}

/**
 * Makes the secret if there is none, and points GitHub's webhook at the function URL. Every step may be repeated.
 */
export async function ownWebhook(
  ports: SetupPorts,
  hook: Owned,
  { takeOver, previous, creates }: OwnOptions,
  observer: Observer,
  signal: AbortSignal,
): Promise<SetupResult> {
  if (hook.scope === WebhookScope.App) {
    await refuseForeign(ports, [hook.url, ...(previous ? [previous.url] : [])], takeOver, signal);
  }
  const found = await ports.store.read();
  if (found) await ports.store.useKey(found.secrets);
  const stored = found ?? (await ports.store.create({ current: ports.newSecret() }, signal));
  try {
    await giveSecret(ports, hook, { ...stored, isNew: !found }, signal);
  } catch (error) {
    if (creates && !found) await releaseWebhook(ports, hook, observer, signal);
    throw error;
  }
  observer.log.info("GitHub's webhook is set up", { scope: hook.scope });
  const left = previous && !isSameHook(previous, hook) ? await giveUpFormer(ports, previous, hook, observer, signal) : [];
  return { secretArn: stored.arn, left: [...left, ...manualSteps(hook)] };
}

/**
 * Removes the webhook while it is ours, then the secret. Never throws: neither GitHub's outage nor an App that is gone may block a
 * destroy, and what is left is harmless, because the function URL ends with the stack.
 */
export async function releaseWebhook(ports: SetupPorts, hook: Owned, observer: Observer, signal: AbortSignal): Promise<SetupResult> {
  const left = await giveUp(ports, hook, undefined, observer, signal);
  try {
    await ports.store.delete();
  } catch (error) {
    left.push(`the webhook's secret: ${reasonOf(error)}`);
  }
  if (left.length > 0) observer.log.error("the webhook is not removed as a whole", { left: left.join("; ") });
  return { left };
}

/** Sets address and secret at GitHub. The operator does it for a manual webhook. */
export async function pointHook(ports: SetupPorts, { scope, url }: Owned, secret: string, signal: AbortSignal): Promise<void> {
  if (scope === WebhookScope.Manual) return;
  const gitHub = ports.gitHub();
  if (scope === WebhookScope.App) await gitHub.app.setAppHook({ url, secret }, signal);
  else await gitHub.hooks.putHook(gitHub.scope, { url, secret, events: [JOB_EVENT] }, signal);
}

/** Points the webhook here, then records the address, and that GitHub signs with the current secret. */
async function giveSecret(
  ports: SetupPorts,
  hook: Owned,
  { secrets, isNew }: StoredSecrets & { isNew: boolean },
  signal: AbortSignal,
): Promise<void> {
  const isManual = hook.scope === WebhookScope.Manual;
  // A rotation has begun, perhaps a moment ago.
  if (secrets.unfinished && !isManual) await untilKnown(ports, signal);
  await pointHook(ports, hook, secrets.current, signal);
  // After GitHub has it: an attempt that failed before finds the old address still recorded as ours.
  // Nothing rotates a secret without an address, and AWS may not show one that was made a moment ago.
  const { unfinished, ...rest } = isNew ? secrets : (await stillCurrent(ports, secrets.current)).secrets;
  // Whether the operator has set the current secret of a manual webhook is not known here.
  const finished = { ...rest, url: hook.url, ...(isManual && unfinished ? { unfinished } : {}) };
  if (rest.url !== hook.url || finished.unfinished !== unfinished) await ports.store.write(finished);
}

/** @param hook what replaces it. */
async function giveUpFormer(ports: SetupPorts, former: Owned, hook: Owned, observer: Observer, signal: AbortSignal): Promise<string[]> {
  if (isReachable(former, hook)) return giveUp(ports, former, former.account, observer, signal);
  return [notRemoved(former, "it is that of an App that this component no longer has", observer)];
}

/** Returns what could not be removed, with the remedy. @param account another than the component's, of the same App. */
async function giveUp(
  ports: SetupPorts,
  hook: Owned,
  account: string | undefined,
  observer: Observer,
  signal: AbortSignal,
): Promise<string[]> {
  if (hook.scope === WebhookScope.Manual) return [];
  const work = (bound: AbortSignal) => remove(ports, hook, account, AbortSignal.any([signal, bound]));
  try {
    await within(ports.clock, "removing GitHub's webhook", REMOVAL_MS, work);
    return [];
  } catch (error) {
    return [notRemoved(hook, reasonOf(error), observer)];
  }
}

function notRemoved({ scope, app, account }: Owned, reason: string, { log }: Observer): string {
  log.warn("GitHub's webhook could not be removed", { scope, app, account, reason });
  const whose = scope === WebhookScope.App ? app : account;
  return `GitHub's webhook (${scope}${whose === undefined ? "" : ` ${whose}`}): ${reason}; remove it in GitHub's settings`;
}

async function remove(ports: SetupPorts, hook: Owned, account: string | undefined, signal: AbortSignal): Promise<void> {
  const { app, hooks, scope } = ports.gitHub(account);
  if (hook.scope !== WebhookScope.App) await hooks.removeHook(scope, hook.url, signal);
  // Else it is another's by now, or the same App's at its new address.
  else if ((await app.appHookUrl(signal)) === hook.url) await app.setAppHook({ url: UNUSED_WEBHOOK_URL }, signal);
}

function manualSteps({ scope, url }: Owned): string[] {
  if (scope !== WebhookScope.Manual) return [];
  return [`create a webhook for ${JOB_EVENT} with the content type application/json, the address ${url} and the secret's text "current"`];
}

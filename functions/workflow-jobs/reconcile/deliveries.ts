import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { WebhookScope } from "../../../contract/workflow-jobs/webhook";
import type { DeliveringHook, Delivery } from "../../shared/github/api";
import { GitHubError } from "../../shared/github/error";
import { JOB_EVENT } from "../shared/webhook-event";
import type { Run } from "./ports";

/** Longest look back, in ms: after a longer outage reading the queue repairs more, with fewer calls. */
const LONGEST_MS = 3_600_000;
/** Of the first run, in ms. */
const FIRST_MS = 600_000;
/** GitHub waits 10 s for an answer, so that a younger delivery without one may still succeed. In ms. */
const SETTLED_MS = 15_000;
/** Requests a run. Those beyond it wait for the next run; meanwhile reading the queue finds their jobs. */
const REQUESTS = 30;
/** Requests a run that GitHub does not accept: each may take 16.5 s, and they come before the queue is read. */
const FAILURES = 3;
/** For which a requested GUID is remembered, in ms: as long as deliveries are looked back upon, and a run more. */
const REMEMBERED_MS = LONGEST_MS + 600_000;
/**
 * Requests of one delivery, each in another run. One does not suffice: a repetition may meet the same outage, and of a repository
 * without known jobs only the full round, in up to half an hour, would find the job. One that cannot succeed is not sent for ever.
 */
const MOST_REQUESTS = 3;

/**
 * Requests again the deliveries since the last run, or their last repetitions, that this or a former webhook function did not
 * confirm; each in at most three runs. GitHub does not do so by itself. A repeated delivery has the same content, and the ledger applies
 * it only if it is still news.
 */
export async function requestLostDeliveries(run: Run): Promise<void> {
  const { memory, hooks, budget, clock, signal, observer } = run;
  const hook = await deliveringHook(run);
  if (hook === undefined) return;
  const now = clock.now();
  const known = (await memory.read("deliveries", signal)) ?? { until: now - FIRST_MS, requested: [] };
  const recent = ([, at]: [string, number]) => at > now - REMEMBERED_MS;
  const requested = known.requested.filter(recent);
  const refused = (known.refused ?? []).filter(recent);
  // Only once GitHub lists the repetition that was requested last: until then it may still arrive. What was requested had settled, so
  // that this margin, for times in whole seconds, never takes it for its own repetition.
  const mayRequest = ({ guid, at }: Delivery) => {
    const before = requested.filter(([one]) => one === guid);
    const vain = refused.filter(([one]) => one === guid);
    return before.length + vain.length < MOST_REQUESTS && before.every(([, requestedAt]) => requestedAt - SETTLED_MS < at);
  };
  const since = Math.max(known.until, now - LONGEST_MS);
  if (!(await budget.take(signal))) return;
  const all = await hooks.deliveries(hook, since, "all", signal);
  budget.notePages(all.deliveries.length);
  // After a burst of thousands of jobs only the failed ones can be read within the bound.
  const { deliveries, complete } =
    all.complete || !(await budget.take(signal)) ? all : await hooks.deliveries(hook, since, "failed", signal);
  if (!complete) observer.log.warn("more deliveries than can be read; the queue is read instead of the oldest of them");
  const lost = lostDeliveries(deliveries, now - SETTLED_MS).filter(mayRequest);
  let until = now - SETTLED_MS;
  let count = 0;
  const failures: unknown[] = [];
  try {
    for (const { id, guid, at } of lost) {
      if (count >= REQUESTS || failures.length >= FAILURES || !(await budget.take(signal))) {
        // Oldest first, so that nothing before this one remains.
        until = Math.min(until, at);
        break;
      }
      try {
        await hooks.redeliver(hook, id, signal);
        requested.push([guid, now]);
        count += 1;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof GitHubError && error.retryAt !== undefined) throw error;
        // One that always fails must not keep the newer ones from being requested.
        failures.push(error);
        refused.push([guid, now]);
        until = Math.min(until, at);
      }
    }
  } catch (error) {
    until = known.until;
    throw error;
  } finally {
    if (count > 0) observer.log.warn("requested lost deliveries again", { count });
    observer.count(SOURCE_METRIC.lostDeliveries, count);
    await memory.write("deliveries", { until, requested, refused }, signal);
  }
  if (failures.length > 0) throw failures[0];
}

/** Deliveries of jobs that no attempt delivered, the last attempt of each; oldest first. One that may still be answered is not lost. */
export function lostDeliveries(deliveries: readonly Delivery[], settledBefore: number): Delivery[] {
  const attempts = new Map<string, Delivery[]>();
  for (const one of deliveries) {
    if (one.event === JOB_EVENT) attempts.set(one.guid, [...(attempts.get(one.guid) ?? []), one]);
  }
  return [...attempts.values()]
    .filter((all) => all.every(({ at, statusCode }) => at <= settledBefore && !isSuccess(statusCode)))
    .map((all) => all.reduce((last, one) => (one.at > last.at ? one : last)))
    .sort((a, b) => a.at - b.at);
}

const isSuccess = (statusCode: number) => statusCode >= 200 && statusCode < 300;

/**
 * Undefined if its deliveries cannot be known: the operator's own webhook, or one that is gone or points elsewhere (hook-check.ts reports
 * it). GitHub sends a repetition to where the webhook points now: another system would get its own failed deliveries again, and ours.
 */
async function deliveringHook({ settings, scope, hooks, app, budget, signal }: Run): Promise<DeliveringHook | undefined> {
  const { webhookScope, webhookUrl } = settings;
  if (webhookScope === WebhookScope.App) {
    return webhookUrl === undefined || (await app.appHookUrl(signal)) === webhookUrl ? "app" : undefined;
  }
  if (webhookScope === WebhookScope.Manual || webhookUrl === undefined || !(await budget.take(signal))) return undefined;
  const hook = await hooks.findHook(scope, webhookUrl, signal);
  return hook && { scope, id: hook.id };
}

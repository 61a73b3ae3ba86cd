import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/** A host starts its runner seconds after it enters service, and GitHub's lists may be a minute old. */
const SETTLED_MS = 10 * 60_000;
/**
 * Maximum single lookups per sweep: with ten pools, 1,200 calls an hour. Pages shift when a runner is removed during the
 * listing, so the listing may miss a few existing runners, but not more than this.
 */
const MAX_RECHECKS = 10;

/**
 * Counts instances in service that get no jobs, because GitHub has no online runner of their name: the runner was removed
 * by a person or after 14 days offline, or the host is broken. Auto Scaling considers such an instance healthy and keeps
 * it until its maximum lifetime.
 *
 * Reports only; it never terminates anything. A runner that is offline for a moment may have a job, which would be lost
 * with its instance. One sweep may coincide with such a moment, so the alarm requires two.
 *
 * Runs in every sweep that lists the runners: the list is there already, and further calls are made only for suspects.
 */
export async function reportUnregistered(
  members: readonly Member[],
  runners: readonly Runner[],
  ports: SweepPorts,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  let unregistered = 0;
  let rechecks = 0;
  for (const instanceId of await suspects(members, runners, ports)) {
    signal.throwIfAborted();
    await attempt("finding the runner of an instance", { instanceId }, observer, async () => {
      const launch = await history.launch(instanceId);
      // In service since the end of the launch, because a launch may take longer than SETTLED_MS. A launch that is no
      // longer in the history is an old one.
      const since = launch && (launch.endedAt ?? launch.startedAt);
      if (since && ports.clock.now() - since.getTime() <= SETTLED_MS) return;
      rechecks += 1;
      const mayRecheck = rechecks <= MAX_RECHECKS && ports.gitHub().remainingQuota() >= RESERVE.lookup;
      const runner = mayRecheck ? await ports.gitHub().find(instanceId, signal) : runners.find(({ name }) => name === instanceId);
      if (runner?.online) return;
      unregistered += 1;
      observer.log.error("sweep: instance is in service without a runner online at GitHub", {
        instanceId,
        runner: runner ? "offline" : "not registered",
        busy: runner?.busy ?? false,
        inServiceSince: since?.toISOString(),
      });
    });
  }
  observer.count(METRIC.unregisteredInstances, unregistered);
}

/** Reads states again after the runners were listed: an instance that has since begun to drain may have none online. */
async function suspects(members: readonly Member[], runners: readonly Runner[], ports: SweepPorts): Promise<string[]> {
  const online = new Set(runners.filter((runner) => runner.online).map(({ name }) => name));
  const missing = members
    .filter(({ instanceId, lifecycleState }) => lifecycleState === "InService" && !online.has(instanceId))
    .map(({ instanceId }) => instanceId);
  if (missing.length === 0) return [];
  const states = await ports.lifecycleStates(missing);
  return missing.filter((instanceId) => states.get(instanceId) === "InService");
}

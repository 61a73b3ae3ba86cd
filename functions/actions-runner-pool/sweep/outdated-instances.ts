import { REFRESH_PROCESS, type RefreshPreferences } from "../../../contract/actions-runner-pool/instance-refresh";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import { isRunning, type Member, type Refresh, type RefreshState, type SweepPorts, type SweepSettings } from "./ports";

/**
 * How long no refresh must have been running, in ms. A deployment changes the group's template and starts its refresh some
 * seconds later: one that the sweep started in between would fail it.
 */
const GRACE_MS = 10 * 60_000;
/** After the first refresh that left instances behind, in ms. Doubles with each further one in a row, up to a day. */
const FIRST_RETRY_MS = 30 * 60_000;
const LONGEST_RETRY_MS = 24 * 3_600_000;
/** Refreshes in a row after which the retries raise an alarm: the first are expected with jobs of some hours. */
const MANY = 3;

/**
 * Starts the instance refresh that a deployment could not start or that has ended without replacing every instance, so
 * that the whole pool gets the group's launch template. Each instance still leaves after its job.
 *
 * It does not start one against an operator's will, that is after a cancellation or a rollback, or while the process
 * `InstanceRefresh` is suspended. A template whose instances never enter service costs one attempt at each retry, at last
 * one a day.
 */
export async function refreshOutdated(
  members: readonly Member[],
  ports: SweepPorts,
  { names: { group }, refreshPreferences }: SweepSettings,
  { log, count }: Observer,
): Promise<void> {
  const { refreshWatch, clock } = ports;
  const outdated = members
    .filter((member) => member.outdated && isReplaceable(member, refreshPreferences))
    .map(({ instanceId }) => instanceId);
  const state = outdated.length > 0 ? await ports.refreshState(group) : undefined;
  if (!state) {
    refreshWatch.reset();
    return count(METRIC.outdatedInstances, 0);
  }
  const instances = outdated.slice(0, 10).join(" ");
  const decision = decideRefresh(state, clock.now(), refreshWatch.idleFor(clock.now()));
  count(METRIC.outdatedInstances, decision.kind === "keep" ? outdated.length : 0);
  switch (decision.kind) {
    case "running":
      return refreshWatch.reset();
    case "wait":
      return log.info("sweep: instances on an earlier launch template wait for a refresh", { instances, because: decision.because });
    case "keep":
      return log.warn("sweep: instances keep an earlier launch template", { instances, because: decision.because });
    case "start": {
      const outcome = await ports.startRefresh(group, refreshPreferences);
      refreshWatch.reset();
      log.warn("sweep: instances were left on an earlier launch template: starting a refresh", { instances, outcome });
    }
  }
}

/** What a refresh with these preferences would replace. One that waits for an instance in standby would fail after an hour. */
function isReplaceable({ lifecycleState, protectedFromScaleIn }: Member, preferences: RefreshPreferences): boolean {
  if (/^Warmed:(Stopped|Hibernated|Running)$/.test(lifecycleState)) return true;
  if (lifecycleState !== "InService") return false;
  return !(protectedFromScaleIn && preferences.scaleInProtectedInstances === "Ignore");
}

export type RefreshDecision =
  | { kind: "start" }
  | { kind: "running" }
  /** Nothing is wrong yet. */
  | { kind: "wait"; because: string }
  /** An operator should know. */
  | { kind: "keep"; because: string };

/**
 * @param now milliseconds since the epoch.
 * @param idleMs for how long no refresh has been running.
 */
export function decideRefresh({ suspended, refreshes }: RefreshState, now: number, idleMs: number): RefreshDecision {
  const [latest] = refreshes;
  if (latest && isRunning(latest)) return { kind: "running" };
  if (suspended) return { kind: "wait", because: `the process ${REFRESH_PROCESS} is suspended` };
  if (latest && latest.toGroupsTemplate !== false && /^(Cancelled|Rollback)/.test(latest.status)) {
    return {
      kind: "keep",
      because: `the refresh to this launch template was ended, by hand or by a deployment that then failed (${latest.status})`,
    };
  }
  const ended = inVain(refreshes);
  const retryAt = (latest?.endedAt?.getTime() ?? 0) + Math.min(FIRST_RETRY_MS * 2 ** (ended - 1), LONGEST_RETRY_MS);
  if (ended > 0 && now < retryAt) {
    const because = `${ended} refreshes in a row left them (${latest?.reason ?? latest?.status}); the next one starts at ${new Date(retryAt).toISOString()}`;
    return { kind: ended < MANY ? "wait" : "keep", because };
  }
  if (idleMs < GRACE_MS) return { kind: "wait", because: "a deployment may be about to start it" };
  return { kind: "start" };
}

/**
 * How many of the newest refreshes led to the group's present template and left instances on another. The provider's has
 * a desired configuration and is the first to a template, so what precedes it led elsewhere.
 */
function inVain(refreshes: readonly Refresh[]): number {
  let found = 0;
  for (const { toGroupsTemplate } of refreshes) {
    if (toGroupsTemplate === false) break;
    found += 1;
    if (toGroupsTemplate === true) break;
  }
  return found;
}

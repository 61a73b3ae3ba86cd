import { REFRESH_PROCESS, type RefreshPreferences } from "../../../contract/actions-runner-pool/instance-refresh";
import { restsInPool } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import {
  isRunning,
  type Member,
  type Refresh,
  type RefreshState,
  type SweepPorts,
  type SweepSettings,
  type TemplateVersion,
} from "./ports";

/**
 * How long no refresh must have been running, in ms. A deployment changes the group's template and starts its refresh some
 * seconds later: one that the sweep started in between would fail it.
 */
const GRACE_MS = 10 * 60_000;
/**
 * How long a deployment may take from its new launch template version to the update of the group, in ms. Between the two are
 * the functions, the rules, and up to 2 min for the cancellation of a refresh.
 */
const DEPLOYMENT_MS = 30 * 60_000;
/** After the first refresh that left instances behind, in ms. Doubles with each further one in a row, up to a day. */
const FIRST_RETRY_MS = 30 * 60_000;
const LONGEST_RETRY_MS = 24 * 3_600_000;
/** Refreshes in a row after which the retries raise an alarm: the first are expected with jobs of some hours. */
const MANY = 3;

/**
 * Starts the instance refresh that a deployment could not start or that has ended without replacing every instance, so
 * that the whole pool gets the group's launch template. Each instance still leaves after its job.
 *
 * AWS says of a refresh neither who ended it nor to which version it led: neither the provider's nor the sweep's names a
 * desired configuration. So the times decide. The group gets a version after its creation, hence a refresh that began earlier
 * led to another one. A deployment cancels only such a refresh before it updates the group: the sweep starts none while the
 * launch template has a newer version than the group. What began later and was cancelled or rolled back is therefore taken for
 * an operator's will, and the sweep starts none, as while the process `InstanceRefresh` is suspended.
 *
 * In three cases a deployment's cancellation is mistaken for that and only raises the alarm: it changed nothing but the
 * instance types of a Spot pool; it repeats one that was killed after its start of the refresh; or an operator started the
 * refresh between the new version and the update of the group.
 *
 * A template whose instances never enter service costs one attempt at each retry, at last one a day.
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
  // Without a numbered version no instance is outdated: the group was changed since it was listed.
  if (!state?.source) {
    refreshWatch.reset();
    return count(METRIC.outdatedInstances, 0);
  }
  const instances = outdated.slice(0, 10).join(" ");
  const { id, version } = state.source;
  const now = clock.now();
  const idleMs = refreshWatch.idleFor(now);
  const decision = heldUp(state) ?? decideRefresh(state.refreshes, { version, latest: await ports.latestVersion(id) }, now, idleMs);
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
  if (restsInPool(lifecycleState)) return true;
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

/** Whether a refresh is running or must not, whatever the launch template. */
function heldUp({ suspended, refreshes: [latest] }: RefreshState): RefreshDecision | undefined {
  if (latest && isRunning(latest)) return { kind: "running" };
  return suspended ? { kind: "wait", because: `the process ${REFRESH_PROCESS} is suspended` } : undefined;
}

export interface GroupTemplate {
  /** The group's version of its launch template. */
  version: string;
  /** The template's newest version. */
  latest: TemplateVersion;
}

/**
 * @param refreshes ended ones, newest first.
 * @param now milliseconds since the epoch.
 * @param idleMs for how long no refresh has been running.
 */
export function decideRefresh(
  refreshes: readonly Refresh[],
  { version, latest }: GroupTemplate,
  now: number,
  idleMs: number,
): RefreshDecision {
  if (latest.version !== version) {
    const because = `the launch template has version ${latest.version}, the group still ${version}: a deployment has not updated the group`;
    return { kind: now - latest.createdAt.getTime() < DEPLOYMENT_MS ? "wait" : "keep", because };
  }
  const toVersion = since(latest.createdAt, refreshes);
  const [newest] = toVersion;
  if (newest && /^(Cancelled|Rollback)/.test(newest.status)) {
    return { kind: "keep", because: `the refresh to version ${version} was ended by hand or by a deployment (${newest.status})` };
  }
  const ended = toVersion.length;
  const retryAt = (newest?.endedAt?.getTime() ?? 0) + Math.min(FIRST_RETRY_MS * 2 ** (ended - 1), LONGEST_RETRY_MS);
  if (ended > 0 && now < retryAt) {
    const because = `${ended} refreshes in a row left them (${newest?.reason ?? newest?.status}); the next one starts at ${new Date(retryAt).toISOString()}`;
    return { kind: ended < MANY ? "wait" : "keep", because };
  }
  if (idleMs < GRACE_MS) return { kind: "wait", because: "a deployment may be about to start it" };
  return { kind: "start" };
}

/** The newest refreshes that began after the version was created. AWS may leave out the begin of one that never got to work. */
function since(created: Date, refreshes: readonly Refresh[]): readonly Refresh[] {
  const earlier = refreshes.findIndex(({ startedAt, endedAt }) => {
    const begun = startedAt ?? endedAt;
    return begun !== undefined && begun < created;
  });
  return earlier === -1 ? refreshes : refreshes.slice(0, earlier);
}

import type { Shape } from "../api";
import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Activities } from "./activities";
import { membersWhere } from "./capacity";
import type { RefreshPreferences } from "./config";
import { noActiveRefresh, refreshInProgress } from "./errors";
import { type EventWriter, uuid } from "./events";
import type { Lifecycle } from "./lifecycle";
import { countsAsWarm, currentRefresh, type Group, isRetained, isTerminating, type Member, type Refresh, templateOf } from "./model";

export interface RefreshParts {
  clock: Clock;
  random: Random;
  lifecycle: Lifecycle;
  activities: Activities;
  events: EventWriter;
  changed(group: Group): void;
  cancellationWaitsFor: CancellationScope;
}

/**
 * Which transitions a cancellation waits for: the model says only "in-flight launches and terminations". All of the
 * group's, such as the drains of a scale-in, or only those that the refresh began.
 */
export type CancellationScope = "group" | "refresh";

/** How long a refresh waits for protected or standby instances before it fails: 1 hour, in milliseconds. */
const BLOCKED_TIMEOUT_MS = 3_600_000;
/** Interval at which a refresh polls the group, in milliseconds. */
const POLL_MS = 1000;

/** Rolling instance refreshes: instances in service first, then the warm pool. One at a time per group. */
export class InstanceRefreshes {
  constructor(private readonly parts: RefreshParts) {}

  /** @throws InstanceRefreshInProgress */
  start(group: Group, preferences: RefreshPreferences = {}, desired?: Shape): Refresh {
    if (currentRefresh(group)) throw refreshInProgress();
    const template = templateOf(group);
    const skip = preferences.skipMatching ?? false;
    const outdated = membersWhere(
      group,
      (member) => !(skip && member.template.id === template.id && member.template.version === template.version),
    );
    const remaining = outdated.filter(
      ({ state }) => state === "InService" || state === "Standby" || state.startsWith("Pending") || countsAsWarm(state),
    );
    const maintenance = group.config.instanceMaintenance;
    const refresh: Refresh = {
      id: uuid(this.parts.random),
      status: "Pending",
      startTime: this.parts.clock.now(),
      preferences: {
        minHealthyPercentage: preferences.minHealthyPercentage ?? positive(maintenance?.minHealthyPercentage) ?? 90,
        maxHealthyPercentage: preferences.maxHealthyPercentage ?? positive(maintenance?.maxHealthyPercentage) ?? 100,
        instanceWarmup: preferences.instanceWarmup ?? 0,
        skipMatching: skip,
        scaleInProtectedInstances: preferences.scaleInProtectedInstances ?? "Wait",
        standbyInstances: preferences.standbyInstances ?? "Wait",
      },
      desired,
      remaining: new Set(remaining),
      replaced: new Set(),
      waitsForTransitions: true,
      others: new Set(),
      total: remaining.length,
    };
    group.refreshes.unshift(refresh);
    void this.run(group, refresh);
    return refresh;
  }

  /**
   * Starts no further replacements; those in progress are completed. The refresh remains `Cancelling`, and no other can
   * start, until they are, unless `waitForTransitions` is false. @throws ActiveInstanceRefreshNotFound
   */
  cancel(group: Group, waitForTransitions: boolean): Refresh {
    const refresh = currentRefresh(group);
    if (!refresh) throw noActiveRefresh(group.config.name);
    refresh.status = "Cancelling";
    refresh.waitsForTransitions = waitForTransitions;
    if (this.parts.cancellationWaitsFor === "group") refresh.others = new Set(membersWhere(group, inTransition));
    return refresh;
  }

  private async run(group: Group, refresh: Refresh): Promise<void> {
    const { clock, events } = this.parts;
    await clock.sleep(POLL_MS);
    if (refresh.status === "Pending") refresh.status = "InProgress";
    events.refreshChanged(group, refresh.id, "Started");
    let blockedSince: number | undefined;
    while (!group.deleted && refresh.status === "InProgress") {
      const step = isSuspended(group) ? "busy" : this.step(group, refresh);
      if (step === "done") return this.end(group, refresh, "Successful");
      if (step !== "blocked") blockedSince = undefined;
      else blockedSince ??= clock.now();
      if (blockedSince !== undefined && clock.now() - blockedSince >= BLOCKED_TIMEOUT_MS) {
        const reason = "Timed out after one hour: instances are protected from scale in or in Standby.";
        return this.end(group, refresh, "Failed", reason);
      }
      await clock.sleep(POLL_MS);
    }
    while (!group.deleted && refresh.waitsForTransitions && hasTransitions(group, refresh)) await clock.sleep(POLL_MS);
    this.end(group, refresh, "Cancelled");
  }

  /** Starts as many replacements as the healthy percentages allow. */
  private step(group: Group, refresh: Refresh): "done" | "busy" | "blocked" {
    const { preferences, remaining } = refresh;
    for (const member of remaining) if (isGone(group, member)) remaining.delete(member);
    const standby = preferences.standbyInstances;
    if (standby === "Ignore") drop(remaining, ({ state }) => state === "Standby");
    if (standby === "Terminate") for (const member of remaining) if (member.state === "Standby") this.replace(refresh, member);
    if (preferences.scaleInProtectedInstances === "Ignore") drop(remaining, isProtected);

    const warm = [...remaining].filter(({ state }) => countsAsWarm(state));
    const serving = [...remaining].filter(({ state }) => !countsAsWarm(state));
    if (serving.length === 0) return this.refreshWarm(group, refresh, warm);

    const ready = serving.filter(({ state }) => state === "InService");
    const replaceable = ready.filter((m) => preferences.scaleInProtectedInstances === "Refresh" || !isProtected(m));
    if (replaceable.length === 0) {
      this.setSurplus(group, 0);
      return this.complete(group, refresh) ? "blocked" : "busy";
    }
    for (const member of replaceable.slice(0, this.room(group, refresh))) this.replace(refresh, member);
    return "busy";
  }

  /** How many instances may be replaced now; raises the surplus as far as the maximum percentage allows. */
  private room(group: Group, refresh: Refresh): number {
    const { minHealthyPercentage: min, maxHealthyPercentage: max } = refresh.preferences;
    this.setSurplus(group, Math.min(Math.floor((group.desired * (max - 100)) / 100), refresh.remaining.size));
    const room = this.healthy(group, refresh).length - Math.ceil((group.desired * min) / 100);
    if (room > 0) return room;
    // If the percentages leave no room, one instance at a time is still replaced, as AWS does for small groups.
    return group.surplus === 0 && this.complete(group, refresh) ? 1 : 0;
  }

  /** Sets the number of instances above the desired capacity. */
  private setSurplus(group: Group, surplus: number): void {
    if (group.surplus === surplus) return;
    group.surplus = surplus;
    this.parts.changed(group);
  }

  private refreshWarm(group: Group, refresh: Refresh, warm: Member[]): "done" | "busy" {
    this.setSurplus(group, 0);
    if (!this.complete(group, refresh)) return "busy";
    if (warm.length === 0) return "done";
    for (const member of warm) this.replace(refresh, member);
    return "busy";
  }

  private replace(refresh: Refresh, member: Member): void {
    refresh.replaced.add(member);
    const { activities, lifecycle } = this.parts;
    lifecycle.terminate(member, activities.stamp("an instance was taken out of service in response to an instance refresh."));
  }

  private healthy(group: Group, refresh: Refresh): Member[] {
    const warmup = refresh.preferences.instanceWarmup * 1000;
    const now = this.parts.clock.now();
    return membersWhere(
      group,
      (member) => member.state === "InService" && (refresh.remaining.has(member) || now >= (member.servingSince ?? now) + warmup),
    );
  }

  private complete(group: Group, refresh: Refresh): boolean {
    return this.healthy(group, refresh).length >= group.desired;
  }

  private end(group: Group, refresh: Refresh, status: "Successful" | "Failed" | "Cancelled", reason?: string): void {
    const { clock, events, changed } = this.parts;
    refresh.status = status;
    refresh.statusReason = reason;
    refresh.endTime = clock.now();
    group.surplus = 0;
    changed(group);
    events.refreshChanged(group, refresh.id, status === "Successful" ? "Succeeded" : status);
  }
}

/** In the maintenance policy, -1 clears a percentage. */
function positive(percentage: number | undefined): number | undefined {
  return percentage !== undefined && percentage >= 0 ? percentage : undefined;
}

function isSuspended(group: Group): boolean {
  return group.config.suspendedProcesses?.includes("InstanceRefresh") ?? false;
}

function isProtected(member: Member): boolean {
  return member.state === "InService" && member.protected;
}

/** Whether the refresh regards the instance as replaced: it does not wait for the drain, only for the replacement. */
function isGone(group: Group, member: Member): boolean {
  const { state } = member;
  if (!group.members.has(member.instance.id)) return true;
  return !(state === "InService" || state === "Standby" || state.startsWith("Pending") || countsAsWarm(state));
}

/** Whether a launch or termination is in flight that a cancellation waits for. Later ones of other causes do not count. */
function hasTransitions(group: Group, refresh: Refresh): boolean {
  drop(refresh.others, (member) => !group.members.has(member.instance.id) || !inTransition(member));
  if (refresh.others.size > 0) return true;
  if (refresh.replaced.size > 0 && membersWhere(group, isLaunching).length > 0) return true;
  return [...refresh.replaced].some(({ instance, state }) => group.members.has(instance.id) && isTerminating(state));
}

function inTransition(member: Member): boolean {
  return isLaunching(member) || isTerminating(member.state);
}

function isLaunching({ state }: Member): boolean {
  return /^(Warmed:)?Pending/.test(state) && !isRetained(state);
}

function drop(members: Set<Member>, condition: (member: Member) => boolean): void {
  for (const member of members) if (condition(member)) members.delete(member);
}

import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Activities } from "./activities";
import { membersWhere } from "./capacity";
import type { RefreshPreferences } from "./config";
import { noActiveRefresh, refreshInProgress } from "./errors";
import { type EventWriter, uuid } from "./events";
import type { Lifecycle } from "./lifecycle";
import { countsAsWarm, currentRefresh, type Group, type Member, type Refresh, templateOf } from "./model";

export interface RefreshParts {
  clock: Clock;
  random: Random;
  lifecycle: Lifecycle;
  activities: Activities;
  events: EventWriter;
  changed(group: Group): void;
}

/** How long a refresh waits for protected or standby instances before it fails: 1 hour, in milliseconds. */
const PATIENCE_MS = 3_600_000;
/** How often it looks at the group, in milliseconds. */
const LOOK_MS = 1000;

/** Rolling instance refreshes: instances in service first, then the warm pool. One at a time per group. */
export class InstanceRefreshes {
  constructor(private readonly parts: RefreshParts) {}

  /** @throws InstanceRefreshInProgress */
  start(group: Group, preferences: RefreshPreferences = {}): Refresh {
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
      remaining: new Set(remaining),
      total: remaining.length,
    };
    group.refreshes.unshift(refresh);
    void this.run(group, refresh);
    return refresh;
  }

  /** Replacements that have begun are finished; no further one begins. @throws ActiveInstanceRefreshNotFound */
  cancel(group: Group): Refresh {
    const refresh = currentRefresh(group);
    if (!refresh) throw noActiveRefresh(group.config.name);
    refresh.status = "Cancelling";
    return refresh;
  }

  private async run(group: Group, refresh: Refresh): Promise<void> {
    const { clock, events } = this.parts;
    await clock.sleep(LOOK_MS);
    if (refresh.status === "Pending") refresh.status = "InProgress";
    events.refreshChanged(group, refresh.id, "Started");
    let blockedSince: number | undefined;
    while (!group.deleted && refresh.status === "InProgress") {
      const step = this.step(group, refresh);
      if (step === "done") return this.end(group, refresh, "Successful");
      if (step !== "blocked") blockedSince = undefined;
      else blockedSince ??= clock.now();
      if (blockedSince !== undefined && clock.now() - blockedSince >= PATIENCE_MS) {
        const reason = "Timed out after one hour: instances are protected from scale in or in Standby.";
        return this.end(group, refresh, "Failed", reason);
      }
      await clock.sleep(LOOK_MS);
    }
    this.end(group, refresh, "Cancelled");
  }

  /** One look: begins as many replacements as the healthy percentages allow. */
  private step(group: Group, refresh: Refresh): "done" | "busy" | "blocked" {
    const { preferences, remaining } = refresh;
    for (const member of remaining) if (isGone(group, member)) remaining.delete(member);
    const standby = preferences.standbyInstances;
    if (standby === "Ignore") drop(remaining, ({ state }) => state === "Standby");
    if (standby === "Terminate") for (const member of remaining) if (member.state === "Standby") this.replace(member);
    if (preferences.scaleInProtectedInstances === "Ignore") drop(remaining, isProtected);

    const warm = [...remaining].filter(({ state }) => countsAsWarm(state));
    const serving = [...remaining].filter(({ state }) => !countsAsWarm(state));
    if (serving.length === 0) return this.refreshWarm(group, refresh, warm);

    const ready = serving.filter(({ state }) => state === "InService");
    const replaceable = ready.filter((m) => preferences.scaleInProtectedInstances === "Refresh" || !isProtected(m));
    if (replaceable.length === 0) {
      this.lift(group, 0);
      return this.complete(group, refresh) ? "blocked" : "busy";
    }
    for (const member of replaceable.slice(0, this.room(group, refresh))) this.replace(member);
    return "busy";
  }

  /** How many instances may go now; makes room above the desired capacity where the maximum allows that. */
  private room(group: Group, refresh: Refresh): number {
    const { minHealthyPercentage: min, maxHealthyPercentage: max } = refresh.preferences;
    this.lift(group, Math.min(Math.floor((group.desired * (max - 100)) / 100), refresh.remaining.size));
    const room = this.healthy(group, refresh).length - Math.ceil((group.desired * min) / 100);
    if (room > 0) return room;
    // Percentages that leave no room still let one instance go at a time, as AWS does for small groups.
    return group.surplus === 0 && this.complete(group, refresh) ? 1 : 0;
  }

  /** Sets how many instances the group may have beyond its desired capacity. */
  private lift(group: Group, surplus: number): void {
    if (group.surplus === surplus) return;
    group.surplus = surplus;
    this.parts.changed(group);
  }

  private refreshWarm(group: Group, refresh: Refresh, warm: Member[]): "done" | "busy" {
    this.lift(group, 0);
    if (!this.complete(group, refresh)) return "busy";
    if (warm.length === 0) return "done";
    for (const member of warm) this.replace(member);
    return "busy";
  }

  private replace(member: Member): void {
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

/** The maintenance policy clears a percentage with -1. */
function positive(percentage: number | undefined): number | undefined {
  return percentage !== undefined && percentage >= 0 ? percentage : undefined;
}

function isProtected(member: Member): boolean {
  return member.state === "InService" && member.protected;
}

/** Replaced as far as a refresh is concerned: it does not wait for a drain to end, only for the replacement. */
function isGone(group: Group, member: Member): boolean {
  const { state } = member;
  if (!group.members.has(member.instance.id)) return true;
  return !(state === "InService" || state === "Standby" || state.startsWith("Pending") || countsAsWarm(state));
}

function drop(members: Set<Member>, condition: (member: Member) => boolean): void {
  for (const member of members) if (condition(member)) members.delete(member);
}

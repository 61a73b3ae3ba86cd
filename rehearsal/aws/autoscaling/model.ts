import type { LifecycleState, TargetState, Transition } from "../../../contract/aws/lifecycle";
import type { Timer } from "../../clock";
import type { Shape } from "../api";
import type { Instance } from "../ec2/instance";
import type { ActionResult, GroupConfig, HookConfig, LaunchTemplate, RefreshPreferences } from "./config";

/** A lifecycle hook of a group, with defaults applied. */
export type Hook = Required<Pick<HookConfig, "name" | "transition" | "heartbeatTimeout" | "defaultResult">> &
  Pick<HookConfig, "notificationMetadata" | "notificationTargetArn" | "roleArn">;

/** How an action ended; `undefined` instead means that it was dropped because the instance started another transition. */
export interface ActionOutcome {
  result: ActionResult;
  /** Principal, or "timeout". */
  by: string;
  reason: string;
}

/** One open lifecycle action: the instance waits until it is completed or times out. */
export interface Action {
  /** UUID. */
  token: string;
  hook: Hook;
  transition: Transition;
  openedAt: number;
  heartbeatTimer: Timer;
  globalTimer: Timer;
  settle(outcome: ActionOutcome | undefined): void;
}

/** An instance in a group. */
export interface Member {
  readonly instance: Instance;
  readonly group: Group;
  state: LifecycleState;
  /** State that the instance is moving to; undefined before its first transition. */
  target?: TargetState;
  /** Until this time, the instance metadata still shows `previousTarget`. */
  targetVisibleAt: number;
  previousTarget?: TargetState;
  protected: boolean;
  health: "Healthy" | "Unhealthy";
  template: LaunchTemplate;
  /** Increases with every launch in the group: the tie-breaker for "oldest". */
  sequence: number;
  action?: Action;
  /** Incremented by every new transition; functions that run for an earlier generation must stop. */
  generation: number;
  /** When the instance entered service; milliseconds since the epoch. */
  servingSince?: number;
  lifetimeTimer?: Timer;
  /** Older than the group's maximum instance lifetime. */
  expired: boolean;
}

export interface Activity {
  group: Group;
  id: string;
  description: string;
  cause: string;
  startTime: number;
  endTime?: number;
  statusCode: "PreInService" | "InProgress" | "MidLifecycleAction" | "Successful" | "Failed" | "Cancelled";
  statusMessage?: string;
  progress: number;
  details: Record<string, string>;
}

export type RefreshStatus = "Pending" | "InProgress" | "Successful" | "Failed" | "Cancelling" | "Cancelled";

export interface Refresh {
  id: string;
  status: RefreshStatus;
  statusReason?: string;
  startTime: number;
  endTime?: number;
  preferences: Required<RefreshPreferences>;
  /** As the call that started it gave it, in the API's shape. */
  desired?: Shape;
  /** Members that are still to be replaced. */
  remaining: Set<Member>;
  /** Members that the refresh has begun to replace. Each is in transition until its termination hook has ended. */
  replaced: Set<Member>;
  /** Whether a cancellation waits for the instances in transition. */
  waitsForTransitions: boolean;
  /** Members in transition at the cancellation that the refresh did not begin to replace, until their transition ends. */
  others: Set<Member>;
  total: number;
}

export interface Group {
  config: GroupConfig;
  readonly arn: string;
  readonly createdAt: number;
  desired: number;
  readonly members: Map<string, Member>;
  readonly hooks: Map<string, Hook>;
  /** Newest first. */
  readonly activities: Activity[];
  /** Newest first. */
  readonly refreshes: Refresh[];
  /** Instances above `desired`, temporarily, for replacements. */
  surplus: number;
  sequence: number;
  launchFailures: number;
  launchNotBefore: number;
  /** An instance is due for termination but protected: a change of protection triggers an evaluation. */
  waitsForUnprotected: boolean;
  status?: "Delete in progress";
  warmPoolStatus?: "PendingDelete";
  deleted: boolean;
}

export function templateOf(group: Group): LaunchTemplate {
  const { launchTemplate } = group.config;
  return typeof launchTemplate === "function" ? launchTemplate() : launchTemplate;
}

/** Whether a termination is in progress. Retained instances are not terminating. */
export function isTerminating(state: LifecycleState): boolean {
  return /Terminat/.test(state) && !isRetained(state);
}

export function isRetained(state: LifecycleState): boolean {
  return state.endsWith(":Retained");
}

/** Whether the instance belongs to the warm pool, in any state. */
export function isPooled(state: LifecycleState): boolean {
  return state.startsWith("Warmed:");
}

/** Whether the instance counts towards the desired capacity. Retained, terminating, standby and warm instances do not. */
export function countsAsCapacity(state: LifecycleState): boolean {
  return state === "InService" || state.startsWith("Pending");
}

/** Whether the instance counts towards the size of the warm pool. */
export function countsAsWarm(state: LifecycleState): boolean {
  return isPooled(state) && !isRetained(state) && !isTerminating(state);
}

/** Whether the instance is prepared and at rest in the warm pool, ready for use. */
export function isPrepared(state: LifecycleState): boolean {
  return state === "Warmed:Stopped" || state === "Warmed:Running" || state === "Warmed:Hibernated";
}

/** The refresh that has not ended, if any. */
export function currentRefresh(group: Group): Refresh | undefined {
  const latest = group.refreshes[0];
  return latest && ["Pending", "InProgress", "Cancelling"].includes(latest.status) ? latest : undefined;
}

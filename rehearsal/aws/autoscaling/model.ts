import type { LifecycleState, TargetState, Transition } from "../../../contract/aws/lifecycle";
import type { Timer } from "../../clock";
import type { Instance } from "../ec2/instance";
import type { ActionResult, GroupConfig, HookConfig, LaunchTemplate, RefreshPreferences } from "./config";

/** A lifecycle hook as it stands on a group. */
export type Hook = Required<Pick<HookConfig, "name" | "transition" | "heartbeatTimeout" | "defaultResult">> &
  Pick<HookConfig, "notificationMetadata" | "notificationTargetArn" | "roleArn">;

/** How an action ended; `undefined` in place of an outcome means that it was dropped because the instance moved on. */
export interface ActionOutcome {
  result: ActionResult;
  /** Principal, or "timeout". */
  by: string;
  reason: string;
}

/** One open lifecycle action: an instance that waits for someone's word. */
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

/** An instance as a group knows it. */
export interface Member {
  readonly instance: Instance;
  readonly group: Group;
  state: LifecycleState;
  /** Where the instance is being moved to; undefined before its first transition. */
  target?: TargetState;
  /** Until then the instance metadata still shows `previousTarget`. */
  targetVisibleAt: number;
  previousTarget?: TargetState;
  protected: boolean;
  health: "Healthy" | "Unhealthy";
  template: LaunchTemplate;
  /** Increases with every launch in the group: the tie-breaker for "oldest". */
  sequence: number;
  action?: Action;
  /** Increases whenever the instance is sent elsewhere; what runs for an earlier number must stop. */
  generation: number;
  /** When it came into service; milliseconds since the epoch. */
  servingSince?: number;
  lifetimeTimer?: Timer;
  /** Older than the group's maximum instance lifetime. */
  expired: boolean;
}

export interface Activity {
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
  /** Members that must be gone when the refresh is done. */
  remaining: Set<Member>;
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
  /** Instances beyond `desired` that a replacement needs for a while. */
  surplus: number;
  sequence: number;
  launchFailures: number;
  launchNotBefore: number;
  /** Somebody should go whom only his protection keeps: a change of protection calls for a look. */
  waitsForUnprotected: boolean;
  status?: "Delete in progress";
  warmPoolStatus?: "PendingDelete";
  deleted: boolean;
}

export function templateOf(group: Group): LaunchTemplate {
  const { launchTemplate } = group.config;
  return typeof launchTemplate === "function" ? launchTemplate() : launchTemplate;
}

/** On its way out: nothing but the end of its termination is ahead of it. Retained instances are not. */
export function isTerminating(state: LifecycleState): boolean {
  return /Terminat/.test(state) && !isRetained(state);
}

export function isRetained(state: LifecycleState): boolean {
  return state.endsWith(":Retained");
}

/** Belongs to the warm pool, whatever it is doing there. */
export function isPooled(state: LifecycleState): boolean {
  return state.startsWith("Warmed:");
}

/** Counts towards the desired capacity. Retained, terminating, standby and warm instances do not. */
export function countsAsCapacity(state: LifecycleState): boolean {
  return state === "InService" || state.startsWith("Pending");
}

/** Counts towards the size of the warm pool. */
export function countsAsWarm(state: LifecycleState): boolean {
  return isPooled(state) && !isRetained(state) && !isTerminating(state);
}

/** Prepared and at rest in the warm pool, ready to be taken. */
export function isPrepared(state: LifecycleState): boolean {
  return state === "Warmed:Stopped" || state === "Warmed:Running" || state === "Warmed:Hibernated";
}

/** The refresh that has not ended, if any. */
export function currentRefresh(group: Group): Refresh | undefined {
  const latest = group.refreshes[0];
  return latest && ["Pending", "InProgress", "Cancelling"].includes(latest.status) ? latest : undefined;
}

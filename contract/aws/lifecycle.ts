/** Auto Scaling's terms, as the API, the events and the instance metadata spell them. */

/** In which prepared instances wait in the warm pool. */
export type PreparedState = "Stopped" | "Hibernated" | "Running";

/** `target-lifecycle-state` in the instance metadata: the state that the instance is moving to, not its current state. */
export type TargetState = "InService" | "Terminated" | "Detached" | "Standby" | `Warmed:${PreparedState}` | "Warmed:Terminated";

/** `LifecycleState` of an instance, as DescribeAutoScalingInstances spells it; AWS's enumeration without the root-volume replacement. */
export type LifecycleState =
  | "Pending"
  | "Pending:Wait"
  | "Pending:Proceed"
  | "InService"
  | "Terminating"
  | "Terminating:Wait"
  | "Terminating:Proceed"
  | "Terminating:Retained"
  | "Terminated"
  | "Detaching"
  | "Detached"
  | "EnteringStandby"
  | "Standby"
  | "Warmed:Pending"
  | "Warmed:Pending:Wait"
  | "Warmed:Pending:Proceed"
  | "Warmed:Pending:Retained"
  | `Warmed:${PreparedState}`
  | "Warmed:Terminating"
  | "Warmed:Terminating:Wait"
  | "Warmed:Terminating:Proceed"
  | "Warmed:Terminating:Retained"
  | "Warmed:Terminated";

/** Whether a lifecycle action was abandoned or timed out, and the instance keeps running outside the group. */
export function isRetained(state: LifecycleState): boolean {
  return state.endsWith(":Retained");
}

/** Whether the instance is terminated, or about to be because no lifecycle action delays it any more. */
export function isEnding(state: LifecycleState): boolean {
  return /Terminat(ing:Proceed|ed)$/.test(state);
}

/** Whether the instance is prepared and at rest in the warm pool. */
export function restsInPool(state: LifecycleState): boolean {
  return state === "Warmed:Stopped" || state === "Warmed:Hibernated" || state === "Warmed:Running";
}

/** What a lifecycle hook waits for. */
export const TRANSITION = {
  launching: "autoscaling:EC2_INSTANCE_LAUNCHING",
  terminating: "autoscaling:EC2_INSTANCE_TERMINATING",
} as const;
export type Transition = (typeof TRANSITION)[keyof typeof TRANSITION];

export const DETAIL_TYPE = {
  launching: "EC2 Instance-launch Lifecycle Action",
  terminating: "EC2 Instance-terminate Lifecycle Action",
  terminated: "EC2 Instance Terminate Successful",
} as const;

export const EVENT_SOURCE = "aws.autoscaling";

/** `Origin` and `Destination` of a lifecycle event. */
export type InstanceLocation = "EC2" | "AutoScalingGroup" | "WarmPool";

/** Detail of a lifecycle-action event. Origin and Destination are absent in older samples, so never rely on them alone. */
export interface LifecycleActionDetail {
  LifecycleActionToken: string;
  AutoScalingGroupName: string;
  LifecycleHookName: string;
  EC2InstanceId: string;
  LifecycleTransition: string;
  NotificationMetadata?: string;
  Origin?: InstanceLocation;
  Destination?: InstanceLocation;
}

/**
 * Start of the error message for an action that is already completed, has expired or never existed (ValidationError,
 * HTTP 400). A second completion always receives it, so it means that the action is completed.
 */
export const NO_ACTIVE_ACTION = "No active Lifecycle Action found";

/** A lifecycle action stays open for at most min(48 h, 100 x HeartbeatTimeout), regardless of heartbeats. */
const GLOBAL_TIMEOUT_CAP_SECONDS = 48 * 3600;
export const GLOBAL_TIMEOUT_FACTOR = 100;
export const HEARTBEAT_TIMEOUT_MIN_SECONDS = 30;
export const HEARTBEAT_TIMEOUT_MAX_SECONDS = 7200;

export function globalTimeoutSeconds(heartbeatTimeoutSeconds: number): number {
  return Math.min(GLOBAL_TIMEOUT_CAP_SECONDS, GLOBAL_TIMEOUT_FACTOR * heartbeatTimeoutSeconds);
}

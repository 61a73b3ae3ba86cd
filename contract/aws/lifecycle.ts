/** Auto Scaling's own words, as the API, the events and the instance metadata spell them. */

/** `target-lifecycle-state` in the instance metadata: where the instance is being moved to, never where it is. */
export type TargetState =
  | "InService"
  | "Terminated"
  | "Detached"
  | "Standby"
  | "Warmed:Hibernated"
  | "Warmed:Running"
  | "Warmed:Stopped"
  | "Warmed:Terminated";

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
  | "Warmed:Stopped"
  | "Warmed:Running"
  | "Warmed:Hibernated"
  | "Warmed:Terminating"
  | "Warmed:Terminating:Wait"
  | "Warmed:Terminating:Proceed"
  | "Warmed:Terminating:Retained"
  | "Warmed:Terminated";

/** A lifecycle action was abandoned, or went unanswered: the instance runs on, beside the group. */
export function isRetained(state: LifecycleState): boolean {
  return state.endsWith(":Retained");
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

/** Detail of a lifecycle-action event; Origin and Destination are absent in old samples, so never rely on them alone. */
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
 * Start of the error text for an action that is already completed, expired or never was (ValidationError, HTTP 400).
 * A second completion always meets it, so it means: done.
 */
export const NO_ACTIVE_ACTION = "No active Lifecycle Action found";

/** A lifecycle action lives at most min(48 h, 100 x HeartbeatTimeout), whatever heartbeats arrive. */
const GLOBAL_TIMEOUT_CAP_SECONDS = 48 * 3600;
export const GLOBAL_TIMEOUT_FACTOR = 100;
export const HEARTBEAT_TIMEOUT_MIN_SECONDS = 30;
export const HEARTBEAT_TIMEOUT_MAX_SECONDS = 7200;

export function globalTimeoutSeconds(heartbeatTimeoutSeconds: number): number {
  return Math.min(GLOBAL_TIMEOUT_CAP_SECONDS, GLOBAL_TIMEOUT_FACTOR * heartbeatTimeoutSeconds);
}

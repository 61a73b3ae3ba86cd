import type { AttachedVolume } from "../host-driver";
import type { Transition } from "../../../contract/aws/lifecycle";
import type { InstanceProfile, MetadataOptions } from "../ec2/instance";

export type ActionResult = "CONTINUE" | "ABANDON";

/** A lifecycle hook. */
export interface HookConfig {
  name: string;
  transition: Transition;
  /** Seconds, 30..7200, default 3600. */
  heartbeatTimeout?: number;
  /** Default ABANDON. */
  defaultResult?: ActionResult;
  notificationMetadata?: string;
  notificationTargetArn?: string;
  roleArn?: string;
}

/** One resolved version of a launch template. */
export interface LaunchTemplate {
  id: string;
  name: string;
  version: string;
  /** Decoded. */
  userData: string;
  instanceType: string;
  imageId?: string;
  profile?: InstanceProfile;
  /** Instance tags, from the template's tag specifications. */
  instanceTags?: Record<string, string>;
  metadata?: MetadataOptions;
  hibernation?: boolean;
  /** Besides the root volume. */
  volumes?: readonly AttachedVolume[];
  /** Why EC2 refuses to launch from it: for the caller who gives it to a group, and at each launch. */
  refusal?: string;
  /** The state reason with which EC2 ends each instance right after it accepted the launch. */
  launchFailure?: string;
}

export interface MixedInstances {
  /** Instance types in order of preference; empty means the template's own. */
  instanceTypes: string[];
  /** Default 0. */
  onDemandBaseCapacity?: number;
  /** 0..100, default 100. */
  onDemandPercentageAboveBaseCapacity?: number;
}

export interface WarmPoolConfig {
  /** Default Stopped. */
  poolState?: "Stopped" | "Running" | "Hibernated";
  /** Default 0. */
  minSize?: number;
  /** Default, and -1: the group's max size. */
  maxGroupPreparedCapacity?: number;
  reuseOnScaleIn?: boolean;
}

export interface RefreshPreferences {
  /** Default 90. */
  minHealthyPercentage?: number;
  /** Default 100. */
  maxHealthyPercentage?: number;
  /** Seconds to wait after a new instance is in service. Default 0. */
  instanceWarmup?: number;
  skipMatching?: boolean;
  /** Default Wait: one hour, then the refresh fails. */
  scaleInProtectedInstances?: "Refresh" | "Ignore" | "Wait";
  /** Default Wait: one hour, then the refresh fails. */
  standbyInstances?: "Terminate" | "Ignore" | "Wait";
}

export type SuspendableProcess = "Launch" | "Terminate" | "ReplaceUnhealthy" | "AZRebalance" | "InstanceRefresh";

/** All settings of a group in the API. */
export interface GroupConfig {
  name: string;
  minSize: number;
  maxSize: number;
  /** Default: minSize. */
  desiredCapacity?: number;
  /** A function is evaluated at each launch, for templates with version `$Latest` or `$Default`. */
  launchTemplate: LaunchTemplate | (() => LaunchTemplate);
  mixedInstances?: MixedInstances;
  /** At least one. */
  subnets: { id: string; availabilityZone: string }[];
  warmPool?: WarmPoolConfig;
  /** Honoured only at creation; PutLifecycleHook makes later changes. */
  initialLifecycleHooks?: HookConfig[];
  newInstancesProtectedFromScaleIn?: boolean;
  /** Seconds: 0 (none, the default) or at least 86 400. */
  maxInstanceLifetime?: number;
  instanceLifecyclePolicy?: { terminateHookAbandon?: "retain" | "terminate" };
  /** Default none. */
  deletionProtection?: "none" | "prevent-force-deletion" | "prevent-all-deletion";
  tags?: { key: string; value: string; propagateAtLaunch: boolean }[];
  suspendedProcesses?: SuspendableProcess[];
  /** Only OldestLaunchTemplate, OldestInstance, NewestInstance and Default are supported. */
  terminationPolicies?: string[];
  capacityRebalance?: boolean;
  /** The requested version, such as `$Latest`, which the API returns in place of the resolved number. */
  launchTemplateVersion?: string;
  /** Default healthy percentages of an instance refresh; -1 means unset. */
  instanceMaintenance?: { minHealthyPercentage?: number; maxHealthyPercentage?: number };
  // Stored and returned, but without effect here:
  healthCheckGracePeriod?: number;
  healthCheckType?: string;
  defaultCooldown?: number;
  defaultInstanceWarmup?: number;
  enabledMetrics?: string[];
}

/** AWS's delays in milliseconds; the defaults are shorter than AWS's, to keep rehearsals fast. */
export interface Delays {
  /** From a change of capacity or protection to Auto Scaling's reaction. Default 200. */
  reaction: number;
  /** From `Pending` to the machine's power-on and `Pending:Wait`. Default 500. */
  launch: number;
  /** From the loss of an instance to the health check that detects it. Default 30 000. */
  healthCheck: number;
  /** From a change of the target state until the instance metadata shows it. Default 0. */
  targetState: number;
  /** Back-off after the first failed launch in a row; doubles up to 15 minutes. Default 10 000. */
  launchBackoff: number;
}

export const DEFAULT_DELAYS: Delays = {
  reaction: 200,
  launch: 500,
  healthCheck: 30_000,
  targetState: 0,
  launchBackoff: 10_000,
};

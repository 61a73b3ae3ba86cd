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

/** One version of a launch template, resolved to what an instance needs. */
export interface LaunchTemplate {
  id: string;
  name: string;
  version: string;
  /** Decoded. */
  userData: string;
  instanceType: string;
  imageId?: string;
  profile?: InstanceProfile;
  /** Tags of the instances, from the template's tag specifications. */
  instanceTags?: Record<string, string>;
  metadata?: MetadataOptions;
  hibernation?: boolean;
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
  /** Seconds that a new instance is waited for after it is in service. Default 0. */
  instanceWarmup?: number;
  skipMatching?: boolean;
  /** Default Wait: one hour, then the refresh fails. */
  scaleInProtectedInstances?: "Refresh" | "Ignore" | "Wait";
  /** Default Wait: one hour, then the refresh fails. */
  standbyInstances?: "Terminate" | "Ignore" | "Wait";
}

export type SuspendableProcess = "Launch" | "Terminate" | "ReplaceUnhealthy" | "AZRebalance";

/** Everything that the API lets one say about a group. */
export interface GroupConfig {
  name: string;
  minSize: number;
  maxSize: number;
  /** Default: minSize. */
  desiredCapacity?: number;
  /** A function is asked at each launch, for templates that are named by `$Latest` or `$Default`. */
  launchTemplate: LaunchTemplate | (() => LaunchTemplate);
  mixedInstances?: MixedInstances;
  /** At least one. */
  subnets: { id: string; availabilityZone: string }[];
  warmPool?: WarmPoolConfig;
  /** Honoured at creation only; later changes come through PutLifecycleHook. */
  initialLifecycleHooks?: HookConfig[];
  newInstancesProtectedFromScaleIn?: boolean;
  /** Seconds: 0 (none, the default) or at least 86 400. */
  maxInstanceLifetime?: number;
  instanceLifecyclePolicy?: { terminateHookAbandon?: "retain" | "terminate" };
  tags?: { key: string; value: string; propagateAtLaunch: boolean }[];
  suspendedProcesses?: SuspendableProcess[];
  /** Only OldestLaunchTemplate, OldestInstance, NewestInstance and Default are known. */
  terminationPolicies?: string[];
  capacityRebalance?: boolean;
  /** The version as it was asked for, such as `$Latest`; shown by the API in place of the resolved number. */
  launchTemplateVersion?: string;
  /** Healthy percentages of an instance refresh that names none itself; -1 stands for unset. */
  instanceMaintenance?: { minHealthyPercentage?: number; maxHealthyPercentage?: number };
  // Kept and shown, without an effect here:
  healthCheckGracePeriod?: number;
  healthCheckType?: string;
  defaultCooldown?: number;
  defaultInstanceWarmup?: number;
  enabledMetrics?: string[];
}

/** Milliseconds that things take at AWS; the defaults are short, since a rehearsal has no time to lose. */
export interface Delays {
  /** From a change of capacity or protection to Auto Scaling's reaction. Default 200. */
  reaction: number;
  /** From `Pending` to the machine's power-on and `Pending:Wait`. Default 500. */
  launch: number;
  /** From the loss of an instance to the health check that notices. Default 30 000. */
  healthCheck: number;
  /** From a change of the target state to its being readable in the instance metadata. Default 0. */
  targetState: number;
  /** After the first failed launch in a row; doubles up to 15 minutes. Default 10 000. */
  launchBackoff: number;
}

export const DEFAULT_DELAYS: Delays = {
  reaction: 200,
  launch: 500,
  healthCheck: 30_000,
  targetState: 0,
  launchBackoff: 10_000,
};

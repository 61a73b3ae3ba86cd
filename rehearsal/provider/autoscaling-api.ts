import type { AwsApi, Shape } from "../aws/api";

/**
 * The part of EC2 Auto Scaling that the provider calls, as the real one does. Parameters and results have the shapes of
 * the AWS SDK; errors are `AwsError`s with AWS's codes. The operations in use:
 *
 * - CreateAutoScalingGroup, UpdateAutoScalingGroup, DescribeAutoScalingGroups, DeleteAutoScalingGroup
 * - PutLifecycleHook, DescribeLifecycleHooks, DeleteLifecycleHook
 * - PutWarmPool, DescribeWarmPool, DeleteWarmPool
 * - StartInstanceRefresh, CancelInstanceRefresh, DescribeInstanceRefreshes, DescribeScalingActivities, SetInstanceProtection
 * - CreateOrUpdateTags, DeleteTags, SuspendProcesses, ResumeProcesses
 * - EnableMetricsCollection, DisableMetricsCollection
 */
export interface AutoScalingApi {
  call(operation: AutoScalingOperation, params: Shape): Promise<Shape>;
}

export type AutoScalingOperation =
  | "CreateAutoScalingGroup"
  | "UpdateAutoScalingGroup"
  | "DescribeAutoScalingGroups"
  | "DeleteAutoScalingGroup"
  | "PutLifecycleHook"
  | "DescribeLifecycleHooks"
  | "DeleteLifecycleHook"
  | "PutWarmPool"
  | "DescribeWarmPool"
  | "DeleteWarmPool"
  | "StartInstanceRefresh"
  | "CancelInstanceRefresh"
  | "DescribeInstanceRefreshes"
  | "DescribeScalingActivities"
  | "SetInstanceProtection"
  | "CreateOrUpdateTags"
  | "DeleteTags"
  | "SuspendProcesses"
  | "ResumeProcesses"
  | "EnableMetricsCollection"
  | "DisableMetricsCollection";

/** The provider's calls go through the same entry point as all others, with the operator's identity. */
export function autoScalingOver(aws: AwsApi): AutoScalingApi {
  return { call: (operation, params) => aws.call({ kind: "operator" }, `autoscaling:${operation}`, params) };
}

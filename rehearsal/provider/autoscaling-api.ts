import type { AwsApi, Shape } from "../aws/api";

/**
 * The part of EC2 Auto Scaling that the provider itself calls, as the real one does. Parameters and results are in the
 * shape of the AWS SDK, errors are `AwsError`s with AWS's codes. The operations in use:
 *
 * - CreateAutoScalingGroup, UpdateAutoScalingGroup, DescribeAutoScalingGroups, DeleteAutoScalingGroup
 * - PutLifecycleHook, DescribeLifecycleHooks, DeleteLifecycleHook
 * - PutWarmPool, DescribeWarmPool, DeleteWarmPool
 * - StartInstanceRefresh, CancelInstanceRefresh, SetInstanceProtection
 * - CreateOrUpdateTags, DeleteTags, SuspendProcesses, ResumeProcesses, EnableMetricsCollection
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
  | "SetInstanceProtection"
  | "CreateOrUpdateTags"
  | "DeleteTags"
  | "SuspendProcesses"
  | "ResumeProcesses"
  | "EnableMetricsCollection"
  | "DisableMetricsCollection";

/** What the provider calls goes through the same entry point as everyone's calls, in the operator's name. */
export function autoScalingOver(aws: AwsApi): AutoScalingApi {
  return { call: (operation, params) => aws.call({ kind: "operator" }, `autoscaling:${operation}`, params) };
}

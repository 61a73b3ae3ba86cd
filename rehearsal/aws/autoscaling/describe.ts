import type { Shape } from "../api";
import { type Activity, type Group, type Hook, isPooled, type Member, type Refresh, templateOf } from "./model";
import { globalTimeoutSeconds } from "../../../contract/aws/lifecycle";

/** Converts the model to the API's shapes. Times are `Date`s and absent values `undefined`, as the SDK returns them. */

export function describeInstance(member: Member): Shape {
  return {
    InstanceId: member.instance.id,
    InstanceType: member.instance.instanceType,
    AvailabilityZone: member.instance.availabilityZone,
    LifecycleState: member.state,
    HealthStatus: member.health,
    ProtectedFromScaleIn: member.protected,
    LaunchTemplate: describeTemplate(member),
  };
}

/** DescribeAutoScalingInstances returns the health status in capitals, DescribeAutoScalingGroups does not. */
export function describeAutoScalingInstance(member: Member): Shape {
  return {
    ...describeInstance(member),
    AutoScalingGroupName: member.group.config.name,
    HealthStatus: member.health.toUpperCase(),
  };
}

export function describeGroup(group: Group): Shape {
  const { config } = group;
  const members = [...group.members.values()];
  return {
    AutoScalingGroupName: config.name,
    AutoScalingGroupARN: group.arn,
    LaunchTemplate: config.mixedInstances ? undefined : describeGroupTemplate(group),
    MixedInstancesPolicy: config.mixedInstances ? describeMixed(group) : undefined,
    MinSize: config.minSize,
    MaxSize: config.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: config.defaultCooldown ?? 300,
    AvailabilityZones: [...new Set(config.subnets.map(({ availabilityZone }) => availabilityZone))],
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    HealthCheckType: config.healthCheckType ?? "EC2",
    DefaultInstanceWarmup: config.defaultInstanceWarmup,
    HealthCheckGracePeriod: config.healthCheckGracePeriod ?? 0,
    Instances: members.filter(({ state }) => !isPooled(state)).map(describeInstance),
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: (config.suspendedProcesses ?? []).map((ProcessName) => ({
      ProcessName,
      SuspensionReason: "User suspended",
    })),
    VPCZoneIdentifier: config.subnets.map(({ id }) => id).join(","),
    EnabledMetrics: (config.enabledMetrics ?? []).map((Metric) => ({ Metric, Granularity: "1Minute" })),
    Status: group.status,
    Tags: (config.tags ?? []).map(({ key, value, propagateAtLaunch }) => ({
      ResourceId: config.name,
      ResourceType: "auto-scaling-group",
      Key: key,
      Value: value,
      PropagateAtLaunch: propagateAtLaunch,
    })),
    TerminationPolicies: config.terminationPolicies ?? ["Default"],
    NewInstancesProtectedFromScaleIn: config.newInstancesProtectedFromScaleIn ?? false,
    MaxInstanceLifetime: config.maxInstanceLifetime || undefined,
    CapacityRebalance: config.capacityRebalance,
    WarmPoolConfiguration: describeWarmPoolConfiguration(group),
    WarmPoolSize: members.filter(({ state }) => isPooled(state)).length,
    InstanceMaintenancePolicy: config.instanceMaintenance && {
      MinHealthyPercentage: config.instanceMaintenance.minHealthyPercentage,
      MaxHealthyPercentage: config.instanceMaintenance.maxHealthyPercentage,
    },
    DeletionProtection: config.deletionProtection ?? "none",
    InstanceLifecyclePolicy: config.instanceLifecyclePolicy && {
      RetentionTriggers: { TerminateHookAbandon: config.instanceLifecyclePolicy.terminateHookAbandon ?? "terminate" },
    },
  };
}

export function describeWarmPoolConfiguration(group: Group): Shape | undefined {
  const pool = group.config.warmPool;
  return (
    pool && {
      MaxGroupPreparedCapacity: pool.maxGroupPreparedCapacity === -1 ? undefined : pool.maxGroupPreparedCapacity,
      MinSize: pool.minSize ?? 0,
      PoolState: pool.poolState ?? "Stopped",
      Status: group.warmPoolStatus,
      InstanceReusePolicy: pool.reuseOnScaleIn === undefined ? undefined : { ReuseOnScaleIn: pool.reuseOnScaleIn },
    }
  );
}

export function describeHook(group: Group, hook: Hook): Shape {
  return {
    LifecycleHookName: hook.name,
    AutoScalingGroupName: group.config.name,
    LifecycleTransition: hook.transition,
    NotificationTargetARN: hook.notificationTargetArn,
    RoleARN: hook.roleArn,
    NotificationMetadata: hook.notificationMetadata,
    HeartbeatTimeout: hook.heartbeatTimeout,
    GlobalTimeout: globalTimeoutSeconds(hook.heartbeatTimeout),
    DefaultResult: hook.defaultResult,
  };
}

export function describeActivity(activity: Activity): Shape {
  const { group } = activity;
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: group.config.name,
    AutoScalingGroupARN: group.arn,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startTime),
    EndTime: activity.endTime === undefined ? undefined : new Date(activity.endTime),
    StatusCode: activity.statusCode,
    StatusMessage: activity.statusMessage,
    Progress: activity.progress,
    Details: JSON.stringify(activity.details),
    AutoScalingGroupState: group.deleted ? "Deleted" : undefined,
  };
}

export function describeRefresh(group: Group, refresh: Refresh): Shape {
  const left = refresh.remaining.size;
  const { preferences } = refresh;
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: group.config.name,
    Status: refresh.status,
    StatusReason: refresh.statusReason,
    StartTime: new Date(refresh.startTime),
    EndTime: refresh.endTime === undefined ? undefined : new Date(refresh.endTime),
    PercentageComplete: refresh.total === 0 ? 100 : Math.floor(((refresh.total - left) * 100) / refresh.total),
    InstancesToUpdate: left,
    Strategy: "Rolling",
    DesiredConfiguration: refresh.desired,
    Preferences: {
      MinHealthyPercentage: preferences.minHealthyPercentage,
      MaxHealthyPercentage: preferences.maxHealthyPercentage,
      InstanceWarmup: preferences.instanceWarmup,
      SkipMatching: preferences.skipMatching,
      ScaleInProtectedInstances: preferences.scaleInProtectedInstances,
      StandbyInstances: preferences.standbyInstances,
    },
  };
}

function describeTemplate(member: Member): Shape {
  const { id, name, version } = member.template;
  return { LaunchTemplateId: id, LaunchTemplateName: name, Version: version };
}

function describeGroupTemplate(group: Group): Shape {
  const { id, name, version } = templateOf(group);
  return { LaunchTemplateId: id, LaunchTemplateName: name, Version: group.config.launchTemplateVersion ?? version };
}

function describeMixed(group: Group): Shape {
  const { mixedInstances } = group.config;
  return {
    LaunchTemplate: {
      LaunchTemplateSpecification: describeGroupTemplate(group),
      Overrides: mixedInstances!.instanceTypes.map((InstanceType) => ({ InstanceType })),
    },
    InstancesDistribution: {
      OnDemandBaseCapacity: mixedInstances!.onDemandBaseCapacity ?? 0,
      OnDemandPercentageAboveBaseCapacity: mixedInstances!.onDemandPercentageAboveBaseCapacity ?? 100,
    },
  };
}

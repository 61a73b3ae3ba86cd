import type { Transition } from "../../../contract/aws/lifecycle";
import { AwsError, type Shape } from "../api";
import type { GroupConfig, HookConfig, MixedInstances, SuspendableProcess, WarmPoolConfig } from "./config";
import type { Resolver, TemplateReference } from "./deployed";
import * as errors from "./errors";
import type { Groups } from "./groups";
import { type Group, isPooled, isRetained, type Member } from "./model";
import { optionalFlag, optionalText, optionalWhole, text, texts, whole } from "./params";
import { putTags, removeTags, tagsFrom } from "./tags";

export interface ControlPlaneParts {
  groups: Groups;
  resolver: Resolver;
  create(config: GroupConfig): void;
  update(group: Group, changes: Partial<Omit<GroupConfig, "name">>): void;
  changed(group: Group): void;
  /** Terminates all instances without hooks and removes the group after the last one. */
  forceDelete(group: Group): void;
  remove(group: Group): void;
  terminate(member: Member, cause: string, skipHooks: boolean): void;
}

type Operation = (parts: ControlPlaneParts, params: Shape) => Shape;

/** The operations by which a provider creates, updates and deletes groups and warm pools. */
export const CONTROL_PLANE_OPERATIONS: Record<string, Operation> = {
  CreateAutoScalingGroup(parts, params) {
    const settings = settingsFrom(params, parts.resolver);
    if (!settings.launchTemplate)
      throw errors.validation(
        "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
      );
    parts.create({
      ...settings,
      launchTemplate: settings.launchTemplate,
      subnets: settings.subnets ?? [],
      name: text(params, "AutoScalingGroupName"),
      minSize: whole(params, "MinSize"),
      maxSize: whole(params, "MaxSize"),
      initialLifecycleHooks: ((params.LifecycleHookSpecificationList as Shape[] | undefined) ?? []).map(hookFrom),
    });
    return {};
  },

  UpdateAutoScalingGroup({ groups, resolver, update }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    if (group.status) throw new AwsError("ScalingActivityInProgress", "The group is being deleted.");
    update(group, settingsFrom(params, resolver));
    return {};
  },

  DeleteAutoScalingGroup({ groups, forceDelete, remove }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const force = optionalFlag(params, "ForceDelete") ?? false;
    const { deletionProtection = "none", instanceLifecyclePolicy } = group.config;
    if (deletionProtection === "prevent-all-deletion" || (force && deletionProtection === "prevent-force-deletion")) {
      throw errors.deletionProtected(deletionProtection);
    }
    if (force && instanceLifecyclePolicy?.terminateHookAbandon === "retain") throw errors.retentionForbidsForce();
    if (group.members.size === 0) remove(group);
    else if (force) forceDelete(group);
    else throw group.activities.some(({ endTime }) => endTime === undefined) ? errors.activityInProgress() : errors.groupInUse();
    return {};
  },

  PutWarmPool({ groups, changed }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const known = group.config.warmPool;
    const reuse = params.InstanceReusePolicy as Shape | undefined;
    const warmPool: WarmPoolConfig = {
      poolState: (optionalText(params, "PoolState") as WarmPoolConfig["poolState"]) ?? known?.poolState ?? "Stopped",
      minSize: optionalWhole(params, "MinSize") ?? known?.minSize ?? 0,
      maxGroupPreparedCapacity: optionalWhole(params, "MaxGroupPreparedCapacity") ?? known?.maxGroupPreparedCapacity ?? -1,
      reuseOnScaleIn: reuse ? optionalFlag(reuse, "ReuseOnScaleIn") : known?.reuseOnScaleIn,
    };
    groups.update(group, { warmPool });
    changed(group);
    return {};
  },

  /** Without force, the pool's instances pass the termination hooks; with force, open lifecycle actions are dropped. */
  DeleteWarmPool({ groups, terminate, changed }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    if (!group.config.warmPool) throw errors.validation(`No warm pool found for AutoScalingGroup ${group.config.name}`);
    const pooled = [...group.members.values()].filter(({ state }) => isPooled(state));
    const force = optionalFlag(params, "ForceDelete") ?? false;
    if (pooled.length === 0) groups.update(group, { warmPool: undefined });
    else group.warmPoolStatus = "PendingDelete";
    for (const member of pooled) {
      if (force || !isRetained(member.state)) terminate(member, "its warm pool is being deleted.", force);
    }
    changed(group);
    return {};
  },

  CreateOrUpdateTags: ({ groups }, params) => putTags(groups, params),

  DeleteTags: ({ groups }, params) => removeTags(groups, params),

  SuspendProcesses({ groups, changed }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const suspended = new Set([...(group.config.suspendedProcesses ?? []), ...processes(params)]);
    group.config = { ...group.config, suspendedProcesses: [...suspended] };
    changed(group);
    return {};
  },

  ResumeProcesses({ groups, changed }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const resumed = processes(params);
    const suspended = (group.config.suspendedProcesses ?? []).filter((process) => resumed.length > 0 && !resumed.includes(process));
    group.config = { ...group.config, suspendedProcesses: suspended };
    changed(group);
    return {};
  },

  EnableMetricsCollection({ groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const metrics = new Set([...(group.config.enabledMetrics ?? []), ...texts(params, "Metrics")]);
    group.config = { ...group.config, enabledMetrics: [...metrics] };
    return {};
  },

  DisableMetricsCollection({ groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const disabled = texts(params, "Metrics");
    const metrics = (group.config.enabledMetrics ?? []).filter((metric) => disabled.length > 0 && !disabled.includes(metric));
    group.config = { ...group.config, enabledMetrics: metrics };
    return {};
  },
};

/** The settings in the parameters; omits those that the parameters omit. */
function settingsFrom(params: Shape, resolver: Resolver): Partial<Omit<GroupConfig, "name">> {
  const mixed = params.MixedInstancesPolicy as Shape | undefined;
  const specification = mixed && ((mixed.LaunchTemplate as Shape).LaunchTemplateSpecification as Shape);
  const reference = referenceFrom((specification ?? params.LaunchTemplate) as Shape | undefined);
  // Rejects a template that is missing or that EC2 refuses now rather than at the first launch.
  const refusal = reference && resolver.template(reference).refusal;
  if (refusal !== undefined) throw errors.validation(`You must use a valid fully-formed launch template. ${refusal}`);
  const zones = optionalText(params, "VPCZoneIdentifier")?.split(",");
  const triggers = (params.InstanceLifecyclePolicy as Shape | undefined)?.RetentionTriggers as Shape | undefined;
  const maintenance = params.InstanceMaintenancePolicy as Shape | undefined;
  // A group has either a template or a mixed instances policy: a new one replaces the other.
  const replaced = params.LaunchTemplate && !mixed ? { mixedInstances: undefined } : {};
  const named = defined({
    minSize: optionalWhole(params, "MinSize"),
    maxSize: optionalWhole(params, "MaxSize"),
    desiredCapacity: optionalWhole(params, "DesiredCapacity"),
    launchTemplate: reference && (() => resolver.template(reference)),
    launchTemplateVersion: reference?.version,
    mixedInstances: mixed && mixedFrom(mixed),
    subnets: zones?.map((id) => ({ id, availabilityZone: resolver.zoneOf(id) })),
    newInstancesProtectedFromScaleIn: optionalFlag(params, "NewInstancesProtectedFromScaleIn"),
    maxInstanceLifetime: optionalWhole(params, "MaxInstanceLifetime"),
    instanceLifecyclePolicy: triggers && {
      terminateHookAbandon: optionalText(triggers, "TerminateHookAbandon") as "retain" | "terminate" | undefined,
    },
    deletionProtection: deletionProtection(optionalText(params, "DeletionProtection")),
    instanceMaintenance: maintenance && {
      minHealthyPercentage: optionalWhole(maintenance, "MinHealthyPercentage"),
      maxHealthyPercentage: optionalWhole(maintenance, "MaxHealthyPercentage"),
    },
    tags: params.Tags && tagsFrom(params),
    terminationPolicies: params.TerminationPolicies && texts(params, "TerminationPolicies"),
    capacityRebalance: optionalFlag(params, "CapacityRebalance"),
    healthCheckGracePeriod: optionalWhole(params, "HealthCheckGracePeriod"),
    defaultCooldown: optionalWhole(params, "DefaultCooldown"),
    healthCheckType: optionalText(params, "HealthCheckType"),
    defaultInstanceWarmup: optionalWhole(params, "DefaultInstanceWarmup"),
  });
  return { ...named, ...replaced } as Partial<Omit<GroupConfig, "name">>;
}

function deletionProtection(value: string | undefined): GroupConfig["deletionProtection"] {
  if (value === undefined || value === "none" || value === "prevent-force-deletion" || value === "prevent-all-deletion") return value;
  throw errors.validation(`DeletionProtection ${value} is not valid. Use none, prevent-force-deletion or prevent-all-deletion.`);
}

function referenceFrom(given: Shape | undefined): TemplateReference | undefined {
  return (
    given && {
      id: optionalText(given, "LaunchTemplateId"),
      name: optionalText(given, "LaunchTemplateName"),
      version: given.Version === undefined ? undefined : String(given.Version),
    }
  );
}

function mixedFrom(mixed: Shape): MixedInstances {
  const distribution = (mixed.InstancesDistribution as Shape | undefined) ?? {};
  const overrides = ((mixed.LaunchTemplate as Shape).Overrides as Shape[] | undefined) ?? [];
  return {
    instanceTypes: overrides.flatMap((override) => optionalText(override, "InstanceType") ?? []),
    onDemandBaseCapacity: optionalWhole(distribution, "OnDemandBaseCapacity"),
    onDemandPercentageAboveBaseCapacity: optionalWhole(distribution, "OnDemandPercentageAboveBaseCapacity"),
  };
}

function hookFrom(given: Shape): HookConfig {
  return {
    name: text(given, "LifecycleHookName"),
    transition: text(given, "LifecycleTransition") as Transition,
    heartbeatTimeout: optionalWhole(given, "HeartbeatTimeout"),
    defaultResult: optionalText(given, "DefaultResult") as HookConfig["defaultResult"],
    notificationMetadata: optionalText(given, "NotificationMetadata"),
    notificationTargetArn: optionalText(given, "NotificationTargetARN"),
    roleArn: optionalText(given, "RoleARN"),
  };
}

/** An empty list means all processes. */
function processes(params: Shape): SuspendableProcess[] {
  return texts(params, "ScalingProcesses") as SuspendableProcess[];
}

function defined(value: Shape): Shape {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}

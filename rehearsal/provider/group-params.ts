import type { Shape } from "../aws/api";
import { same, type Json, type Properties } from "./values";

/** Translation between the properties of a group in `@pulumi/aws` and in the Auto Scaling API. */

/** Properties whose names differ only in the case of the first letter. */
const PLAIN = [
  "capacityRebalance",
  "context",
  "defaultCooldown",
  "defaultInstanceWarmup",
  "desiredCapacityType",
  "healthCheckGracePeriod",
  "healthCheckType",
  "maxInstanceLifetime",
  "placementGroup",
  "terminationPolicies",
  "availabilityZones",
  "instanceMaintenancePolicy",
  "instanceLifecyclePolicy",
  "availabilityZoneDistribution",
];

function launchTemplateParams(given: Json): Shape {
  return defined({
    LaunchTemplateId: given.id ?? given.launchTemplateId,
    LaunchTemplateName: given.name ?? given.launchTemplateName,
    Version: given.version,
  });
}

/** `minHealthyPercentage` to `MinHealthyPercentage`, recursively. */
function pascal(value: Json): Json {
  if (Array.isArray(value)) return value.map(pascal);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key[0]!.toUpperCase() + key.slice(1), pascal(child)]));
}

function mixedInstancesParams(policy: Json): Shape {
  const { launchTemplateSpecification, overrides } = policy.launchTemplate;
  return defined({
    InstancesDistribution: policy.instancesDistribution && pascal(policy.instancesDistribution),
    LaunchTemplate: defined({
      LaunchTemplateSpecification: launchTemplateParams(launchTemplateSpecification),
      Overrides: overrides?.map((override: Json) => ({
        ...pascal({ ...override, launchTemplateSpecification: undefined }),
        ...(override.launchTemplateSpecification && {
          LaunchTemplateSpecification: launchTemplateParams(override.launchTemplateSpecification),
        }),
      })),
    }),
  });
}

/** All parameters of a group except its sizes, which the provider sends in a separate step. */
export function groupParams(inputs: Properties): Shape {
  const params: Shape = {
    AutoScalingGroupName: inputs.name,
    NewInstancesProtectedFromScaleIn: inputs.protectFromScaleIn ?? false,
    ServiceLinkedRoleARN: inputs.serviceLinkedRoleArn,
    LaunchTemplate: inputs.launchTemplate && launchTemplateParams(inputs.launchTemplate),
    MixedInstancesPolicy: inputs.mixedInstancesPolicy && mixedInstancesParams(inputs.mixedInstancesPolicy),
    VPCZoneIdentifier: inputs.vpcZoneIdentifiers?.join(","),
  };
  for (const name of PLAIN) {
    if (inputs[name] !== undefined) params[name[0]!.toUpperCase() + name.slice(1)] = pascal(inputs[name]);
  }
  return defined(params);
}

export function tagParams(group: string, tags: Json[] = []): Shape[] {
  return tags.map((tag) => ({
    Key: tag.key,
    Value: tag.value,
    PropagateAtLaunch: tag.propagateAtLaunch,
    ResourceId: group,
    ResourceType: "auto-scaling-group",
  }));
}

export function hookParams(group: string, hook: Json): Shape {
  return defined({
    AutoScalingGroupName: group,
    LifecycleHookName: hook.name,
    LifecycleTransition: hook.lifecycleTransition,
    DefaultResult: hook.defaultResult,
    HeartbeatTimeout: hook.heartbeatTimeout,
    NotificationMetadata: hook.notificationMetadata,
    NotificationTargetARN: hook.notificationTargetArn,
    RoleARN: hook.roleArn,
  });
}

/** -1 means that the warm pool has no limit of its own: the group's maximum size applies. */
export function warmPoolParams(group: string, pool: Json): Shape {
  return defined({
    AutoScalingGroupName: group,
    MaxGroupPreparedCapacity: pool.maxGroupPreparedCapacity ?? -1,
    MinSize: pool.minSize ?? 0,
    PoolState: pool.poolState ?? "Stopped",
    InstanceReusePolicy: pool.instanceReusePolicy && pascal(pool.instanceReusePolicy),
  });
}

/** With a desired configuration only if the refresh may roll back, for which AWS needs one. */
export function refreshParams(inputs: Properties): Shape {
  const { strategy, preferences } = inputs.instanceRefresh;
  const numbers = (value: Json) => (value === undefined ? undefined : Number(value));
  const desired = groupParams(inputs);
  return defined({
    AutoScalingGroupName: inputs.name,
    Strategy: strategy,
    Preferences:
      preferences &&
      defined({
        ...pascal(preferences),
        InstanceWarmup: numbers(preferences.instanceWarmup),
        CheckpointDelay: numbers(preferences.checkpointDelay),
      }),
    DesiredConfiguration:
      preferences?.autoRollback === true
        ? defined({ LaunchTemplate: desired.LaunchTemplate, MixedInstancesPolicy: desired.MixedInstancesPolicy })
        : undefined,
  });
}

/** The properties of a group in the API that the program knows too. */
export function groupState(group: Shape): Properties {
  const state: Properties = defined({
    arn: group.AutoScalingGroupARN,
    minSize: group.MinSize,
    maxSize: group.MaxSize,
    desiredCapacity: group.DesiredCapacity,
    capacityRebalance: group.CapacityRebalance,
    defaultCooldown: group.DefaultCooldown,
    healthCheckType: group.HealthCheckType,
    healthCheckGracePeriod: group.HealthCheckGracePeriod,
    maxInstanceLifetime: group.MaxInstanceLifetime,
    warmPoolSize: group.WarmPoolSize,
  });
  return state;
}

/**
 * The live values of inputs that have calls of their own, where they differ from the state's. Undefined means that the
 * group has none, although the state says so, for instance after a creation that failed half-way.
 */
export function ownCallState(group: Shape, state: Properties): Properties {
  const metrics = ((group.EnabledMetrics as Shape[] | undefined) ?? []).map(({ Metric }) => Metric);
  const suspended = ((group.SuspendedProcesses as Shape[] | undefined) ?? []).map(({ ProcessName }) => ProcessName);
  const pool = group.WarmPoolConfiguration as Shape | undefined;
  const live: Properties = {};
  if (!sameSet(metrics, state.enabledMetrics)) live.enabledMetrics = metrics.length > 0 ? metrics : undefined;
  if (!sameSet(suspended, state.suspendedProcesses)) live.suspendedProcesses = suspended.length > 0 ? suspended : undefined;
  const warmPool = pool && warmPoolState(pool);
  const known = state.warmPool && warmPoolState(warmPoolParams("", state.warmPool));
  if (!same(warmPool, known)) live.warmPool = warmPool;
  return live;
}

function warmPoolState(pool: Shape): Properties {
  const reuse = pool.InstanceReusePolicy as Shape | undefined;
  return defined({
    maxGroupPreparedCapacity: pool.MaxGroupPreparedCapacity ?? -1,
    minSize: pool.MinSize ?? 0,
    poolState: pool.PoolState ?? "Stopped",
    instanceReusePolicy: reuse?.ReuseOnScaleIn === true ? { reuseOnScaleIn: true } : undefined,
  });
}

function sameSet(live: unknown[], known: unknown[] = []): boolean {
  return same([...live].sort(), [...known].sort());
}

function defined<T extends Record<string, unknown>>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, child]) => child !== undefined)) as T;
}

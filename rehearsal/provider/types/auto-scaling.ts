import { AwsError, type Shape } from "../../aws/api";
import { deleteGroup, deleteWarmPool } from "../group-delete";
import { groupParams, groupState, hookParams, refreshParams, tagParams, warmPoolParams } from "../group-params";
import { describeGroup, durationSeconds, instances, waitUntil } from "../group-waits";
import { PartialCreateError, text, type ResourceContext, type ResourceType } from "../resource-type";
import { same, type Json, type Properties } from "../values";
import type { Problem } from "./checks";
import { HOOK, hookProblems, lifecycleHook } from "./lifecycle-hook";

const DEFAULT_UPDATE_SECONDS = 600;

/** Inputs that have separate API calls, so that changing only them causes no UpdateAutoScalingGroup. */
const OWN_CALLS = [
  "enabledMetrics",
  "suspendedProcesses",
  "tags",
  "warmPool",
  "initialLifecycleHooks",
  "instanceRefresh",
  "waitForCapacityTimeout",
  "forceDelete",
  "forceDeleteWarmPool",
  "ignoreFailedScalingActivities",
];

const inputs = [
  "availabilityZoneDistribution",
  "capacityRebalance",
  "context",
  "defaultCooldown",
  "defaultInstanceWarmup",
  "desiredCapacity",
  "desiredCapacityType",
  "enabledMetrics",
  "forceDelete",
  "forceDeleteWarmPool",
  "healthCheckGracePeriod",
  "healthCheckType",
  "ignoreFailedScalingActivities",
  "initialLifecycleHooks",
  "instanceLifecyclePolicy",
  "instanceMaintenancePolicy",
  "instanceRefresh",
  "launchTemplate",
  "maxInstanceLifetime",
  "maxSize",
  "metricsGranularity",
  "minSize",
  "mixedInstancesPolicy",
  "name",
  "placementGroup",
  "protectFromScaleIn",
  "serviceLinkedRoleArn",
  "suspendedProcesses",
  "tags",
  "terminationPolicies",
  "vpcZoneIdentifiers",
  "waitForCapacityTimeout",
  "warmPool",
] as const;

function groupProblems(given: Properties): Problem[] {
  const problems = (given.initialLifecycleHooks ?? []).flatMap(hookProblems);
  if (given.launchTemplate === undefined && given.mixedInstancesPolicy === undefined) {
    problems.push({
      property: "launchTemplate",
      reason: "one of `launch_configuration,launch_template,mixed_instances_policy` must be specified",
    });
  }
  if (given.warmPool && given.mixedInstancesPolicy?.instancesDistribution?.onDemandPercentageAboveBaseCapacity < 100) {
    problems.push({
      property: "warmPool",
      reason:
        "ValidationError: You can't add a warm pool to an Auto Scaling group that has a mixed instances policy that requests Spot Instances.",
    });
  }
  return problems;
}

async function waitForCapacity(given: Properties, exact: boolean, context: ResourceContext): Promise<void> {
  const timeout = durationSeconds(given.waitForCapacityTimeout ?? "10m");
  if (timeout === 0) return;
  const wanted = Math.max(given.desiredCapacity ?? 0, exact || !given.desiredCapacity ? given.minSize : 0);
  await waitUntil(context, `waiting for Auto Scaling Group (${given.name}) capacity satisfied`, timeout * 1000, async () => {
    const group = await describeGroup(context, given.name);
    const healthy = instances(group ?? {}).filter(
      (one) => one.LifecycleState === "InService" && text(one.HealthStatus).toLowerCase() === "healthy",
    ).length;
    const done = exact ? healthy === wanted : healthy >= wanted;
    return { done, seen: `want ${exact ? "exactly" : "at least"} ${wanted} healthy instance(s) in Auto Scaling Group, have ${healthy}` };
  });
}

function sizes(given: Properties): Shape {
  return { MinSize: given.minSize, MaxSize: given.maxSize, ...(given.desiredCapacity > 0 && { DesiredCapacity: given.desiredCapacity }) };
}

/** With initial hooks: first an empty group, then its hooks, then its sizes, so that no instance bypasses the hooks. */
async function createGroup(given: Properties, context: ResourceContext) {
  const { autoscaling } = context;
  const name = given.name;
  const hooks: Json[] = given.initialLifecycleHooks ?? [];
  await autoscaling.call("CreateAutoScalingGroup", {
    ...groupParams(given),
    Tags: tagParams(name, given.tags),
    ...(hooks.length > 0 ? { MinSize: 0, MaxSize: 0 } : sizes(given)),
  });
  try {
    for (const hook of hooks) await autoscaling.call("PutLifecycleHook", hookParams(name, hook));
    if (hooks.length > 0) await autoscaling.call("UpdateAutoScalingGroup", { AutoScalingGroupName: name, ...sizes(given) });
    await waitForCapacity(given, false, context);
    if (given.suspendedProcesses?.length)
      await autoscaling.call("SuspendProcesses", { AutoScalingGroupName: name, ScalingProcesses: given.suspendedProcesses });
    if (given.enabledMetrics?.length)
      await autoscaling.call("EnableMetricsCollection", {
        AutoScalingGroupName: name,
        Granularity: given.metricsGranularity ?? "1Minute",
        Metrics: given.enabledMetrics,
      });
    if (given.warmPool) await autoscaling.call("PutWarmPool", warmPoolParams(name, given.warmPool));
  } catch (error) {
    throw new PartialCreateError(name, await liveState(name, context), (error as Error).message);
  }
  return { id: name, outputs: await liveState(name, context) };
}

async function updateGroup(name: string, given: Properties, old: Properties, context: ResourceContext): Promise<Properties> {
  const { autoscaling } = context;
  const changed = (property: string) => !same(given[property], old[property]);
  const changes = inputs.filter((property) => changed(property));
  if (changes.some((property) => !OWN_CALLS.includes(property))) {
    await autoscaling.call("UpdateAutoScalingGroup", {
      AutoScalingGroupName: name,
      NewInstancesProtectedFromScaleIn: given.protectFromScaleIn ?? false,
      ...only(groupParams(given), changes),
      ...(changed("minSize") && { MinSize: given.minSize }),
      ...(changed("maxSize") && { MaxSize: given.maxSize }),
      ...(changed("desiredCapacity") && given.desiredCapacity !== undefined && { DesiredCapacity: given.desiredCapacity }),
    });
  }
  if (changed("tags")) await updateTags(name, given.tags ?? [], old.tags ?? [], context);
  const triggers: string[] = given.instanceRefresh?.triggers ?? [];
  if (given.instanceRefresh && ["launchTemplate", "mixedInstancesPolicy", ...triggers].some(changed)) await startRefresh(given, context);
  if (changed("warmPool")) {
    if (given.warmPool) await autoscaling.call("PutWarmPool", warmPoolParams(name, given.warmPool));
    else await deleteWarmPool(name, given.forceDeleteWarmPool === true, (context.timeoutSeconds || DEFAULT_UPDATE_SECONDS) * 1000, context);
  }
  if (changed("desiredCapacity") || changed("minSize")) await waitForCapacity(given, true, context);
  if (changed("suspendedProcesses")) await updateProcesses(name, given.suspendedProcesses ?? [], old.suspendedProcesses ?? [], context);
  return liveState(name, context);
}

/** Starts the refresh without waiting for it. One already in progress is cancelled first, as the real provider does. */
async function startRefresh(given: Properties, context: ResourceContext): Promise<void> {
  const start = () => context.autoscaling.call("StartInstanceRefresh", refreshParams(given));
  await waitUntil(context, `starting Auto Scaling Group (${given.name}) instance refresh`, DEFAULT_UPDATE_SECONDS * 1000, async () => {
    try {
      await start();
      return { done: true, seen: "" };
    } catch (error) {
      if (!(error instanceof AwsError) || !error.code.startsWith("InstanceRefreshInProgress")) throw error;
      await context.autoscaling.call("CancelInstanceRefresh", { AutoScalingGroupName: given.name }).catch((cancel: unknown) => {
        if (!(cancel instanceof AwsError) || !cancel.code.startsWith("ActiveInstanceRefreshNotFound")) throw cancel;
      });
      return { done: false, seen: error.message };
    }
  });
}

async function updateTags(name: string, tags: Json[], old: Json[], { autoscaling }: ResourceContext): Promise<void> {
  const removed = old.filter((tag) => !tags.some((other) => other.key === tag.key));
  if (removed.length > 0) await autoscaling.call("DeleteTags", { Tags: tagParams(name, removed) });
  const put = tags.filter((tag) => !old.some((other) => same(other, tag)));
  if (put.length > 0) await autoscaling.call("CreateOrUpdateTags", { Tags: tagParams(name, put) });
}

async function updateProcesses(name: string, now: string[], before: string[], { autoscaling }: ResourceContext): Promise<void> {
  const resume = before.filter((process) => !now.includes(process));
  const suspend = now.filter((process) => !before.includes(process));
  if (resume.length > 0) await autoscaling.call("ResumeProcesses", { AutoScalingGroupName: name, ScalingProcesses: resume });
  if (suspend.length > 0) await autoscaling.call("SuspendProcesses", { AutoScalingGroupName: name, ScalingProcesses: suspend });
}

/** The API parameters that belong to changed inputs. */
function only(params: Shape, changes: readonly string[]): Shape {
  const paramName = (property: string) =>
    property === "vpcZoneIdentifiers"
      ? "VPCZoneIdentifier"
      : property === "serviceLinkedRoleArn"
        ? "ServiceLinkedRoleARN"
        : property[0]!.toUpperCase() + property.slice(1);
  const wanted = new Set(changes.map(paramName));
  return Object.fromEntries(Object.entries(params).filter(([name]) => wanted.has(name)));
}

async function liveState(name: string, context: ResourceContext): Promise<Properties> {
  return groupState((await describeGroup(context, name)) ?? {});
}

const group: ResourceType = {
  inputs,
  required: ["maxSize", "minSize"],
  autoName: { property: "name", maxLength: 255 },
  replaceOn: ["name"],
  hasTags: false,
  validate: groupProblems,
  create: createGroup,
  update: updateGroup,
  async read(name, _state, context) {
    const live = await describeGroup(context, name);
    return live && groupState(live);
  },
  async delete(name, state, context) {
    await deleteGroup(name, state, context);
    // Hooks are deleted with their group, even those that the program retains.
    for (const hook of context.store.list(HOOK)) {
      if (hook.state.autoscalingGroupName === name) context.store.remove(HOOK, hook.id);
    }
  },
};

export const AUTO_SCALING_TYPES: Record<string, ResourceType> = {
  "aws:autoscaling/group:Group": group,
  [HOOK]: lifecycleHook,
};

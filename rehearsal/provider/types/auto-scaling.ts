import type { Shape } from "../../aws/api";
import { atLeast, exactly, waitForCapacity } from "../group-capacity";
import { deleteGroup, deleteWarmPool } from "../group-delete";
import { groupParams, groupState, hookParams, ownCallState, tagParams, warmPoolParams } from "../group-params";
import { startRefresh } from "../group-refresh";
import { describeGroup } from "../group-waits";
import { IncompleteError, type ResourceContext, type ResourceType } from "../resource-type";
import { same, type Json, type Properties } from "../values";
import type { Problem } from "./checks";
import { HOOK, hookProblems, lifecycleHook } from "./lifecycle-hook";

const DEFAULT_UPDATE_SECONDS = 600;

/**
 * Inputs that have separate API calls, so that changing only them causes no UpdateAutoScalingGroup. A change of any other
 * does, even of initial hooks, which it does not apply.
 */
const OWN_CALLS = ["enabledMetrics", "suspendedProcesses", "tags", "warmPool"];

/** Inputs whose value AWS chooses where the program sets none. */
const COMPUTED = ["defaultCooldown", "desiredCapacity", "healthCheckGracePeriod", "healthCheckType"];

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

function sizes(given: Properties): Shape {
  return { MinSize: given.minSize, MaxSize: given.maxSize, ...(given.desiredCapacity > 0 && { DesiredCapacity: given.desiredCapacity }) };
}

/**
 * With initial hooks: first an empty group, then its hooks, then its sizes, so that no instance bypasses the hooks.
 * Suspended processes, metrics and the warm pool follow only after the wait for capacity. If that fails, they are left
 * undone, while the state holds all inputs as if they were done, and nothing that AWS chose: the next update sees no
 * difference.
 */
async function createGroup(given: Properties, context: ResourceContext) {
  const { autoscaling } = context;
  const name = given.name;
  const began = context.now();
  const hooks: Json[] = given.initialLifecycleHooks ?? [];
  await autoscaling.call("CreateAutoScalingGroup", {
    ...groupParams(given),
    Tags: tagParams(name, given.tags),
    ...(hooks.length > 0 ? { MinSize: 0, MaxSize: 0 } : sizes(given)),
  });
  try {
    for (const hook of hooks) await autoscaling.call("PutLifecycleHook", hookParams(name, hook));
    if (hooks.length > 0) await autoscaling.call("UpdateAutoScalingGroup", { AutoScalingGroupName: name, ...sizes(given) });
    await waitForCapacity(given, atLeast(given), began, context);
    await updateProcesses(name, given.suspendedProcesses ?? [], [], context);
    await updateMetrics(given, [], context);
    if (given.warmPool) await autoscaling.call("PutWarmPool", warmPoolParams(name, given.warmPool));
  } catch (error) {
    throw new IncompleteError(name, {}, (error as Error).message);
  }
  return { id: name, outputs: await liveState(name, context) };
}

/**
 * A step that fails leaves the later ones undone, while the state holds all new inputs. The provider then does not read
 * the group, so what AWS chose keeps the value that the state had before.
 */
async function updateGroup(name: string, given: Properties, old: Properties, context: ResourceContext): Promise<Properties> {
  try {
    await applyChanges(name, given, old, context);
  } catch (error) {
    throw new IncompleteError(
      name,
      Object.fromEntries(COMPUTED.map((property) => [property, given[property] ?? old[property]])),
      (error as Error).message,
    );
  }
  return liveState(name, context);
}

async function applyChanges(name: string, given: Properties, old: Properties, context: ResourceContext): Promise<void> {
  const { autoscaling } = context;
  const changed = (property: string) =>
    !(given[property] === undefined && COMPUTED.includes(property)) && !same(given[property], old[property]);
  const changes = inputs.filter((property) => changed(property));
  const began = context.now();
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
    else {
      const force = given.forceDelete === true || given.forceDeleteWarmPool === true;
      await deleteWarmPool(name, force, (context.timeoutSeconds || DEFAULT_UPDATE_SECONDS) * 1000, context);
    }
  }
  if (["desiredCapacity", "desiredCapacityType", "minSize"].some(changed)) {
    await waitForCapacity(given, exactly(given, old), began, context);
  }
  if (changed("enabledMetrics")) await updateMetrics(given, old.enabledMetrics ?? [], context);
  if (changed("suspendedProcesses")) await updateProcesses(name, given.suspendedProcesses ?? [], old.suspendedProcesses ?? [], context);
}

async function updateTags(name: string, tags: Json[], old: Json[], { autoscaling }: ResourceContext): Promise<void> {
  const removed = old.filter((tag) => !tags.some((other) => other.key === tag.key));
  if (removed.length > 0) await autoscaling.call("DeleteTags", { Tags: tagParams(name, removed) });
  const put = tags.filter((tag) => !old.some((other) => same(other, tag)));
  if (put.length > 0) await autoscaling.call("CreateOrUpdateTags", { Tags: tagParams(name, put) });
}

async function updateMetrics(given: Properties, before: string[], { autoscaling }: ResourceContext): Promise<void> {
  const now: string[] = given.enabledMetrics ?? [];
  const group = { AutoScalingGroupName: given.name };
  const disable = before.filter((metric) => !now.includes(metric));
  const enable = now.filter((metric) => !before.includes(metric));
  if (disable.length > 0) await autoscaling.call("DisableMetricsCollection", { ...group, Metrics: disable });
  const Granularity = given.metricsGranularity ?? "1Minute";
  if (enable.length > 0) await autoscaling.call("EnableMetricsCollection", { ...group, Granularity, Metrics: enable });
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
  async read(name, state, context) {
    const live = await describeGroup(context, name);
    return live && { ...groupState(live), ...ownCallState(live, state) };
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

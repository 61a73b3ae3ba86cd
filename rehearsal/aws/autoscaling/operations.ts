import { TRANSITION, type Transition } from "../../../contract/aws/lifecycle";
import type { Shape } from "../api";
import type { ActionResult, HookConfig, RefreshPreferences } from "./config";
import { describeActivity } from "./describe";
import * as errors from "./errors";
import { type Groups, putHook } from "./groups";
import type { InstanceRefreshes } from "./instance-refresh";
import type { Lifecycle } from "./lifecycle";
import type { ActionReference, LifecycleActions } from "./lifecycle-actions";
import { countsAsCapacity, type Group, isPooled, isTerminating, type Member, templateOf } from "./model";
import { flag, optionalFlag, optionalText, optionalWhole, text, texts, whole } from "./params";
import type { Standby } from "./standby";
import type { Activities } from "./activities";

export interface OperationParts {
  groups: Groups;
  actions: LifecycleActions;
  lifecycle: Lifecycle;
  refreshes: InstanceRefreshes;
  standby: Standby;
  activities: Activities;
  /** Whether an instance that a caller terminates, lowering the desired capacity, goes to the warm pool instead. */
  takesBack(group: Group): boolean;
  changed(group: Group): void;
  /** AWS was once observed to accept `false` for an instance in Terminating:Wait; `reject` is the stricter behaviour. */
  clearProtectionWhileTerminating: "accept" | "reject";
}

type Operation = (parts: OperationParts, params: Shape, by: string) => Shape;

/** Maximum ids per SetInstanceProtection call. */
const MAX_IDS = 50;
const MAX_METADATA = 4000;

/** The mutating operations, by name. `by` is the caller's label for the timeline. */
export const OPERATIONS: Record<string, Operation> = {
  CompleteLifecycleAction({ actions, groups }, params, by) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const result = text(params, "LifecycleActionResult");
    if (result !== "CONTINUE" && result !== "ABANDON") {
      throw errors.validation(`The lifecycle action result ${result} is not valid. Use CONTINUE or ABANDON.`);
    }
    actions.complete(actions.find(reference(params), group), result, by);
    return {};
  },

  RecordLifecycleActionHeartbeat({ actions, groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    actions.heartbeat(actions.find(reference(params), group));
    return {};
  },

  SetInstanceProtection(parts, params) {
    const group = parts.groups.get(text(params, "AutoScalingGroupName"));
    const wanted = flag(params, "ProtectedFromScaleIn");
    const members = texts(params, "InstanceIds", MAX_IDS).map((id) => memberOf(group, id));
    for (const { state, instance } of members) {
      const clears = !wanted && isTerminating(state) && !isPooled(state);
      if (clears && parts.clearProtectionWhileTerminating === "accept") continue;
      if (!["InService", "EnteringStandby", "Standby"].includes(state)) throw errors.notProtectable(instance.id);
    }
    for (const member of members) member.protected = wanted && !isTerminating(member.state);
    if (group.waitsForUnprotected) parts.changed(group);
    return {};
  },

  SetDesiredCapacity({ groups, changed }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const desired = whole(params, "DesiredCapacity");
    if (desired > group.config.maxSize) throw errors.aboveMax(desired, group.config.maxSize);
    if (desired < group.config.minSize) throw errors.belowMin(desired, group.config.minSize);
    group.desired = desired;
    changed(group);
    return {};
  },

  TerminateInstanceInAutoScalingGroup({ groups, lifecycle, activities, takesBack, changed }, params) {
    const member = groups.getMember(text(params, "InstanceId"));
    const decrement = flag(params, "ShouldDecrementDesiredCapacity");
    const { group } = member;
    if (isPooled(member.state)) throw errors.inWarmPool(member.instance.id);
    // An instance in Standby lowered the capacity when it left service, or has been replaced.
    if (decrement && countsAsCapacity(member.state)) {
      if (group.desired <= group.config.minSize) throw errors.wouldViolateMin(group.config.minSize);
      group.desired--;
    }
    const cause = activities.stamp("instance was taken out of service in response to a user request.");
    if (decrement && member.state === "InService" && takesBack(group)) void lifecycle.returnToPool(member, cause);
    else lifecycle.terminate(member, cause);
    const activity = latestActivity(group, member);
    changed(group);
    return { Activity: activity && describeActivity(activity) };
  },

  PutLifecycleHook({ groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const name = text(params, "LifecycleHookName");
    const known = group.hooks.get(name);
    const metadata = optionalText(params, "NotificationMetadata");
    if (metadata !== undefined && metadata.length > MAX_METADATA) {
      throw errors.validation(`NotificationMetadata of ${metadata.length} characters is longer than ${MAX_METADATA}`);
    }
    const hook: HookConfig = {
      name,
      transition: transition(optionalText(params, "LifecycleTransition") ?? known?.transition),
      heartbeatTimeout: optionalWhole(params, "HeartbeatTimeout") ?? known?.heartbeatTimeout,
      defaultResult: defaultResult(optionalText(params, "DefaultResult")) ?? known?.defaultResult,
      notificationMetadata: metadata ?? known?.notificationMetadata,
      notificationTargetArn: optionalText(params, "NotificationTargetARN") ?? known?.notificationTargetArn,
      roleArn: optionalText(params, "RoleARN") ?? known?.roleArn,
    };
    putHook(group, hook);
    return {};
  },

  DeleteLifecycleHook({ groups, actions }, params, by) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const name = text(params, "LifecycleHookName");
    if (!group.hooks.delete(name)) throw errors.noSuchHook(name, group.config.name);
    actions.completeAllOf(name, group.members.values(), by);
    return {};
  },

  StartInstanceRefresh({ groups, refreshes }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const strategy = optionalText(params, "Strategy") ?? "Rolling";
    if (strategy !== "Rolling") throw errors.validation(`The rehearsal does not support Strategy ${strategy}; use Rolling`);
    const desired = params.DesiredConfiguration as Shape | undefined;
    refuseOtherTemplate(group, desired);
    return { InstanceRefreshId: refreshes.start(group, preferences(params.Preferences as Shape | undefined), desired).id };
  },

  CancelInstanceRefresh({ groups, refreshes }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    return { InstanceRefreshId: refreshes.cancel(group, optionalFlag(params, "WaitForTransitioningInstances") ?? true).id };
  },

  SetInstanceHealth({ groups, changed }, params) {
    const member = groups.getMember(text(params, "InstanceId"));
    const health = text(params, "HealthStatus");
    if (health !== "Healthy" && health !== "Unhealthy") {
      throw errors.validation(`HealthStatus ${health} is not valid. Use Healthy or Unhealthy.`);
    }
    member.health = health;
    changed(member.group);
    return {};
  },

  EnterStandby: ({ groups, standby }, params) => ({
    Activities: standby.enter(
      groups.get(text(params, "AutoScalingGroupName")),
      texts(params, "InstanceIds"),
      flag(params, "ShouldDecrementDesiredCapacity"),
    ),
  }),

  ExitStandby: ({ groups, standby }, params) => ({
    Activities: standby.exit(groups.get(text(params, "AutoScalingGroupName")), texts(params, "InstanceIds")),
  }),

  DetachInstances: ({ groups, standby }, params) => ({
    Activities: standby.detach(
      groups.get(text(params, "AutoScalingGroupName")),
      texts(params, "InstanceIds"),
      flag(params, "ShouldDecrementDesiredCapacity"),
    ),
  }),
};

/** Operations that AWS authorises by resource; all others support only `*`. */
export const ACTS_ON_GROUP = new Set([
  "CompleteLifecycleAction",
  "RecordLifecycleActionHeartbeat",
  "SetInstanceProtection",
  "SetDesiredCapacity",
  "TerminateInstanceInAutoScalingGroup",
  "PutLifecycleHook",
  "DeleteLifecycleHook",
  "StartInstanceRefresh",
  "CancelInstanceRefresh",
  "SetInstanceHealth",
  "EnterStandby",
  "ExitStandby",
  "DetachInstances",
  "CreateAutoScalingGroup",
  "UpdateAutoScalingGroup",
  "DeleteAutoScalingGroup",
  "PutWarmPool",
  "DeleteWarmPool",
  "SuspendProcesses",
  "ResumeProcesses",
  "EnableMetricsCollection",
  "DisableMetricsCollection",
]);

/** AWS would launch from it and give it to the group at the end; the provider gives it to the group first. */
function refuseOtherTemplate(group: Group, desired: Shape | undefined): void {
  const mixed = (desired?.MixedInstancesPolicy as Shape | undefined)?.LaunchTemplate as Shape | undefined;
  const template = (mixed?.LaunchTemplateSpecification ?? desired?.LaunchTemplate) as Shape | undefined;
  const own = templateOf(group);
  if (template && (template.LaunchTemplateId !== own.id || (Number(template.Version) > 0 && String(template.Version) !== own.version))) {
    throw errors.validation(
      `The rehearsal does not support a desired configuration with version ${template.Version} of ${template.LaunchTemplateId}, ` +
        `other than the group's own, version ${own.version} of ${own.id}`,
    );
  }
}

function memberOf(group: Group, id: string): Member {
  const member = group.members.get(id);
  if (!member) throw errors.notInGroup(id, group.config.name);
  return member;
}

function latestActivity(group: Group, member: Member) {
  return group.activities.find(({ description }) => description.endsWith(member.instance.id));
}

function reference(params: Shape): ActionReference {
  const token = optionalText(params, "LifecycleActionToken");
  const instanceId = optionalText(params, "InstanceId");
  if (token === undefined && instanceId === undefined) {
    throw errors.validation("Either LifecycleActionToken or InstanceId must be specified");
  }
  return { hook: text(params, "LifecycleHookName"), token, instanceId };
}

function transition(value: string | undefined): Transition {
  if (value === TRANSITION.launching || value === TRANSITION.terminating) return value;
  throw errors.validation(`LifecycleTransition ${value} is not valid. Use ${TRANSITION.launching} or ${TRANSITION.terminating}.`);
}

function defaultResult(value: string | undefined): ActionResult | undefined {
  if (value === undefined || value === "CONTINUE" || value === "ABANDON") return value;
  throw errors.validation(`DefaultResult ${value} is not valid. Use CONTINUE or ABANDON.`);
}

function preferences(given: Shape = {}): RefreshPreferences {
  return {
    minHealthyPercentage: optionalWhole(given, "MinHealthyPercentage"),
    maxHealthyPercentage: optionalWhole(given, "MaxHealthyPercentage"),
    instanceWarmup: optionalWhole(given, "InstanceWarmup"),
    skipMatching: optionalFlag(given, "SkipMatching"),
    scaleInProtectedInstances: optionalText(given, "ScaleInProtectedInstances") as RefreshPreferences["scaleInProtectedInstances"],
    standbyInstances: optionalText(given, "StandbyInstances") as RefreshPreferences["standbyInstances"],
  };
}

import { Shape } from "../api";
import { ActionResult, HookConfig, LAUNCHING, RefreshPreferences, TERMINATING, Transition } from "./config";
import {
  describeActivity,
  describeAutoScalingInstance,
  describeGroup,
  describeHook,
  describeInstance,
  describeRefresh,
  describeWarmPoolConfiguration,
} from "./describe";
import * as errors from "./errors";
import { Groups, putHook } from "./groups";
import { InstanceRefreshes } from "./instance-refresh";
import { Lifecycle } from "./lifecycle";
import { ActionReference, LifecycleActions } from "./lifecycle-actions";
import { Group, isPooled, isTerminating, Member } from "./model";
import { flag, optionalFlag, optionalText, optionalWhole, page, text, texts, whole } from "./params";
import { Standby } from "./standby";
import { Activities } from "./activities";

export interface OperationParts {
  groups: Groups;
  actions: LifecycleActions;
  lifecycle: Lifecycle;
  refreshes: InstanceRefreshes;
  standby: Standby;
  activities: Activities;
  changed(group: Group): void;
  /** AWS was once seen to accept `false` for an instance in Terminating:Wait; `reject` plays the stricter reading. */
  clearProtectionWhileTerminating: "accept" | "reject";
}

type Operation = (parts: OperationParts, params: Shape, by: string) => Shape;

/** Ids per SetInstanceProtection call, and instances per page. */
const MAX_IDS = 50;
const MAX_METADATA = 4000;

/** The API by operation name. `by` is who calls, for the record. */
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
    parts.changed(group);
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

  TerminateInstanceInAutoScalingGroup({ groups, lifecycle, activities, changed }, params) {
    const member = groups.getMember(text(params, "InstanceId"));
    const decrement = flag(params, "ShouldDecrementDesiredCapacity");
    const { group } = member;
    const counted = !isPooled(member.state) && !isTerminating(member.state) && !member.state.endsWith(":Retained");
    if (decrement && counted) {
      if (group.desired <= group.config.minSize) throw errors.wouldViolateMin(group.config.minSize);
      group.desired--;
    }
    const cause = activities.stamp("instance was taken out of service in response to a user request.");
    const activity = lifecycle.terminate(member, cause) ?? latestActivity(group, member);
    changed(group);
    return { Activity: activity && describeActivity(group, activity) };
  },

  DescribeAutoScalingInstances({ groups }, params) {
    const wanted = texts(params, "InstanceIds", MAX_IDS);
    const found =
      wanted.length > 0
        ? wanted.map((id) => groups.findMember(id)).filter((member) => member !== undefined)
        : groups.list().flatMap((group) => [...group.members.values()]);
    const { items, NextToken } = page(found, params, MAX_IDS);
    return { AutoScalingInstances: items.map(describeAutoScalingInstance), NextToken };
  },

  DescribeAutoScalingGroups({ groups }, params) {
    const wanted = texts(params, "AutoScalingGroupNames");
    const named = wanted.length > 0 ? wanted.map((name) => groups.find(name)).filter((g) => g !== undefined) : groups.list();
    const filters = (params.Filters as { Name: string; Values?: string[] }[] | undefined) ?? [];
    const matching = named.filter((group) => filters.every((filter) => matches(group, filter)));
    const { items, NextToken } = page(matching, params, 100);
    return { AutoScalingGroups: items.map(describeGroup), NextToken };
  },

  DescribeWarmPool({ groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const pooled = [...group.members.values()].filter(({ state }) => isPooled(state));
    const { items, NextToken } = page(pooled, params, 50);
    return {
      WarmPoolConfiguration: describeWarmPoolConfiguration(group),
      Instances: items.map(describeInstance),
      NextToken,
    };
  },

  DescribeLifecycleHooks({ groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const wanted = texts(params, "LifecycleHookNames", 50);
    const hooks = [...group.hooks.values()].filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    return { LifecycleHooks: hooks.map((hook) => describeHook(group, hook)) };
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

  DescribeScalingActivities({ groups }, params) {
    const name = optionalText(params, "AutoScalingGroupName");
    const from = name === undefined ? groups.list() : [groups.get(name)];
    const wanted = texts(params, "ActivityIds");
    const found = from
      .flatMap((group) => group.activities.map((activity) => ({ group, activity })))
      .filter(({ activity }) => wanted.length === 0 || wanted.includes(activity.id));
    const { items, NextToken } = page(found, { MaxRecords: 100, ...params }, 100);
    return { Activities: items.map(({ group, activity }) => describeActivity(group, activity)), NextToken };
  },

  StartInstanceRefresh({ groups, refreshes }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const strategy = optionalText(params, "Strategy") ?? "Rolling";
    if (strategy !== "Rolling") throw errors.validation(`Strategy ${strategy} is not played here; use Rolling`);
    return { InstanceRefreshId: refreshes.start(group, preferences(params.Preferences as Shape | undefined)).id };
  },

  CancelInstanceRefresh({ groups, refreshes }, params) {
    return { InstanceRefreshId: refreshes.cancel(groups.get(text(params, "AutoScalingGroupName"))).id };
  },

  DescribeInstanceRefreshes({ groups }, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const wanted = texts(params, "InstanceRefreshIds");
    const found = group.refreshes.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
    const { items, NextToken } = page(found, params, 100);
    return { InstanceRefreshes: items.map((refresh) => describeRefresh(group, refresh)), NextToken };
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

/** Operations that AWS authorises by resource; all others know only `*`. */
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

export function memberOf(group: Group, id: string): Member {
  const member = group.members.get(id);
  if (!member) throw errors.noSuchInstance(id);
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

function matches(group: Group, filter: { Name: string; Values?: string[] }): boolean {
  const tags = group.config.tags ?? [];
  const values = filter.Values ?? [];
  if (filter.Name === "tag-key") return tags.some(({ key }) => values.includes(key));
  if (filter.Name === "tag-value") return tags.some(({ value }) => values.includes(value));
  if (!filter.Name.startsWith("tag:")) throw errors.validation(`Filter type ${filter.Name} is not correct.`);
  return tags.some(({ key, value }) => `tag:${key}` === filter.Name && values.includes(value));
}

function transition(value: string | undefined): Transition {
  if (value === LAUNCHING || value === TERMINATING) return value;
  throw errors.validation(`LifecycleTransition ${value} is not valid. Use ${LAUNCHING} or ${TERMINATING}.`);
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

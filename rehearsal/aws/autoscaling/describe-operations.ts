import type { Shape } from "../api";
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
import type { Groups } from "./groups";
import { type Group, isPooled } from "./model";
import { optionalFlag, optionalText, page, text, texts } from "./params";

type DescribeOperation = (groups: Groups, params: Shape) => Shape;

/** Maximum number of instances per page and of ids per request. */
const MAX_IDS = 50;

/** The read-only operations, by name. */
export const DESCRIBE_OPERATIONS: Record<string, DescribeOperation> = {
  DescribeAutoScalingInstances(groups, params) {
    const wanted = texts(params, "InstanceIds", MAX_IDS);
    const found =
      wanted.length > 0
        ? wanted.map((id) => groups.findMember(id)).filter((member) => member !== undefined)
        : groups.list().flatMap((group) => [...group.members.values()]);
    const { items, NextToken } = page(found, params, MAX_IDS);
    return { AutoScalingInstances: items.map(describeAutoScalingInstance), NextToken };
  },

  DescribeAutoScalingGroups(groups, params) {
    const wanted = texts(params, "AutoScalingGroupNames");
    const named = wanted.length > 0 ? wanted.map((name) => groups.find(name)).filter((g) => g !== undefined) : groups.list();
    const filters = (params.Filters as { Name: string; Values?: string[] }[] | undefined) ?? [];
    const matching = named.filter((group) => filters.every((filter) => matches(group, filter)));
    const { items, NextToken } = page(matching, params, 100);
    return { AutoScalingGroups: items.map(describeGroup), NextToken };
  },

  DescribeWarmPool(groups, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const pooled = [...group.members.values()].filter(({ state }) => isPooled(state));
    const { items, NextToken } = page(pooled, params, 50);
    return {
      WarmPoolConfiguration: describeWarmPoolConfiguration(group),
      Instances: items.map(describeInstance),
      NextToken,
    };
  },

  DescribeLifecycleHooks(groups, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const wanted = texts(params, "LifecycleHookNames", 50);
    const hooks = [...group.hooks.values()].filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    return { LifecycleHooks: hooks.map((hook) => describeHook(group, hook)) };
  },

  DescribeScalingActivities(groups, params) {
    const sources = activitySources(
      groups,
      optionalText(params, "AutoScalingGroupName"),
      optionalFlag(params, "IncludeDeletedGroups") ?? false,
    );
    const wanted = texts(params, "ActivityIds");
    // A sweep reads all of a group's thousand activities, a hundred at a time.
    const found = sources.flatMap((group) => group.activities);
    const chosen = wanted.length === 0 ? found : found.filter(({ id }) => wanted.includes(id));
    const { items, NextToken } = page(chosen, { MaxRecords: 100, ...params }, 100);
    return { Activities: items.map(describeActivity), NextToken };
  },

  DescribeInstanceRefreshes(groups, params) {
    const group = groups.get(text(params, "AutoScalingGroupName"));
    const wanted = texts(params, "InstanceRefreshIds");
    const found = group.refreshes.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
    const { items, NextToken } = page(found, params, 100);
    return { InstanceRefreshes: items.map((refresh) => describeRefresh(group, refresh)), NextToken };
  },
};

/** Deleted groups are found only if the request includes them. */
function activitySources(groups: Groups, name: string | undefined, withDeleted: boolean): Group[] {
  const deleted = withDeleted ? groups.deleted(name) : [];
  if (name === undefined) return [...groups.list(), ...deleted];
  return deleted.length > 0 && !groups.find(name) ? deleted : [groups.get(name), ...deleted];
}

function matches(group: Group, filter: { Name: string; Values?: string[] }): boolean {
  const tags = group.config.tags ?? [];
  const values = filter.Values ?? [];
  if (filter.Name === "tag-key") return tags.some(({ key }) => values.includes(key));
  if (filter.Name === "tag-value") return tags.some(({ value }) => values.includes(value));
  if (!filter.Name.startsWith("tag:")) throw errors.validation(`Filter type ${filter.Name} is not correct.`);
  return tags.some(({ key, value }) => `tag:${key}` === filter.Name && values.includes(value));
}

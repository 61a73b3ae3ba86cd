import { AwsError, type Shape } from "../api";
import { RESOURCE_TAGS, tagViolation, violationText } from "../tag-limits";
import { validation } from "./errors";
import type { Groups } from "./groups";
import type { Group } from "./model";
import { optionalFlag, text } from "./params";

interface GroupTag {
  key: string;
  value: string;
  propagateAtLaunch: boolean;
}

/** The tags of a request that creates a group. @throws ValidationError, LimitExceeded */
export function tagsFrom(params: Shape): GroupTag[] {
  const tags = ((params.Tags as Shape[] | undefined) ?? []).map(tagFrom);
  const violation = tagViolation(tags.map(({ key, value }) => [key, value]));
  if (violation) throw validation(violationText(violation));
  return limited(tags);
}

/** @throws ValidationError, LimitExceeded */
export function putTags(groups: Groups, params: Shape): Shape {
  tagsFrom(params);
  const changes = [...tagsByGroup(groups, params)].map(([group, tags]) => [group, limited([...without(group, tags), ...tags])] as const);
  for (const [group, tags] of changes) group.config = { ...group.config, tags };
  return {};
}

export function removeTags(groups: Groups, params: Shape): Shape {
  for (const [group, tags] of tagsByGroup(groups, params)) group.config = { ...group.config, tags: without(group, tags) };
  return {};
}

/** Why EC2 refuses to launch an instance with these tags, of template and group together; those of AWS do not count. */
export function instanceTagRefusal(tags: Record<string, string>): string | undefined {
  const count = Object.keys(tags).length;
  return count > RESOURCE_TAGS ? `TagLimitExceeded: an instance has at most ${RESOURCE_TAGS} tags, got ${count}` : undefined;
}

function limited(tags: GroupTag[]): GroupTag[] {
  if (tags.length <= RESOURCE_TAGS) return tags;
  throw new AwsError("LimitExceeded", `an Auto Scaling group has at most ${RESOURCE_TAGS} tags, got ${tags.length}`);
}

function without(group: Group, tags: GroupTag[]): GroupTag[] {
  return (group.config.tags ?? []).filter(({ key }) => !tags.some((tag) => tag.key === key));
}

function tagsByGroup(groups: Groups, params: Shape): Map<Group, GroupTag[]> {
  const byGroup = new Map<Group, GroupTag[]>();
  for (const tag of (params.Tags as Shape[] | undefined) ?? []) {
    const group = groups.get(text(tag, "ResourceId"));
    byGroup.set(group, [...(byGroup.get(group) ?? []), tagFrom(tag)]);
  }
  return byGroup;
}

function tagFrom(tag: Shape): GroupTag {
  const value = tag.Value === undefined ? "" : String(tag.Value);
  return { key: text(tag, "Key"), value, propagateAtLaunch: optionalFlag(tag, "PropagateAtLaunch") ?? false };
}

import { HEARTBEAT_TIMEOUT_MAX_SECONDS, HEARTBEAT_TIMEOUT_MIN_SECONDS } from "../../../contract/aws/lifecycle";
import type { GroupConfig, HookConfig } from "./config";
import { groupExists, noSuchGroup, noSuchInstance, validation } from "./errors";
import type { Group, Hook, Member } from "./model";

const MAX_HOOKS = 50;
const DEFAULT_HEARTBEAT_TIMEOUT_SECONDS = 3600;
const MIN_LIFETIME_SECONDS = 86_400;

/** The groups by name, and the validation of their configuration. */
export class Groups {
  private readonly byName = new Map<string, Group>();
  private readonly removed: Group[] = [];

  create(config: GroupConfig, arn: string, now: number): Group {
    if (this.byName.has(config.name)) throw groupExists(config.name);
    check(config);
    const group: Group = {
      config,
      arn,
      createdAt: now,
      desired: config.desiredCapacity ?? config.minSize,
      members: new Map(),
      hooks: new Map(),
      activities: [],
      refreshes: [],
      surplus: 0,
      sequence: 0,
      launchFailures: 0,
      launchNotBefore: 0,
      waitsForUnprotected: false,
      deleted: false,
    };
    for (const hook of config.initialLifecycleHooks ?? []) putHook(group, hook);
    this.byName.set(config.name, group);
    return group;
  }

  /** Clamps the desired capacity to new bounds, as AWS does. */
  update(group: Group, changes: Partial<Omit<GroupConfig, "name">>): void {
    const config = { ...group.config, ...changes };
    const desired = changes.desiredCapacity ?? Math.min(Math.max(group.desired, config.minSize), config.maxSize);
    check({ ...config, desiredCapacity: desired });
    group.config = config;
    group.desired = desired;
  }

  remove(group: Group): void {
    group.deleted = true;
    if (this.byName.delete(group.config.name)) this.removed.unshift(group);
  }

  /** Deleted groups, newest first: AWS keeps their activities for six weeks. */
  deleted(name?: string): Group[] {
    return this.removed.filter(({ config }) => name === undefined || config.name === name);
  }

  list(): Group[] {
    return [...this.byName.values()];
  }

  find(name: string): Group | undefined {
    return this.byName.get(name);
  }

  get(name: string): Group {
    const group = this.find(name);
    if (!group) throw noSuchGroup(name);
    return group;
  }

  findMember(instanceId: string): Member | undefined {
    for (const group of this.byName.values()) {
      const member = group.members.get(instanceId);
      if (member) return member;
    }
    return undefined;
  }

  getMember(instanceId: string): Member {
    const member = this.findMember(instanceId);
    if (!member) throw noSuchInstance(instanceId);
    return member;
  }
}

/** Adds a hook or replaces the one of that name; omitted settings take their defaults, not their previous values. */
export function putHook(group: Group, config: HookConfig): void {
  const timeout = config.heartbeatTimeout ?? DEFAULT_HEARTBEAT_TIMEOUT_SECONDS;
  if (timeout < HEARTBEAT_TIMEOUT_MIN_SECONDS || timeout > HEARTBEAT_TIMEOUT_MAX_SECONDS) {
    throw validation(
      `HeartbeatTimeout ${timeout} must be between ${HEARTBEAT_TIMEOUT_MIN_SECONDS} and ${HEARTBEAT_TIMEOUT_MAX_SECONDS} seconds`,
    );
  }
  if (!group.hooks.has(config.name) && group.hooks.size >= MAX_HOOKS) {
    throw validation(`Lifecycle hooks are limited to ${MAX_HOOKS} per AutoScalingGroup`);
  }
  const { name, transition, notificationMetadata, notificationTargetArn, roleArn } = config;
  const hook: Hook = {
    name,
    transition,
    heartbeatTimeout: timeout,
    defaultResult: config.defaultResult ?? "ABANDON",
    ...(notificationMetadata !== undefined && { notificationMetadata }),
    ...(notificationTargetArn !== undefined && { notificationTargetArn }),
    ...(roleArn !== undefined && { roleArn }),
  };
  group.hooks.set(name, hook);
}

function check(config: GroupConfig): void {
  const { minSize, maxSize, desiredCapacity: desired, maxInstanceLifetime: lifetime = 0, warmPool } = config;
  if (minSize > maxSize) throw validation(`Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  if (desired !== undefined && (desired < minSize || desired > maxSize)) {
    throw validation(`Desired capacity:${desired} must be between the specified min size:${minSize} and max size:${maxSize}`);
  }
  if (config.subnets.length === 0) throw validation("At least one Availability Zone or VPC Subnet is required.");
  if (lifetime !== 0 && lifetime < MIN_LIFETIME_SECONDS) {
    throw validation(`MaxInstanceLifetime ${lifetime} must be 0 or at least ${MIN_LIFETIME_SECONDS} seconds`);
  }
  const prepared = warmPool?.maxGroupPreparedCapacity ?? -1;
  if (warmPool && prepared !== -1 && prepared < (warmPool.minSize ?? 0)) {
    throw validation("MaxGroupPreparedCapacity must be greater than or equal to MinSize of the warm pool");
  }
  const share = config.mixedInstances?.onDemandPercentageAboveBaseCapacity ?? 100;
  if (warmPool && share < 100) {
    throw validation("You can't add a warm pool to an Auto Scaling group that launches Spot Instances");
  }
}

import { globalTimeoutSeconds, TRANSITION } from "../../contract/aws/lifecycle";
import type { HostConfig } from "../../contract/actions-runner-pool/host";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import { POOL_TAG, type PoolNames, poolNames } from "../../contract/actions-runner-pool/names";
import type { AutoScaling, LaunchTemplate, RefreshPreferences, WarmPoolConfig } from "../aws/autoscaling";
import type { AwsGateway } from "../aws/gateway";
import type { AwsAccount } from "../aws/account";
import type { MemoryStore } from "../aws/store";
import type { Clock } from "../clock";
import type { GitHub } from "../github";
import { autoScalingOver } from "../provider/autoscaling-api";
import { deleteGroup } from "../provider/group-delete";
import { groupContext } from "../provider/group-waits";
import type { InProcessFunctions } from "./functions";
import { poolResources } from "./rules";

export interface PoolOptions {
  name?: string;
  /** Instances in service at the start. */
  instances?: number;
  minSize?: number;
  maxSize?: number;
  warmPool?: WarmPoolConfig;
  /** Seconds; the defaults are the component's. */
  heartbeatTimeout?: number;
  heartbeatInterval?: number;
  launchTimeout?: number;
  maxDrain?: number;
  maxInstanceLifetime?: number;
  /** Whether an instance whose heartbeats fail is kept. Default true. */
  retain?: boolean;
  labels?: string[];
}

/** What a pool needs of the world that it is deployed into. */
export interface PoolWorld {
  readonly github: GitHub;
  readonly door: AwsGateway;
  readonly autoscaling: AutoScaling;
  readonly clock: Clock;
  readonly functions: InProcessFunctions;
  readonly store: MemoryStore;
}

interface PoolSite {
  account: AwsAccount;
  organization: string;
  tokenSecret: string;
}

/** Seconds, as the component's defaults. */
const HEARTBEAT_TIMEOUT = 1800;
const HEARTBEAT_INTERVAL_CAP = 300;
const LAUNCH_TIMEOUT = 900;
const ZONES = ["a", "b", "c"];

/** One pool as the component deploys it: group, hooks, functions, rules; and what an operator may do to it. */
export class Pool {
  readonly names: PoolNames;
  readonly labels: string[];
  readonly config: HostConfig;
  private version = 1;

  constructor(
    private readonly world: PoolWorld,
    { account, organization, tokenSecret }: PoolSite,
    options: PoolOptions,
  ) {
    const name = options.name ?? "pool";
    const instances = options.instances ?? 1;
    const heartbeatTimeout = options.heartbeatTimeout ?? HEARTBEAT_TIMEOUT;
    const launchTimeout = options.launchTimeout ?? LAUNCH_TIMEOUT;
    const longest = globalTimeoutSeconds(heartbeatTimeout);
    const maxDrain = options.maxDrain ?? longest;
    const names = (this.names = poolNames(name));
    this.labels = options.labels ?? [name];
    this.config = {
      pool: name,
      region: account.region,
      group: names.group,
      launchHook: names.launchHook,
      terminateHook: names.terminateHook,
      secretPrefix: names.secretPrefix,
      githubUrl: `https://github.com/${organization}`,
      labels: this.labels,
      noDefaultLabels: false,
      runnerUser: "runner",
      heartbeatInterval: options.heartbeatInterval ?? Math.min(Math.floor(heartbeatTimeout / 3), HEARTBEAT_INTERVAL_CAP),
      heartbeatTimeout,
      launchTimeout,
      drainDeadline: Math.min(maxDrain, longest - TIMING.forcedStopMargin),
      jobsMayUseInstanceRole: false,
      jobsMayUseDocker: false,
    };
    world.functions.deploy({ pool: name, names, maxDrainSeconds: maxDrain, hostRoleId: "AROASIMULATION", organization, tokenSecret });
    for (const resource of poolResources(names, account, launchTimeout)) world.store.put(resource);
    world.autoscaling.createGroup({
      name: names.group,
      minSize: options.minSize ?? 0,
      maxSize: options.maxSize ?? Math.max(instances * 2, 1),
      desiredCapacity: instances,
      launchTemplate: () => this.template(),
      subnets: ZONES.map((zone) => ({ id: `subnet-${zone}`, availabilityZone: `${account.region}${zone}` })),
      ...(options.warmPool ? { warmPool: options.warmPool } : {}),
      maxInstanceLifetime: options.maxInstanceLifetime ?? 0,
      instanceLifecyclePolicy: { terminateHookAbandon: (options.retain ?? true) ? "retain" : "terminate" },
      initialLifecycleHooks: [
        { name: names.launchHook, transition: TRANSITION.launching, heartbeatTimeout: launchTimeout, defaultResult: "ABANDON" },
        { name: names.terminateHook, transition: TRANSITION.terminating, heartbeatTimeout, defaultResult: "ABANDON" },
      ],
      tags: [{ key: POOL_TAG, value: name, propagateAtLaunch: true }],
    });
  }

  /** Ids of the instances in any of the states; without states: of all, warm ones included. */
  instances(...states: string[]): string[] {
    const all = this.world.autoscaling.group(this.names.group)?.instances ?? [];
    return all.filter(({ state }) => states.length === 0 || states.includes(state)).map(({ id }) => id);
  }

  inService(): string[] {
    return this.instances("InService");
  }

  /** In service, and its runner is online at GitHub. */
  ready(): string[] {
    const online = new Set(this.world.github.runners().flatMap(({ name, online }) => (online ? [name] : [])));
    return this.inService().filter((id) => online.has(id));
  }

  /** Queues a job that runs on this pool only; `instance`: on that one only. Returns its id. */
  queueJob(job: { name?: string; seconds: number; setupSeconds?: number; instance?: string }): string {
    const { name = "job", instance, ...rest } = job;
    return this.world.github.queueJob({ name, ...rest, labels: this.labels, ...(instance ? { runner: instance } : {}) });
  }

  async scaleTo(desired: number): Promise<void> {
    await this.operator("SetDesiredCapacity", { AutoScalingGroupName: this.names.group, DesiredCapacity: desired });
  }

  /** Through the group; with `decrement` nothing replaces it. */
  async terminate(instance: string, decrement = true): Promise<void> {
    await this.operator("TerminateInstanceInAutoScalingGroup", { InstanceId: instance, ShouldDecrementDesiredCapacity: decrement });
  }

  /** A new launch template version and the instance refresh that follows it. */
  refresh(preferences: RefreshPreferences = {}): void {
    this.version++;
    const defaults: RefreshPreferences = { minHealthyPercentage: 100, maxHealthyPercentage: 110, instanceWarmup: 0, skipMatching: true };
    this.world.autoscaling.startRefresh(this.names.group, { ...defaults, ...preferences });
  }

  /** `pulumi destroy`: the group goes through its hooks, the last sweep follows, then rules and functions go. */
  async destroy(): Promise<void> {
    const { world, names } = this;
    await deleteGroup(names.group, {}, groupContext(autoScalingOver(world.door), world.clock, Infinity));
    await world.functions.invoke(names.sweepFunction, { pool: this.config.pool, tf: { action: "delete", prev_input: null } });
    for (const rule of [names.launchRule, names.terminateRule, names.terminatedRule, names.sweepRule]) {
      world.store.remove("aws:cloudwatch/eventRule:EventRule", rule);
    }
    world.functions.undeploy(names);
  }

  private async operator(operation: string, params: Record<string, unknown>): Promise<void> {
    await this.world.door.call({ kind: "operator" }, `autoscaling:${operation}`, params);
  }

  private template(): LaunchTemplate {
    return {
      id: `lt-${this.names.group}`,
      name: this.names.group,
      version: String(this.version),
      userData: JSON.stringify(this.config),
      instanceType: "t3.medium",
      profile: { arn: "arn:aws:iam::123456789012:instance-profile/host", roleName: "host" },
      instanceTags: { [POOL_TAG]: this.config.pool },
    };
  }
}

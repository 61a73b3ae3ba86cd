import { functionSettings } from "../../components/actions-runner-pool/function-settings";
import { hostConfig } from "../../components/actions-runner-pool/host-config";
import { refreshPreferences } from "../../components/actions-runner-pool/instance-refresh";
import { lifecycleHooks, onAbandon } from "../../components/actions-runner-pool/lifecycle-hooks";
import { installedVersion } from "../../components/shared/runner-archive";
import type { PoolSettings } from "../../components/actions-runner-pool/settings";
import { triggers } from "../../components/actions-runner-pool/triggers";
import type { HostConfig } from "../../contract/actions-runner-pool/host";
import type { RefreshCancelInput } from "../../contract/actions-runner-pool/instance-refresh";
import { POOL_TAG, type PoolNames } from "../../contract/actions-runner-pool/names";
import type { AutoScaling, LaunchTemplate, RefreshPreferences } from "../aws/autoscaling";
import type { AwsGateway } from "../aws/gateway";
import type { AwsAccount } from "../aws/account";
import type { MemoryStore } from "../aws/store";
import type { Clock } from "../clock";
import type { GitHub } from "../github";
import { autoScalingOver } from "../provider/autoscaling-api";
import { deleteGroup } from "../provider/group-delete";
import { startRefresh } from "../provider/group-refresh";
import { groupContext } from "../provider/group-waits";
import type { InProcessFunctions } from "./functions";
import { INSTANCE_TYPE, type PoolOptions, settingsOf, warmPoolOf, ZONES } from "./pool-options";
import { poolResources } from "./rules";

/** What a pool needs from the environment that it is deployed to. */
export interface PoolDependencies {
  readonly github: GitHub;
  readonly gateway: AwsGateway;
  readonly autoscaling: AutoScaling;
  readonly clock: Clock;
  readonly functions: InProcessFunctions;
  readonly store: MemoryStore;
}

interface DeploymentTarget {
  account: AwsAccount;
  organization: string;
  tokenSecret: string;
}

/**
 * One pool, rendered by the component's own code (group, hooks, functions, rules), with the operations of an operator.
 * Only what the component leaves to its provider is implemented here.
 */
export class Pool {
  readonly names: PoolNames;
  readonly labels: string[];
  readonly config: HostConfig;
  private readonly settings: PoolSettings;
  /** The whole configuration; described with every call that describes the group. */
  private readonly userData: string;
  /** The group's version of the launch template. */
  private version = 1;
  /** When each version was created, in milliseconds since the epoch. */
  private readonly created: Record<number, number> = {};

  constructor(
    private readonly environment: PoolDependencies,
    { account, organization, tokenSecret }: DeploymentTarget,
    options: PoolOptions,
  ) {
    const settings = (this.settings = settingsOf(options, organization, tokenSecret));
    const { poolName, names } = settings;
    this.names = names;
    this.labels = settings.labels;
    this.config = hostConfig(settings, account.region, "x64");
    this.userData = JSON.stringify(this.config);
    environment.functions.deploy(
      {
        pool: poolName,
        names,
        maxDrainSeconds: settings.drain.maxDrain,
        runnerVersion: installedVersion(settings.runner),
        hostRoleId: "AROASIMULATION",
        refreshPreferences: refreshPreferences(settings),
        organization,
        tokenSecret,
      },
      functionSettings(settings),
    );
    for (const resource of poolResources(settings, account)) environment.store.put(resource);
    this.createVersion(1);
    const warmPool = warmPoolOf(settings);
    environment.autoscaling.createGroup({
      name: names.group,
      minSize: settings.minSize,
      maxSize: settings.maxSize,
      desiredCapacity: settings.desiredCapacity,
      launchTemplate: () => this.template(),
      subnets: ZONES.map((zone) => ({ id: `subnet-${zone}`, availabilityZone: `${account.region}${zone}` })),
      ...(warmPool ? { warmPool } : {}),
      maxInstanceLifetime: options.maxInstanceLifetime ?? 0,
      instanceLifecyclePolicy: { terminateHookAbandon: onAbandon(settings) },
      initialLifecycleHooks: Object.values(lifecycleHooks(settings)).map(({ lifecycleTransition: transition, ...hook }) => ({
        ...hook,
        transition,
      })),
      tags: [{ key: POOL_TAG, value: poolName, propagateAtLaunch: true }],
    });
  }

  /** Ids of the instances in any of the given states; without states: of all, including the warm pool. */
  instances(...states: string[]): string[] {
    const all = this.environment.autoscaling.group(this.names.group)?.instances ?? [];
    return all.filter(({ state }) => states.length === 0 || states.includes(state)).map(({ id }) => id);
  }

  inService(): string[] {
    return this.instances("InService");
  }

  /** Instances in service whose runner is online at GitHub. */
  ready(): string[] {
    const online = new Set(this.environment.github.runners().flatMap(({ name, online }) => (online ? [name] : [])));
    return this.inService().filter((id) => online.has(id));
  }

  /** Queues a job that only this pool, or only `instance`, can run. Returns its id. */
  queueJob(job: { name?: string; seconds: number; setupSeconds?: number; instance?: string }): string {
    const { name = "job", instance, ...rest } = job;
    return this.environment.github.queueJob({ name, ...rest, labels: this.labels, ...(instance ? { runner: instance } : {}) });
  }

  async scaleTo(desired: number): Promise<void> {
    await this.operator("SetDesiredCapacity", { AutoScalingGroupName: this.names.group, DesiredCapacity: desired });
  }

  /** Sets the size of the warm pool. Too large a pool is trimmed, the oldest prepared instance first. */
  async sizeWarmPool(size: number): Promise<void> {
    const desired = this.environment.autoscaling.group(this.names.group)?.desired ?? 0;
    const sizes = { MinSize: size, MaxGroupPreparedCapacity: desired + size };
    await this.operator("PutWarmPool", { AutoScalingGroupName: this.names.group, ...sizes });
  }

  /** Terminates an instance of the group, not of the warm pool; with `decrement` it is not replaced. */
  async terminate(instance: string, decrement = true): Promise<void> {
    await this.operator("TerminateInstanceInAutoScalingGroup", { InstanceId: instance, ShouldDecrementDesiredCapacity: decrement });
  }

  /** Creates a new launch template version and starts an instance refresh. */
  refresh(preferences: RefreshPreferences = {}): void {
    this.createVersion(++this.version);
    this.environment.autoscaling.startRefresh(this.names.group, { ...refreshPreferences(this.settings), ...preferences });
  }

  /**
   * `pulumi up` with another launch template, or a rollback: invokes what precedes the update of the group, updates the
   * group, and starts the refresh as the provider does, with its cancellation of one that is running.
   *
   * After one that failed before the group's update it is a repetition of that: the version exists, and the invocation, which
   * succeeded with the same input, is not repeated.
   *
   * @param invokes Whether the component's invocation precedes the update, as it does since the release after 0.2.0.
   * @param updates Whether the update of the group succeeds.
   * @throws what fails the `up`. If that was the start of the refresh, the group has the new template all the same.
   */
  async deploy({ invokes = true, updates = true }: { invokes?: boolean; updates?: boolean } = {}): Promise<void> {
    const { environment, names, config } = this;
    const version = this.version + 1;
    const repeated = version in this.created;
    if (!repeated) this.createVersion(version);
    if (invokes && !repeated) {
      const input: RefreshCancelInput = { pool: config.pool, task: "cancel-refresh", template: version };
      const invoked = await environment.functions.invoke(names.sweepFunction, { ...input, tf: { action: "update", prev_input: null } });
      if ("error" in invoked && invoked.error) throw new Error(invoked.error.errorMessage);
    }
    if (!updates) throw new Error("the group could not be updated");
    this.version = version;
    const given = {
      name: names.group,
      launchTemplate: { id: this.template().id, version: String(version) },
      instanceRefresh: { strategy: "Rolling", preferences: refreshPreferences(this.settings) },
    };
    await startRefresh(given, groupContext(autoScalingOver(environment.gateway), environment.clock, Infinity));
  }

  /** `pulumi destroy`: runs the check, whose error ends it; deletes the group, which runs its hooks, then runs the final sweep, then deletes rules and functions. */
  async destroy(): Promise<void> {
    const { environment, names } = this;
    const lifecycle = { action: "delete", prev_input: null };
    const checked = await environment.functions.invoke(names.sweepFunction, { pool: this.config.pool, check: "destroy", tf: lifecycle });
    if ("error" in checked && checked.error) throw new Error(checked.error.errorMessage);
    await deleteGroup(names.group, {}, groupContext(autoScalingOver(environment.gateway), environment.clock, Infinity));
    await environment.functions.invoke(names.sweepFunction, { pool: this.config.pool, tf: lifecycle });
    for (const { rule } of triggers(this.settings)) environment.store.remove("aws:cloudwatch/eventRule:EventRule", rule);
    environment.functions.undeploy(names);
  }

  private createVersion(version: number): void {
    const { store, clock } = this.environment;
    this.created[version] = clock.now();
    const { id, name } = this.template();
    store.put({
      type: "aws:ec2/launchTemplate:LaunchTemplate",
      id,
      state: { name, latestVersion: version, defaultVersion: 1, _created: { ...this.created } },
    });
  }

  private async operator(operation: string, params: Record<string, unknown>): Promise<void> {
    await this.environment.gateway.call({ kind: "operator" }, `autoscaling:${operation}`, params);
  }

  private template(): LaunchTemplate {
    return {
      id: `lt-${this.names.group}`,
      name: this.names.group,
      version: String(this.version),
      userData: this.userData,
      instanceType: INSTANCE_TYPE,
      profile: { arn: "arn:aws:iam::123456789012:instance-profile/host", roleName: "host" },
      instanceTags: { [POOL_TAG]: this.config.pool },
    };
  }
}

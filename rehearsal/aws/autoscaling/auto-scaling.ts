import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Timeline } from "../../timeline";
import type { TargetState } from "../../../contract/aws/lifecycle";
import { type Authorisation, AwsError, type Principal, type Service, type Shape } from "../api";
import { labelOf } from "../gateway";
import type { Fleet } from "../ec2/fleet";
import type { AwsAccount } from "../account";
import { Activities } from "./activities";
import { Capacity } from "./capacity";
import { CONTROL_PLANE_OPERATIONS, type ControlPlaneParts } from "./control-plane";
import { DEFAULT_DELAYS, type Delays, type GroupConfig, type RefreshPreferences } from "./config";
import type { Resolver } from "./deployed";
import { Deletion } from "./deletion";
import { type EventBridgeEvent, EventWriter, uuid } from "./events";
import { Groups } from "./groups";
import { type CancellationScope, InstanceRefreshes } from "./instance-refresh";
import { Lifecycle } from "./lifecycle";
import { LifecycleActions } from "./lifecycle-actions";
import { startLifetime } from "./lifetime";
import type { Group } from "./model";
import { ACTS_ON_GROUP, type OperationParts, OPERATIONS } from "./operations";
import { DESCRIBE_OPERATIONS } from "./describe-operations";
import { Standby } from "./standby";
import { States } from "./states";
import { type GroupView, viewOf } from "./view";

export interface AutoScalingOptions {
  clock: Clock;
  random: Random;
  timeline: Timeline;
  fleet: Fleet;
  account: AwsAccount;
  /** Receives every event of Auto Scaling; the bus decides whether and when to deliver it. */
  publish: (event: EventBridgeEvent) => void;
  /** Resolves the references in CreateAutoScalingGroup and UpdateAutoScalingGroup; `createGroup` does not need it. */
  resolver?: Resolver;
  delays?: Partial<Delays>;
  /**
   * Whether an instance whose launch was abandoned passes the termination hooks; AWS does not document it. Default true,
   * the harder case for a pool: a half-built host must drain.
   */
  terminateHookAfterAbandonedLaunch?: boolean;
  /** AWS was once observed to accept `false` for an instance in Terminating:Wait. Default accept. */
  clearProtectionWhileTerminating?: "accept" | "reject";
  /**
   * Whether TerminateInstanceInAutoScalingGroup returns an instance to a warm pool with reuse, if it lowers the desired
   * capacity and the pool has room; AWS does not document it. Default terminate.
   */
  terminateCallWithReuse?: "terminate" | "return";
  /** Default group: a drain of a scale-in then blocks the next refresh as well, the harder case for an `up`. */
  cancellationWaitsFor?: CancellationScope;
}

/**
 * EC2 Auto Scaling: groups, lifecycle hooks, warm pools, scale-in protection and instance refreshes, with AWS's own
 * states, timers and error texts. `execute` serves the API. The methods below it create and change groups directly and
 * simulate Spot interruptions.
 */
export class AutoScaling implements Service {
  readonly prefix = "autoscaling";
  private readonly groups = new Groups();
  private readonly states: States;
  private readonly capacity: Capacity;
  private readonly lifecycle: Lifecycle;
  private readonly refreshes: InstanceRefreshes;
  private readonly deletion: Deletion;
  private readonly activities: Activities;
  private readonly parts: OperationParts;
  private readonly controlParts: ControlPlaneParts;
  private readonly delays: Delays;

  constructor(private readonly options: AutoScalingOptions) {
    const { clock, random, timeline, fleet, account, publish } = options;
    this.delays = { ...DEFAULT_DELAYS, ...options.delays };
    const { delays, groups } = this;
    const changed = (group: Group) => {
      this.capacity.changed(group);
      this.deletion.changed(group);
    };
    const states = (this.states = new States(clock, timeline, delays.targetState));
    const events = new EventWriter({ now: () => clock.now(), random, account, publish });
    const activities = (this.activities = new Activities(clock, random));
    const actions = new LifecycleActions(clock, random, timeline, events);
    const terminateHookAfterAbandonedLaunch = options.terminateHookAfterAbandonedLaunch ?? true;
    const lifecycle = (this.lifecycle = new Lifecycle({
      clock,
      fleet,
      states,
      actions,
      activities,
      events,
      delays,
      terminateHookAfterAbandonedLaunch,
      changed,
    }));
    this.capacity = new Capacity({ clock, fleet, states, lifecycle, activities, delays });
    const refreshes = (this.refreshes = new InstanceRefreshes({
      clock,
      random,
      lifecycle,
      activities,
      events,
      changed,
      cancellationWaitsFor: options.cancellationWaitsFor ?? "group",
    }));
    const standby = new Standby({ states, activities, changed });
    this.deletion = new Deletion({ groups, lifecycle, activities, capacity: this.capacity });
    const clearProtectionWhileTerminating = options.clearProtectionWhileTerminating ?? "accept";
    const { terminateCallWithReuse } = options;
    const takesBack = (group: Group) => terminateCallWithReuse === "return" && this.capacity.takesBack(group);
    this.parts = {
      groups,
      takesBack,
      actions,
      lifecycle,
      refreshes,
      standby,
      activities,
      changed,
      clearProtectionWhileTerminating,
    };
    this.controlParts = {
      groups,
      changed,
      resolver: options.resolver ?? NO_RESOLVER,
      create: (config) => void this.createGroup(config),
      update: (group, changes) => this.update(group, changes),
      remove: (group) => this.deletion.remove(group),
      forceDelete: (group) => this.deletion.force(group),
      terminate: (member, reason, skipHooks) =>
        void lifecycle.terminate(member, activities.stamp(`an instance was terminated because ${reason}`), skipHooks),
    };
    fleet.onLoss((id) => this.lost(id));
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    if (Object.hasOwn(CONTROL_PLANE_OPERATIONS, operation)) return CONTROL_PLANE_OPERATIONS[operation]!(this.controlParts, params);
    if (Object.hasOwn(DESCRIBE_OPERATIONS, operation)) return DESCRIBE_OPERATIONS[operation]!(this.groups, params);
    const act = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
    if (!act) throw new AwsError("InvalidAction", `Could not find operation ${operation} for version 2011-01-01`);
    return act(this.parts, params, labelOf(principal));
  }

  authorisation(operation: string, params: Shape): Authorisation[] {
    if (!ACTS_ON_GROUP.has(operation)) return [{ resource: "*", context: {} }];
    const name = params.AutoScalingGroupName ?? this.groupOf(String(params.InstanceId))?.name;
    const group = typeof name === "string" ? this.groups.find(name) : undefined;
    if (!group) return [{ resource: this.arn("*", String(name ?? "*")), context: {} }];
    const context = (group.config.tags ?? []).flatMap(({ key, value }) => [
      [`aws:ResourceTag/${key}`, value],
      [`autoscaling:ResourceTag/${key}`, value],
    ]);
    return [{ resource: group.arn, context: Object.fromEntries(context) }];
  }

  /** Creates a group and starts launching its instances. @throws AlreadyExists, ValidationError */
  createGroup(config: GroupConfig): GroupView {
    const { clock, random } = this.options;
    const group = this.groups.create(config, this.arn(uuid(random), config.name), clock.now());
    this.parts.changed(group);
    return viewOf(group);
  }

  /**
   * Applies the given changes. `warmPool: undefined` removes the warm pool. Ignores initial lifecycle hooks: AWS honours
   * them only at creation. Does not start a refresh; call `startRefresh`.
   */
  updateGroup(name: string, changes: Partial<Omit<GroupConfig, "name">>): GroupView {
    const group = this.groups.get(name);
    this.update(group, changes);
    return viewOf(group);
  }

  /** Starts a rolling instance refresh and returns its id. @throws InstanceRefreshInProgress */
  startRefresh(name: string, preferences?: RefreshPreferences): string {
    return this.refreshes.start(this.groups.get(name), preferences).id;
  }

  group(name: string): GroupView | undefined {
    const group = this.groups.find(name);
    return group && viewOf(group);
  }

  groupNames(): string[] {
    return this.groups.list().map((group) => group.config.name);
  }

  /** The group that an instance belongs to. */
  groupOf(instanceId: string): GroupView | undefined {
    const member = this.groups.findMember(instanceId);
    return member && viewOf(member.group);
  }

  /** Target lifecycle state for the instance metadata; undefined (404) before the instance's first transition. */
  targetState(instanceId: string): TargetState | undefined {
    const member = this.groups.findMember(instanceId);
    return member && this.states.target(member);
  }

  /** A two-minute Spot notice: the hook fires and a replacement launches at once, but nothing delays the termination. */
  interruptSpot(instanceId: string): void {
    const member = this.groups.getMember(instanceId);
    this.options.fleet.interrupt(member.instance);
    const cause = "an instance was taken out of service in response to an EC2 Spot interruption notice.";
    this.lifecycle.terminate(member, this.activities.stamp(cause));
  }

  /** Drops all groups and cancels their timers, so that the process can exit. The driver terminates the machines. */
  close(): void {
    for (const group of this.groups.list()) {
      this.deletion.remove(group);
      for (const member of group.members.values()) {
        member.generation++;
        member.lifetimeTimer?.cancel();
        this.parts.actions.drop(member, "close");
      }
    }
  }

  private update(group: Group, changes: Partial<Omit<GroupConfig, "name">>): void {
    this.groups.update(group, changes);
    if (changes.maxInstanceLifetime !== undefined) {
      // A new maximum applies to existing instances, too.
      const serving = [...group.members.values()].filter(({ state }) => state === "InService");
      for (const member of serving) startLifetime(member, this.options.clock, this.parts.changed);
    }
    this.parts.changed(group);
  }

  private lost(instanceId: string): void {
    this.options.clock.after(this.delays.healthCheck, () => {
      const member = this.groups.findMember(instanceId);
      if (!member) return;
      member.health = "Unhealthy";
      this.parts.changed(member.group);
    });
  }

  private arn(id: string, name: string): string {
    const { region, accountId } = this.options.account;
    return `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${id}:autoScalingGroupName/${name}`;
  }
}

const NO_RESOLVER: Resolver = {
  template: () => {
    throw new Error("resolver: missing in AutoScalingOptions; pass a DeployedResolver for the resource store");
  },
  zoneOf: () => NO_RESOLVER.template({}) as never,
};

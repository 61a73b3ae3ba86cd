import assert from "node:assert/strict";
import {
  AutoScaling,
  type AutoScalingOptions,
  type EventBridgeEvent,
  type GroupConfig,
  type HookConfig,
  type LaunchTemplate,
} from "../../../../rehearsal/aws/autoscaling";
import { AwsError, type Principal, type Shape } from "../../../../rehearsal/aws/api";
import { Fleet } from "../../../../rehearsal/aws/ec2";
import type { CommandResult, HostDriver, LaunchSpec } from "../../../../rehearsal/aws/host-driver";
import { deleteGroup } from "../../../../rehearsal/provider/group-delete";
import { groupContext } from "../../../../rehearsal/provider/group-waits";
import { Random } from "../../../../rehearsal/random";
import { Timeline } from "../../../../rehearsal/timeline";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { afterEachTest } from "../../../support/after-each";

/** Machines that only record the operations on them, in order. */
export class RecordingHosts implements HostDriver {
  private readonly operations: string[] = [];
  readonly specs = new Map<string, LaunchSpec>();
  failingLaunches = 0;

  async launch(spec: LaunchSpec): Promise<void> {
    this.specs.set(spec.instanceId, spec);
    this.operations.push(`launch ${spec.instanceId}`);
    if (this.failingLaunches > 0) {
      this.failingLaunches--;
      throw new Error("no capacity");
    }
  }
  async stop(id: string): Promise<void> {
    this.operations.push(`stop ${id}`);
  }
  async start(id: string): Promise<void> {
    this.operations.push(`start ${id}`);
  }
  async hibernate(id: string): Promise<void> {
    this.operations.push(`hibernate ${id}`);
  }
  async resume(id: string): Promise<void> {
    this.operations.push(`resume ${id}`);
  }
  async terminate(id: string): Promise<void> {
    this.operations.push(`terminate ${id}`);
  }
  async runCommand(): Promise<CommandResult> {
    throw new Error("these machines run no commands");
  }
  async close(): Promise<void> {}

  of(id: string): string[] {
    return this.operations.filter((operation) => operation.endsWith(id)).map((operation) => operation.split(" ")[0]!);
  }
}

export const OPERATOR: Principal = { kind: "operator" };
export const ACCOUNT = { region: "eu-central-1", accountId: "123456789012" };

export const template = (version = "1", changes: Partial<LaunchTemplate> = {}): LaunchTemplate => ({
  id: "lt-0123456789abcdef0",
  name: "pool",
  version,
  userData: `#!/bin/bash\necho ${version}`,
  instanceType: "m7g.large",
  ...changes,
});

export const LAUNCH_HOOK: HookConfig = {
  name: "launch",
  transition: "autoscaling:EC2_INSTANCE_LAUNCHING",
  heartbeatTimeout: 600,
};

export const TERMINATE_HOOK: HookConfig = {
  name: "terminate",
  transition: "autoscaling:EC2_INSTANCE_TERMINATING",
  heartbeatTimeout: 1800,
};

const SUBNETS = [
  { id: "subnet-a", availabilityZone: "eu-central-1a" },
  { id: "subnet-b", availabilityZone: "eu-central-1b" },
];

/** An account with Auto Scaling and a clock that advances only while a test waits. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly random = new Random(7);
  readonly timeline = new Timeline(() => this.clock.now());
  readonly hosts = new RecordingHosts();
  readonly fleet = new Fleet({ clock: this.clock, random: this.random, driver: this.hosts });
  readonly published: EventBridgeEvent[] = [];
  readonly scaling: AutoScaling;
  private static readonly open: Rig[] = [];

  /** Stops the clocks: otherwise a group left open would replace its instances forever, in a busy loop of virtual time. */
  static closeAll(): void {
    for (const rig of Rig.open.splice(0)) rig.clock.close();
  }

  constructor(options: Partial<AutoScalingOptions> = {}) {
    this.scaling = new AutoScaling({
      clock: this.clock,
      random: this.random,
      timeline: this.timeline,
      fleet: this.fleet,
      account: ACCOUNT,
      publish: (event) => this.published.push(event),
      ...options,
    });
    Rig.open.push(this);
  }

  /** Creates a group named "pool", by default with one instance and no hooks. */
  create(changes: Partial<GroupConfig> = {}): void {
    this.scaling.createGroup({
      name: "pool",
      minSize: 0,
      maxSize: 10,
      desiredCapacity: 1,
      launchTemplate: template(),
      subnets: SUBNETS,
      ...changes,
    });
  }

  call(operation: string, params: Shape = {}, principal: Principal = OPERATOR): Promise<Shape> {
    return this.scaling.execute(operation, { AutoScalingGroupName: "pool", ...params }, principal);
  }

  complete(instance: string, hook: string, result = "CONTINUE"): Promise<Shape> {
    return this.call("CompleteLifecycleAction", {
      LifecycleHookName: hook,
      InstanceId: instance,
      LifecycleActionResult: result,
    });
  }

  desire(capacity: number): Promise<Shape> {
    return this.call("SetDesiredCapacity", { DesiredCapacity: capacity });
  }

  protect(instance: string, on = true): Promise<Shape> {
    return this.call("SetInstanceProtection", { InstanceIds: [instance], ProtectedFromScaleIn: on });
  }

  /** Deletes the group as the provider does. */
  delete(timeoutSeconds = Infinity): Promise<void> {
    const api = { call: (operation: string, params: Shape) => this.scaling.execute(operation, params, OPERATOR) };
    return deleteGroup("pool", {}, groupContext(api, this.clock, timeoutSeconds));
  }

  /** Advances the clock by the given number of seconds. */
  async advance(seconds: number): Promise<void> {
    await this.clock.sleep(seconds * 1000);
  }

  inState(state: string): string[] {
    const group = this.scaling.group("pool");
    return (group?.instances ?? []).filter((instance) => instance.state === state).map(({ id }) => id);
  }

  /** The only instance in a state. */
  one(state: string): string {
    const ids = this.inState(state);
    assert.equal(ids.length, 1, `instances in ${state}: ${ids.length}`);
    return ids[0]!;
  }

  stateOf(instance: string): string | undefined {
    return this.scaling.group("pool")?.instances.find(({ id }) => id === instance)?.state;
  }

  /** Every state that the instance has been in, in order. */
  states(instance: string): string[] {
    return this.timeline.events.flatMap((e) => (e.kind === "instance-state" && e.instance === instance ? [e.state] : []));
  }

  /** Events about an instance, in order. */
  eventsOf(instance: string): EventBridgeEvent[] {
    return this.published.filter((event) => event.detail.EC2InstanceId === instance);
  }

  async activities(): Promise<Shape[]> {
    return (await this.call("DescribeScalingActivities")).Activities as Shape[];
  }
}

afterEachTest(() => Rig.closeAll());

/** Asserts that a call fails with the given AWS error. */
export async function fails(call: Promise<unknown>, code: string, message: string, status = 400): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof AwsError);
    assert.deepEqual([error.code, error.message, error.httpStatus], [code, message, status]);
    return true;
  });
}

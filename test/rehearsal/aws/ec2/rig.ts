import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import type { AwsOptions } from "../../../../rehearsal/aws/aws-options";
import type { EventBridgeEvent } from "../../../../rehearsal/aws/autoscaling";
import type { Instance } from "../../../../rehearsal/aws/ec2";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { type AwsHarness, startHarness } from "../harness";

const OPERATOR: Principal = { kind: "operator" };
export const SUBNET = "subnet-00000000000000000";

/** EC2 with instances of their own, on virtual time. */
export class OwnInstances {
  /** States in the order in which the timeline got them, each with its reason: `stopped Client.UserInitiatedShutdown`. */
  readonly states: string[] = [];
  /** EC2's events as the bus gets them. */
  readonly published: EventBridgeEvent[] = [];

  private constructor(
    readonly clock: VirtualClock,
    readonly harness: AwsHarness,
  ) {
    harness.timeline.subscribe((event) => {
      if (event.kind === "power-state") this.states.push([event.state, event.reason].filter(Boolean).join(" "));
    });
    harness.bus.settings.decide = (event) => {
      this.published.push(event);
      return "lose";
    };
  }

  static async open(options: Partial<AwsOptions> = {}): Promise<OwnInstances> {
    const clock = new VirtualClock();
    return new OwnInstances(clock, await startHarness({ clock, ...options }));
  }

  async close(): Promise<void> {
    await this.harness.end();
    this.clock.close();
  }

  call(operation: string, params: Shape, principal = OPERATOR): Promise<Shape> {
    return this.harness.gateway.call(principal, `ec2:${operation}`, params);
  }

  /** Launches an instance, and waits until it runs. */
  async launch(changes: Shape = {}): Promise<Instance> {
    const instance = await this.request(changes);
    await this.until(instance, "running");
    return instance;
  }

  /** Launches an instance, which is pending. */
  async request(changes: Shape = {}): Promise<Instance> {
    const usual = { ImageId: "ami-1", InstanceType: "c7i.large", MinCount: 1, MaxCount: 1, SubnetId: SUBNET };
    const { Instances } = await this.call("RunInstances", { ...usual, ...changes });
    return this.harness.fleet.get(String((Instances as Shape[])[0]!.InstanceId))!;
  }

  on(operation: string, { id }: Instance, more: Shape = {}): Promise<Shape> {
    return this.call(operation, { InstanceIds: [id], ...more });
  }

  modify({ id }: Instance, attribute: Shape): Promise<Shape> {
    return this.call("ModifyInstanceAttribute", { InstanceId: id, ...attribute });
  }

  async stopped(instance: Instance): Promise<void> {
    await this.on("StopInstances", instance);
    await this.until(instance, "stopped");
  }

  async describe({ id }: Instance): Promise<Shape> {
    const { Reservations } = await this.call("DescribeInstances", { InstanceIds: [id] });
    return (Reservations as { Instances: Shape[] }[])[0]!.Instances[0]!;
  }

  /** An hour of virtual time at most. */
  async until(instance: Instance, state: string): Promise<void> {
    for (let seconds = 0; instance.state !== state; seconds++) {
      if (seconds > 3600) throw new Error(`${instance.id} is ${instance.state}, not ${state}`);
      await this.clock.sleep(1000);
    }
  }

  /** With a rule that asks for EC2's events. */
  watch(): void {
    const state = { name: "state", arn: "arn:aws:events:eu-central-1:123456789012:rule/state", eventPattern: '{"source":["aws.ec2"]}' };
    this.harness.store.put({ type: "aws:cloudwatch/eventRule:EventRule", id: "state", state });
  }
}

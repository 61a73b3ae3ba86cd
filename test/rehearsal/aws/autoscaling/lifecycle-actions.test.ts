import assert from "node:assert/strict";
import type { EventBridgeEvent } from "../../../../rehearsal/aws/autoscaling";
import { fails, LAUNCH_HOOK, Rig, TERMINATE_HOOK } from "./rig";

/** Creates a group with one instance, in Terminating:Wait. */
async function draining(changes = {}, hook = {}): Promise<{ rig: Rig; id: string; event: EventBridgeEvent }> {
  const rig = new Rig();
  rig.create({ initialLifecycleHooks: [{ ...TERMINATE_HOOK, ...hook }], ...changes });
  await rig.advance(5);
  const id = rig.one("InService");
  await rig.desire(0);
  await rig.advance(1);
  assert.equal(rig.stateOf(id), "Terminating:Wait");
  return { rig, id, event: rig.published.at(-1)! };
}

const tokenOf = (event: EventBridgeEvent) => String(event.detail.LifecycleActionToken);

describe("Auto Scaling: lifecycle actions", () => {
  it("the event has AWS's exact shape, and the state is Terminating:Wait before it is published [A2.1]", async () => {
    const states: (string | undefined)[] = [];
    const rig: Rig = new Rig({
      publish: (event) => {
        rig.published.push(event);
        states.push(rig.stateOf(String(event.detail.EC2InstanceId)));
      },
    });
    rig.create({ initialLifecycleHooks: [{ ...TERMINATE_HOOK, notificationMetadata: "additional-info" }] });
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.desire(0);
    await rig.advance(1);
    const event = rig.published.at(-1)!;
    assert.equal(states.at(-1), "Terminating:Wait");
    assert.match(event.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(tokenOf(event), /^[0-9a-f-]{36}$/);
    assert.deepEqual(event, {
      version: "0",
      id: event.id,
      "detail-type": "EC2 Instance-terminate Lifecycle Action",
      source: "aws.autoscaling",
      account: "123456789012",
      time: event.time,
      region: "eu-central-1",
      resources: [rig.scaling.group("pool")!.arn],
      detail: {
        LifecycleActionToken: tokenOf(event),
        AutoScalingGroupName: "pool",
        LifecycleHookName: "terminate",
        EC2InstanceId: id,
        LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
        NotificationMetadata: "additional-info",
        Origin: "AutoScalingGroup",
        Destination: "EC2",
      },
    });
    assert.match(
      rig.scaling.group("pool")!.arn,
      /^arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/pool$/,
    );
  });

  it("omits NotificationMetadata if the hook has none [A2.2]", async () => {
    const { event } = await draining();
    assert.ok(!("NotificationMetadata" in event.detail));
  });

  it("publishes the success event, with the ARNs of group and instance, once the instance is terminated [A2.7]", async () => {
    const { rig, id } = await draining();
    await rig.complete(id, "terminate");
    await rig.advance(5);
    const event = rig.published.at(-1)!;
    assert.equal(event["detail-type"], "EC2 Instance Terminate Successful");
    assert.deepEqual(event.resources, [rig.scaling.group("pool")!.arn, `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`]);
    assert.equal(event.detail.StatusCode, "InProgress");
    assert.equal(event.detail.Description, `Terminating EC2 instance: ${id}`);
    assert.deepEqual(event.detail.Details, { "Availability Zone": "eu-central-1a", "Subnet ID": "subnet-a" });
    for (const field of ["ActivityId", "RequestId", "EndTime", "StartTime", "Cause", "StatusMessage"]) {
      assert.equal(typeof event.detail[field], "string", field);
    }
  });

  it("completes by token or by instance, and the error names the one given; the token takes precedence [A2.11, A3.15, A3.16]", async () => {
    const { rig, id, event } = await draining();
    const complete = (given: object) =>
      rig.call("CompleteLifecycleAction", {
        LifecycleHookName: "terminate",
        LifecycleActionResult: "CONTINUE",
        ...given,
      });
    const unknown = "00000000-0000-4000-8000-000000000000";
    const byToken = `No active Lifecycle Action found with token ${unknown}`;
    await fails(complete({ LifecycleActionToken: unknown, InstanceId: id }), "ValidationError", byToken);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    await complete({ LifecycleActionToken: tokenOf(event) });
    await fails(
      complete({ LifecycleActionToken: tokenOf(event) }),
      "ValidationError",
      `No active Lifecycle Action found with token ${tokenOf(event)}`,
    );
    await fails(complete({ InstanceId: id }), "ValidationError", `No active Lifecycle Action found with instance ID ${id}`);
    await fails(
      rig.call("RecordLifecycleActionHeartbeat", { LifecycleHookName: "terminate", InstanceId: id }),
      "ValidationError",
      `No active Lifecycle Action found with instance ID ${id}`,
    );
  });

  it("finds no action under another hook's name", async () => {
    const { rig, id } = await draining();
    const message = `No active Lifecycle Action found with instance ID ${id}`;
    await fails(rig.complete(id, "launch"), "ValidationError", message);
  });

  it("finds no action for instances that are older than the hook [A3.14]", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.call("PutLifecycleHook", {
      LifecycleHookName: "launch",
      LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
    });
    const message = `No active Lifecycle Action found with instance ID ${id}`;
    await fails(rig.complete(id, "launch"), "ValidationError", message);
  });

  it("the heartbeat timeout ends the action with the default result, recorded as a timeout [A3.4]", async () => {
    const { rig, id } = await draining({}, { heartbeatTimeout: 30 });
    await rig.advance(28);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    await rig.advance(3);
    assert.equal(rig.stateOf(id), undefined);
    const closed = rig.timeline.events.filter((e) => e.kind === "action-closed");
    assert.deepEqual(
      closed.map(({ result, by }) => [result, by]),
      [["ABANDON", "timeout"]],
    );
  });

  it("a heartbeat restarts the timer: one after 30 min of 1 h extends the action to 90 min [A3.3]", async () => {
    const { rig, id } = await draining({}, { heartbeatTimeout: 3600 });
    await rig.advance(1800);
    await rig.call("RecordLifecycleActionHeartbeat", { LifecycleHookName: "terminate", InstanceId: id });
    await rig.advance(3590);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    await rig.advance(20);
    assert.equal(rig.stateOf(id), undefined);
  });

  for (const [heartbeatTimeout, limit] of [
    [30, 3000],
    [7200, 172_800],
  ] as const) {
    it(`heartbeats cannot hold an action of ${heartbeatTimeout} s longer than ${limit} s [A3.2]`, async () => {
      const { rig, id } = await draining({}, { heartbeatTimeout });
      const beat = heartbeatTimeout / 3;
      for (let passed = 0; passed < limit - beat; passed += beat) {
        await rig.call("RecordLifecycleActionHeartbeat", { LifecycleHookName: "terminate", InstanceId: id });
        await rig.advance(beat);
      }
      assert.equal(rig.stateOf(id), "Terminating:Wait");
      await rig.call("RecordLifecycleActionHeartbeat", { LifecycleHookName: "terminate", InstanceId: id });
      await rig.advance(beat);
      assert.equal(rig.stateOf(id), undefined);
    });
  }

  it("runs hooks in order; ABANDON skips the rest and still terminates [A3.6]", async () => {
    const rig = new Rig();
    const second = { ...TERMINATE_HOOK, name: "second" };
    const third = { ...TERMINATE_HOOK, name: "third" };
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK, second, third] });
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.desire(0);
    await rig.advance(1);
    await rig.complete(id, "terminate");
    await rig.advance(1);
    await rig.complete(id, "second", "ABANDON");
    await rig.advance(1);
    assert.equal(rig.stateOf(id), undefined);
    const opened = rig.timeline.events.flatMap((e) => (e.kind === "action-opened" ? [e.hook] : []));
    assert.deepEqual(opened, ["terminate", "second"]);
  });

  for (const cause of ["a call", "the heartbeat timeout", "the global timeout"]) {
    it(`with retention, ABANDON by ${cause} keeps the instance running and replaces it [A1.8, A3.8]`, async () => {
      const rig = new Rig();
      const hook = { ...TERMINATE_HOOK, heartbeatTimeout: 30 };
      rig.create({ initialLifecycleHooks: [hook], instanceLifecyclePolicy: { terminateHookAbandon: "retain" } });
      await rig.advance(5);
      const id = rig.one("InService");
      await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: false });
      if (cause === "a call") await rig.complete(id, "terminate", "ABANDON");
      if (cause === "the global timeout") {
        for (let i = 0; i < 150; i++) {
          await rig.call("RecordLifecycleActionHeartbeat", { LifecycleHookName: "terminate", InstanceId: id });
          await rig.advance(20);
        }
      }
      await rig.advance(40);
      assert.equal(rig.stateOf(id), "Terminating:Retained");
      assert.deepEqual(rig.hosts.of(id), ["launch"]);
      assert.equal(rig.inState("InService").length, 1, "a retained instance does not count as capacity");
      await rig.advance(7 * 86_400);
      assert.equal(rig.stateOf(id), "Terminating:Retained");
      await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: false });
      await rig.advance(5);
      assert.equal(rig.stateOf(id), undefined);
      assert.equal(rig.scaling.group("pool")!.desired, 1);
    });
  }

  it("never retains on CONTINUE, even if it is the default result of a timeout [A3.9]", async () => {
    const retain = { instanceLifecyclePolicy: { terminateHookAbandon: "retain" } };
    const { rig, id } = await draining(retain, { heartbeatTimeout: 30, defaultResult: "CONTINUE" });
    await rig.advance(40);
    assert.equal(rig.stateOf(id), undefined);
  });

  it("deleting the hook continues terminations, which ends the drains, and abandons launches [A3.12, A12.3]", async () => {
    const { rig, id } = await draining();
    const none = "No Lifecycle Hook found with name other for AutoScalingGroup pool";
    await fails(rig.call("DeleteLifecycleHook", { LifecycleHookName: "other" }), "ValidationError", none);
    await rig.call("DeleteLifecycleHook", { LifecycleHookName: "terminate" });
    await rig.advance(5);
    assert.equal(rig.stateOf(id), undefined);
    const other = new Rig();
    other.create({ initialLifecycleHooks: [LAUNCH_HOOK] });
    await other.advance(5);
    const launching = other.one("Pending:Wait");
    await other.call("DeleteLifecycleHook", { LifecycleHookName: "launch" });
    await other.advance(2);
    assert.equal(other.stateOf(launching), undefined);
  });

  it("a changed hook applies only to later actions, and the description shows its global timeout", async () => {
    const { rig, id } = await draining({}, { heartbeatTimeout: 30 });
    await rig.call("PutLifecycleHook", { LifecycleHookName: "terminate", HeartbeatTimeout: 900 });
    const { LifecycleHooks } = await rig.call("DescribeLifecycleHooks");
    assert.deepEqual(
      (LifecycleHooks as any[]).map((hook) => [hook.HeartbeatTimeout, hook.GlobalTimeout, hook.DefaultResult]),
      [[900, 90_000, "ABANDON"]],
    );
    await rig.advance(35);
    assert.equal(rig.stateOf(id), undefined);
  });

  it("rejects heartbeat timeouts outside 30 to 7200 s [A3.1]", async () => {
    const rig = new Rig();
    rig.create();
    for (const HeartbeatTimeout of [29, 7201]) {
      const LifecycleTransition = "autoscaling:EC2_INSTANCE_TERMINATING";
      const put = rig.call("PutLifecycleHook", { LifecycleHookName: "x", LifecycleTransition, HeartbeatTimeout });
      await assert.rejects(put, /HeartbeatTimeout (29|7201) must be between 30 and 7200 seconds/);
    }
    await rig.call("PutLifecycleHook", { LifecycleHookName: "x", LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING" });
    const { LifecycleHooks } = await rig.call("DescribeLifecycleHooks");
    assert.deepEqual(
      (LifecycleHooks as any[]).map((hook) => [hook.HeartbeatTimeout, hook.DefaultResult]),
      [[3600, "ABANDON"]],
    );
  });

  it("rejects the 51st hook of a group and metadata of more than 4000 characters [A3.5]", async () => {
    const rig = new Rig();
    rig.create();
    const put = (name: string, more = {}) =>
      rig.call("PutLifecycleHook", { LifecycleHookName: name, LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", ...more });
    for (let i = 0; i < 50; i++) await put(`hook-${i}`, { NotificationMetadata: "x".repeat(4000) });
    await assert.rejects(put("one too many"), /limited to 50 per AutoScalingGroup/);
    await put("hook-49", { HeartbeatTimeout: 30 });
    await assert.rejects(put("hook-0", { NotificationMetadata: "x".repeat(4001) }), /4001 characters is longer than 4000/);
  });
});

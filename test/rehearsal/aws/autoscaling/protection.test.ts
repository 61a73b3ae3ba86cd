import assert from "node:assert/strict";
import { fails, LAUNCH_HOOK, OPERATOR, Rig, TERMINATE_HOOK } from "./rig";

const BLOCKED = "Could not scale to desired capacity because all remaining instances are protected from scale in.";

describe("Auto Scaling: scale-in protection", () => {
  it("keeps scale-in from terminating protected instances: the others are terminated", async () => {
    const rig = new Rig();
    rig.create({ desiredCapacity: 3 });
    await rig.advance(5);
    const [first, second, third] = rig.inState("InService") as [string, string, string];
    await rig.protect(first);
    await rig.protect(third);
    await rig.desire(2);
    await rig.advance(5);
    assert.deepEqual(rig.inState("InService"), [first, third]);
    assert.equal(rig.stateOf(second), undefined);
  });

  it("with all protected, the desired capacity still falls, the history says why, and unprotecting one terminates it [A4.8]", async () => {
    const rig = new Rig();
    rig.create({ desiredCapacity: 2, initialLifecycleHooks: [TERMINATE_HOOK] });
    await rig.advance(5);
    const [first, second] = rig.inState("InService") as [string, string];
    await rig.protect(first);
    await rig.protect(second);
    await rig.desire(1);
    await rig.advance(60);
    assert.equal(rig.scaling.group("pool")!.desired, 1);
    assert.deepEqual(rig.inState("InService"), [first, second]);
    const [blocked] = await rig.activities();
    assert.deepEqual([blocked!.Description, blocked!.StatusCode, blocked!.StatusMessage], [BLOCKED, "Failed", BLOCKED]);
    assert.match(String(blocked!.Cause), /^At \S+Z the desired capacity is below the actual capacity/);
    await rig.protect(second, false);
    await rig.advance(1);
    assert.equal(rig.stateOf(second), "Terminating:Wait");
    assert.equal(rig.stateOf(first), "InService");
  });

  it("is rejected with AWS's own message in every state but InService and Standby [A4.1, A4.2]", async () => {
    const rig = new Rig();
    const retain = { terminateHookAbandon: "retain" } as const;
    const hooks = [LAUNCH_HOOK, TERMINATE_HOOK];
    rig.create({ maxSize: 2, initialLifecycleHooks: hooks, warmPool: {}, instanceLifecyclePolicy: retain });
    await rig.advance(0.3);
    const [id, warm] = [rig.one("Pending"), rig.one("Warmed:Pending")];
    const refused = new Set<string>();
    const refuses = async (instance: string) => {
      refused.add(rig.stateOf(instance)!);
      const message = `The instance ${instance} is not in InService or EnteringStandby or Standby.`;
      await fails(rig.protect(instance), "ValidationError", message);
      assert.ok(!rig.scaling.group("pool")!.instances.some((one) => one.protected));
    };
    for (const instance of [id, warm]) await refuses(instance);
    await rig.advance(5);
    for (const instance of [id, warm]) await refuses(instance);
    for (const instance of [id, warm]) await rig.complete(instance, "launch");
    await rig.advance(5);
    await refuses(warm);
    await rig.protect(id);
    await rig.protect(id, false);
    await rig.call("EnterStandby", { InstanceIds: [id], ShouldDecrementDesiredCapacity: true });
    await rig.protect(id);
    await rig.protect(id, false);
    await rig.call("ExitStandby", { InstanceIds: [id] });
    await rig.desire(0);
    await rig.advance(1);
    await refuses(id);
    await rig.complete(id, "terminate", "ABANDON");
    await rig.advance(1);
    await refuses(id);
    assert.deepEqual(
      [...refused],
      ["Pending", "Warmed:Pending", "Pending:Wait", "Warmed:Pending:Wait", "Warmed:Stopped", "Terminating:Wait", "Terminating:Retained"],
    );
  });

  it("can be cleared in Terminating:Wait, as once observed, or not, with the stricter option [A4.5]", async () => {
    for (const reading of ["accept", "reject"] as const) {
      const rig = new Rig({ clearProtectionWhileTerminating: reading });
      rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
      await rig.advance(5);
      const id = rig.one("InService");
      await rig.protect(id);
      await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: true });
      await rig.advance(1);
      const isProtected = () => rig.scaling.group("pool")!.instances[0]!.protected;
      assert.equal(isProtected(), true, "nothing has cleared it yet");
      const clear = rig.protect(id, false);
      if (reading === "accept") await clear;
      else await fails(clear, "ValidationError", `The instance ${id} is not in InService or EnteringStandby or Standby.`);
      assert.equal(isProtected(), reading === "reject");
      await rig.advance(60);
      assert.equal(rig.stateOf(id), "Terminating:Wait", "the drain goes on in either case");
    }
  });

  it("changes no instance if the call contains an unknown one, and accepts at most 50 per call [A4.1, A12.10]", async () => {
    const rig = new Rig();
    rig.create({ desiredCapacity: 2, maxSize: 51 });
    await rig.advance(5);
    const [first, second] = rig.inState("InService") as [string, string];
    await rig.call("EnterStandby", { InstanceIds: [second], ShouldDecrementDesiredCapacity: true });
    await rig.call("SetInstanceProtection", { InstanceIds: [first, second], ProtectedFromScaleIn: true });
    await rig.call("SetInstanceProtection", { InstanceIds: [first, second], ProtectedFromScaleIn: false });
    const withUnknown = { InstanceIds: [first, "i-0123456789abcdef0"], ProtectedFromScaleIn: true };
    await fails(
      rig.call("SetInstanceProtection", withUnknown),
      "ValidationError",
      "The instance i-0123456789abcdef0 is not part of Auto Scaling group pool.",
    );
    assert.equal(rig.scaling.group("pool")!.instances[0]!.protected, false);
    await rig.desire(51);
    await rig.advance(5);
    const InstanceIds = rig.inState("InService");
    assert.equal(InstanceIds.length, 51);
    const protectedOnes = () => rig.scaling.group("pool")!.instances.filter((one) => one.protected).length;
    await assert.rejects(rig.call("SetInstanceProtection", { InstanceIds, ProtectedFromScaleIn: true }), /less than or equal to 50/);
    assert.equal(protectedOnes(), 0);
    await rig.call("SetInstanceProtection", { InstanceIds: InstanceIds.slice(1), ProtectedFromScaleIn: true });
    assert.equal(protectedOnes(), 50);
  });

  it("is inherited from the group when an instance enters service, not before [A4.6]", async () => {
    const rig = new Rig();
    rig.create({ newInstancesProtectedFromScaleIn: true, initialLifecycleHooks: [LAUNCH_HOOK] });
    await rig.advance(5);
    const id = rig.one("Pending:Wait");
    assert.equal(rig.scaling.group("pool")!.instances[0]!.protected, false);
    await rig.complete(id, "launch");
    await rig.advance(1);
    assert.equal(rig.scaling.group("pool")!.instances[0]!.protected, true);
  });

  it("does not stop TerminateInstanceInAutoScalingGroup, which knows no other group's instances [A4.7, A12.2]", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.protect(id);
    const terminate = (InstanceId: string) =>
      rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId, ShouldDecrementDesiredCapacity: true });
    await terminate(id);
    await rig.advance(5);
    assert.equal(rig.stateOf(id), undefined);
    await fails(terminate(id), "ValidationError", `Instance Id not found - No managed instance found for instance ID: ${id}`);
  });

  it("rejects a desired capacity outside the group's bounds with AWS's message [A5.5, A5.6, A12.7]", async () => {
    const rig = new Rig();
    rig.create({ minSize: 1, maxSize: 4 });
    await rig.advance(5);
    const id = rig.one("InService");
    const above = "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.";
    await fails(rig.desire(5), "ValidationError", above);
    const below = "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.";
    await fails(rig.desire(0), "ValidationError", below);
    const params = { InstanceId: id, ShouldDecrementDesiredCapacity: true };
    const violation =
      "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.";
    await fails(rig.call("TerminateInstanceInAutoScalingGroup", params), "ValidationError", violation);
    await rig.advance(5);
    assert.equal(rig.scaling.group("pool")!.desired, 1);
    assert.deepEqual(rig.states(id), ["Pending", "InService"], "a refused call still changed something");
  });

  it("authorises mutations on the group's ARN with its tags, and Describe calls on * [A8.1]", async () => {
    const rig = new Rig();
    rig.create({ tags: [{ key: "ci-runners:pool", value: "pool", propagateAtLaunch: true }] });
    await rig.advance(5);
    const id = rig.one("InService");
    const expected = [
      {
        resource: rig.scaling.group("pool")!.arn,
        context: { "aws:ResourceTag/ci-runners:pool": "pool", "autoscaling:ResourceTag/ci-runners:pool": "pool" },
      },
    ];
    assert.deepEqual(rig.scaling.authorisation("SetInstanceProtection", { AutoScalingGroupName: "pool" }), expected);
    assert.deepEqual(rig.scaling.authorisation("SetInstanceHealth", { InstanceId: id }), expected);
    assert.deepEqual(rig.scaling.authorisation("DescribeAutoScalingInstances", {}), [{ resource: "*", context: {} }]);
    const [unknown] = rig.scaling.authorisation("SetDesiredCapacity", { AutoScalingGroupName: "other" });
    assert.match(unknown!.resource, /:autoScalingGroup:\*:autoScalingGroupName\/other$/);
  });

  it("each Describe call spells the health status in its own way, and unknown ids are skipped [A1.13]", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(5);
    const id = rig.one("InService");
    const reply = await rig.scaling.execute("DescribeAutoScalingInstances", { InstanceIds: ["i-0000000000000000f", id] }, OPERATOR);
    assert.deepEqual(reply.AutoScalingInstances, [
      {
        InstanceId: id,
        AutoScalingGroupName: "pool",
        AvailabilityZone: "eu-central-1a",
        LifecycleState: "InService",
        HealthStatus: "HEALTHY",
        ProtectedFromScaleIn: false,
        InstanceType: "m7g.large",
        LaunchTemplate: { LaunchTemplateId: "lt-0123456789abcdef0", LaunchTemplateName: "pool", Version: "1" },
      },
    ]);
    const groups = await rig.scaling.execute("DescribeAutoScalingGroups", {}, OPERATOR);
    const [group] = groups.AutoScalingGroups as any[];
    assert.equal(group.Instances[0].HealthStatus, "Healthy");
    assert.equal(group.CreatedTime instanceof Date, true);
  });

  it("returns pages of 50 instances, or a sweep would miss the rest of a large pool [A1.13]", async () => {
    const rig = new Rig();
    rig.create({ maxSize: 120, desiredCapacity: 120 });
    await rig.advance(5);
    const seen = new Set<string>();
    let NextToken: unknown;
    let pages = 0;
    do {
      const reply = await rig.scaling.execute("DescribeAutoScalingInstances", NextToken ? { NextToken } : {}, OPERATOR);
      for (const instance of reply.AutoScalingInstances as any[]) seen.add(instance.InstanceId);
      NextToken = reply.NextToken;
      pages++;
    } while (NextToken);
    assert.deepEqual([seen.size, pages], [120, 3]);
  });
});

import assert from "node:assert/strict";
import { fails, LAUNCH_HOOK, Rig, template, TERMINATE_HOOK } from "./rig";

const HOOKS = { initialLifecycleHooks: [LAUNCH_HOOK, TERMINATE_HOOK] };

describe("Auto Scaling: launch and termination", () => {
  it("without hooks an instance passes Pending, InService, Terminating and Terminated [A1.1]", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(5);
    const id = rig.one("InService");
    assert.match(id, /^i-[0-9a-f]{17}$/);
    await rig.desire(0);
    await rig.advance(5);
    assert.deepEqual(rig.states(id), ["Pending", "InService", "Terminating", "Terminated"]);
    assert.deepEqual(rig.hosts.of(id), ["launch", "terminate"]);
    assert.equal(rig.scaling.group("pool")!.instances.length, 0);
  });

  it("with hooks an instance waits at launch and at termination until CONTINUE [A1.2, A1.3]", async () => {
    const rig = new Rig();
    rig.create(HOOKS);
    await rig.advance(300);
    const id = rig.one("Pending:Wait");
    await rig.complete(id, "launch");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "InService");
    await rig.desire(0);
    await rig.advance(300);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    assert.ok(!rig.hosts.of(id).includes("terminate"), "terminated while its hook was open");
    await rig.complete(id, "terminate");
    await rig.advance(5);
    assert.deepEqual(rig.states(id), [
      "Pending",
      "Pending:Wait",
      "Pending:Proceed",
      "InService",
      "Terminating",
      "Terminating:Wait",
      "Terminating:Proceed",
      "Terminated",
    ]);
  });

  it("passes the decoded user data and the propagated tags to the machine", async () => {
    const rig = new Rig();
    rig.create({
      tags: [
        { key: "ci-runners:pool", value: "pool", propagateAtLaunch: true },
        { key: "internal", value: "x", propagateAtLaunch: false },
      ],
    });
    await rig.advance(5);
    const id = rig.one("InService");
    assert.equal(rig.hosts.specs.get(id)!.userData, "#!/bin/bash\necho 1");
    const { tags } = rig.fleet.get(id)!;
    assert.equal(tags["ci-runners:pool"], "pool");
    assert.equal(tags["aws:autoscaling:groupName"], "pool");
    assert.ok(!("internal" in tags));
  });

  it("an abandoned launch is terminated through the termination hook and replaced after a back-off [A2.8, A3.7, A3.27]", async () => {
    const rig = new Rig();
    rig.create(HOOKS);
    await rig.advance(5);
    const first = rig.one("Pending:Wait");
    await rig.complete(first, "launch", "ABANDON");
    await rig.advance(5);
    assert.equal(rig.stateOf(first), "Terminating:Wait");
    assert.deepEqual(rig.inState("Pending:Wait"), [], "replaced without back-off");
    await rig.advance(10);
    assert.notEqual(rig.one("Pending:Wait"), first);
    const unsuccessful = rig.eventsOf(first).filter((event) => event["detail-type"] === "EC2 Instance Launch Unsuccessful");
    assert.deepEqual(
      unsuccessful.map(({ detail }) => detail.StatusCode),
      ["Failed"],
    );
    const launch = (await rig.activities()).find(({ Description }) => Description === `Launching a new EC2 instance: ${first}`);
    assert.deepEqual([launch!.StatusCode, launch!.Progress], ["Cancelled", 100]);
    assert.match(String(launch!.StatusMessage), /Lifecycle Action was abandoned/);
  });

  it("a machine that does not boot is a failed launch, not an instance stuck in Pending [A6.5]", async () => {
    const rig = new Rig();
    rig.hosts.failingLaunches = 1;
    rig.create();
    await rig.advance(60);
    assert.equal(rig.inState("InService").length, 1);
    assert.equal(rig.scaling.group("pool")!.instances.length, 1);
    const failed = (await rig.activities()).filter((activity) => activity.StatusCode === "Failed");
    assert.deepEqual(
      failed.map((activity) => activity.StatusMessage),
      ["no capacity"],
    );
  });

  it("an instance that is terminated right after its launch still boots, or nothing could complete its termination hook", async () => {
    const rig = new Rig();
    rig.create(HOOKS);
    await rig.advance(0.3);
    const id = rig.one("Pending");
    await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: true });
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    assert.deepEqual(rig.hosts.of(id), ["launch"]);
    await rig.complete(id, "terminate");
    await rig.advance(5);
    assert.deepEqual(rig.hosts.of(id), ["launch", "terminate"]);
  });

  it("a second termination of a draining instance has no effect, or the drain would start over [A3.25]", async () => {
    const rig = new Rig();
    rig.create(HOOKS);
    await rig.advance(5);
    const id = rig.one("Pending:Wait");
    await rig.complete(id, "launch");
    await rig.advance(1);
    const terminate = () => rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: true });
    const { Activity } = await terminate();
    assert.match(String((Activity as { Description: string }).Description), new RegExp(`^Terminating EC2 instance: ${id}$`));
    await terminate();
    const opened = rig.timeline.events.filter((e) => e.kind === "action-opened" && e.hook === "terminate");
    assert.equal(opened.length, 1);
    assert.equal(rig.scaling.group("pool")!.desired, 0);
  });

  it("an unhealthy instance is replaced through its termination hook even if it is protected [A4.7]", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.protect(id);
    await rig.call("SetInstanceHealth", { InstanceId: id, HealthStatus: "Unhealthy" });
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    assert.equal(rig.inState("InService").length, 1);
  });

  it("a termination through EC2 takes effect at once; the group notices later and runs the hook without an instance [A1.11]", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.fleet.lose(rig.fleet.get(id)!);
    await rig.advance(1);
    assert.equal(rig.stateOf(id), "InService");
    await rig.advance(60);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
  });

  it("a Spot notice fires the hook and launches a replacement at once, but nothing delays the termination [A1.12]", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK], mixedInstances: { instanceTypes: [], onDemandPercentageAboveBaseCapacity: 0 } });
    await rig.advance(5);
    const id = rig.one("InService");
    assert.equal(rig.fleet.get(id)!.spot, true);
    rig.scaling.interruptSpot(id);
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Terminating:Wait");
    assert.equal(rig.inState("InService").length, 1);
    await rig.advance(120);
    assert.deepEqual(rig.hosts.of(id), ["launch", "terminate"]);
    assert.equal(rig.stateOf(id), "Terminating:Wait", "the action must still be completed");
  });

  it("replaces an instance at its maximum lifetime, but not while it is protected [A4.10]", async () => {
    const rig = new Rig();
    rig.create({ maxInstanceLifetime: 86_400 });
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.protect(id);
    await rig.advance(86_400 + 60);
    assert.equal(rig.stateOf(id), "InService");
    await rig.protect(id, false);
    await rig.advance(5);
    assert.equal(rig.stateOf(id), undefined);
    assert.equal(rig.inState("InService").length, 1);
    const tooShort = /MaxInstanceLifetime 86399 must be 0 or at least 86400 seconds/;
    await assert.rejects(rig.call("UpdateAutoScalingGroup", { MaxInstanceLifetime: 86_399 }), tooShort);
    await rig.call("UpdateAutoScalingGroup", { MaxInstanceLifetime: 0 });
  });

  it("applies a new maximum lifetime to existing instances, and drops one that is removed", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(5);
    const id = rig.one("InService");
    await rig.protect(id);
    await rig.call("UpdateAutoScalingGroup", { MaxInstanceLifetime: 86_400 });
    await rig.advance(86_400);
    rig.scaling.updateGroup("pool", { maxInstanceLifetime: 0 });
    await rig.protect(id, false);
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "InService");
    rig.scaling.updateGroup("pool", { maxInstanceLifetime: 86_400 });
    await rig.advance(5);
    assert.equal(rig.stateOf(id), undefined);
  });

  const causes: [cause: string, begin: (rig: Rig, id: string) => Promise<unknown>][] = [
    ["a lower desired capacity", (rig) => rig.desire(0)],
    [
      "TerminateInstanceInAutoScalingGroup",
      (rig, InstanceId) => rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId, ShouldDecrementDesiredCapacity: true }),
    ],
    ["the maximum lifetime", (rig) => rig.call("UpdateAutoScalingGroup", { MaxInstanceLifetime: 86_400 }).then(() => rig.advance(86_400))],
    ["an instance refresh", (rig) => rig.call("StartInstanceRefresh", { Preferences: { MinHealthyPercentage: 0 } })],
    ["a failed health check", (rig, InstanceId) => rig.call("SetInstanceHealth", { InstanceId, HealthStatus: "Unhealthy" })],
  ];
  for (const [cause, begin] of causes) {
    it(`never terminates an instance without its termination hook: ${cause} [A1.10]`, async () => {
      const rig = new Rig();
      rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
      await rig.advance(5);
      const id = rig.one("InService");
      await begin(rig, id);
      await rig.advance(10);
      assert.equal(rig.stateOf(id), "Terminating:Wait");
      assert.ok(!rig.hosts.of(id).includes("terminate"));
    });
  }

  it("the activity history shows which instance waits for a hook, and its cause [A3.24]", async () => {
    const rig = new Rig();
    rig.create(HOOKS);
    await rig.advance(5);
    const id = rig.one("Pending:Wait");
    const [waiting] = await rig.activities();
    assert.deepEqual(
      [waiting!.StatusCode, waiting!.Description, waiting!.EndTime],
      ["MidLifecycleAction", `Launching a new EC2 instance: ${id}`, undefined],
    );
    assert.match(String(waiting!.Cause), /^At \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ an instance was started/);
    await rig.complete(id, "launch");
    await rig.advance(5);
    const [done] = await rig.activities();
    assert.deepEqual([done!.ActivityId, done!.StatusCode, done!.Progress], [waiting!.ActivityId, "Successful", 100]);
  });

  it("scales in the fullest zone first and there the oldest template, whichever instance is older [A5.1]", async () => {
    const rig = new Rig();
    rig.create({ desiredCapacity: 0 });
    for (const [index, version] of ["3", "1", "2"].entries()) {
      rig.scaling.updateGroup("pool", { launchTemplate: template(version) });
      await rig.desire(index + 1);
      await rig.advance(5);
    }
    rig.scaling.updateGroup("pool", { launchTemplate: template("3") });
    const instances = () =>
      rig.scaling.group("pool")!.instances.map((one) => `${one.availabilityZone.at(-1)} ${one.launchTemplateVersion}`);
    assert.deepEqual(instances(), ["a 3", "b 1", "a 2"]);
    await rig.desire(2);
    await rig.advance(5);
    assert.deepEqual(instances(), ["a 3", "b 1"], "not the oldest instance, and not the oldest template of the other zone");
    await rig.desire(1);
    await rig.advance(5);
    assert.deepEqual(instances(), ["a 3"]);
  });

  it("takes an instance of another template for older than any version of the group's, and of equals the oldest", async () => {
    const rig = new Rig();
    const oneZone = { subnets: [{ id: "subnet-a", availabilityZone: "eu-central-1a" }] };
    rig.create({ desiredCapacity: 2, ...oneZone });
    await rig.advance(5);
    rig.scaling.updateGroup("pool", { launchTemplate: template("9", { id: "lt-other" }) });
    await rig.desire(3);
    await rig.advance(5);
    const [first, second, third] = rig.inState("InService");
    rig.scaling.updateGroup("pool", { launchTemplate: template("1") });
    await rig.desire(2);
    await rig.advance(5);
    assert.deepEqual(rig.inState("InService"), [first, second], `${third} was not chosen`);
    await rig.desire(1);
    await rig.advance(5);
    assert.deepEqual(rig.inState("InService"), [second]);
  });

  for (const decrement of [true, false]) {
    it(`lowers the capacity once for an instance terminated in Standby, which it entered with decrement ${decrement}`, async () => {
      const rig = new Rig();
      rig.create({ desiredCapacity: 2 });
      await rig.advance(5);
      const [id] = rig.inState("InService") as [string];
      await rig.call("EnterStandby", { InstanceIds: [id], ShouldDecrementDesiredCapacity: decrement });
      await rig.advance(5);
      await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: true });
      await rig.advance(5);
      assert.equal(rig.stateOf(id), undefined);
      assert.equal(rig.scaling.group("pool")!.desired, decrement ? 1 : 2);
      assert.equal(rig.inState("InService").length, decrement ? 1 : 2);
    });
  }

  const kept: [what: string, begin: (rig: Rig, id: string) => Promise<unknown>][] = [
    ["a lower desired capacity", (rig) => rig.desire(0)],
    ["the maximum lifetime", (rig) => rig.call("UpdateAutoScalingGroup", { MaxInstanceLifetime: 86_400 }).then(() => rig.advance(86_400))],
    ["a failed health check", (rig, InstanceId) => rig.call("SetInstanceHealth", { InstanceId, HealthStatus: "Unhealthy" })],
    ["a smaller warm pool", (rig) => rig.call("PutWarmPool", { MaxGroupPreparedCapacity: 0, MinSize: 0 })],
  ];
  for (const [what, begin] of kept) {
    it(`terminates nothing while Terminate is suspended, and at once when it is resumed: ${what} [A5.7]`, async () => {
      const rig = new Rig();
      rig.create({ maxSize: 2, warmPool: {} });
      await rig.advance(5);
      const ids = [rig.one("InService"), rig.one("Warmed:Stopped")] as const;
      await rig.call("SuspendProcesses", { ScalingProcesses: ["Terminate"] });
      await begin(rig, ids[0]);
      await rig.advance(600);
      assert.deepEqual(
        ids.map((id) => rig.stateOf(id)),
        ["InService", "Warmed:Stopped"],
      );
      await rig.call("ResumeProcesses", { ScalingProcesses: ["Terminate"] });
      await rig.advance(5);
      assert.equal(rig.stateOf(ids[what === "a smaller warm pool" ? 1 : 0]), undefined);
    });
  }

  it("moves to Standby and detaches without any hook, and only from states that AWS allows [A1.9, A1.15, A4.3, A4.4, A12.4]", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK], desiredCapacity: 2 });
    await rig.advance(5);
    const [first, second] = rig.inState("InService") as [string, string];
    await rig.call("EnterStandby", { InstanceIds: [first], ShouldDecrementDesiredCapacity: true });
    assert.equal(rig.stateOf(first), "Standby");
    await fails(
      rig.call("EnterStandby", { InstanceIds: [first], ShouldDecrementDesiredCapacity: true }),
      "ValidationError",
      `The instance ${first} is not in InService.`,
    );
    await rig.call("ExitStandby", { InstanceIds: [first] });
    assert.equal(rig.stateOf(first), "InService");
    assert.deepEqual(rig.states(first).slice(-5), ["InService", "EnteringStandby", "Standby", "Pending", "InService"]);
    await fails(rig.call("ExitStandby", { InstanceIds: [first] }), "ValidationError", `The instance ${first} is not in Standby.`);
    await rig.call("DetachInstances", { InstanceIds: [second], ShouldDecrementDesiredCapacity: true });
    assert.equal(rig.stateOf(second), undefined);
    assert.deepEqual(rig.states(second).slice(-3), ["InService", "Detaching", "Detached"]);
    assert.deepEqual(rig.hosts.of(second), ["launch"]);
    await rig.desire(0);
    await rig.advance(5);
    await fails(
      rig.call("DetachInstances", { InstanceIds: [first], ShouldDecrementDesiredCapacity: true }),
      "ValidationError",
      `The instance ${first} is not in InService or Standby.`,
    );
  });
});

import assert from "node:assert/strict";
import { warmPoolSize } from "../../../../rehearsal/aws/autoscaling/selection";
import { fails, LAUNCH_HOOK, Rig, TERMINATE_HOOK } from "./rig";

const POOL = { maxSize: 3, warmPool: { maxGroupPreparedCapacity: 2 } };
const HOOKS = { initialLifecycleHooks: [LAUNCH_HOOK, TERMINATE_HOOK] };

const transitions = (rig: Rig, id: string) =>
  rig
    .eventsOf(id)
    .filter((event) => event["detail-type"].includes("Lifecycle Action"))
    .map(({ detail }) => [String(detail.LifecycleTransition).split("_").at(-1), detail.Origin, detail.Destination]);

describe("Auto Scaling: warm pool", () => {
  it("has the size (prepared or max) - desired, at least the minimum, so a fixed size if prepared equals the minimum [A6.1]", () => {
    assert.equal(warmPoolSize({}, 10, 4), 6);
    assert.equal(warmPoolSize({ maxGroupPreparedCapacity: 6 }, 10, 4), 2);
    assert.equal(warmPoolSize({ maxGroupPreparedCapacity: -1 }, 10, 4), 6);
    assert.equal(warmPoolSize({ minSize: 3, maxGroupPreparedCapacity: 6 }, 10, 4), 3);
    assert.equal(warmPoolSize({ minSize: 2, maxGroupPreparedCapacity: 2 }, 10, 9), 2);
    assert.equal(warmPoolSize({ maxGroupPreparedCapacity: 3 }, 10, 4), 0);
  });

  it("fires the launch hook twice for a pooled instance, and stops it only after the first [A1.4, A1.5, A2.3, A6.2]", async () => {
    const rig = new Rig();
    rig.create({ ...POOL, ...HOOKS });
    await rig.advance(300);
    const id = rig.one("Warmed:Pending:Wait");
    await rig.complete(rig.one("Pending:Wait"), "launch");
    assert.deepEqual(rig.hosts.of(id), ["launch"]);
    await rig.complete(id, "launch");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Warmed:Stopped");
    assert.equal(rig.scaling.targetState(id), "Warmed:Stopped");
    await rig.desire(2);
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Pending:Wait");
    await rig.complete(id, "launch");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "InService");
    assert.deepEqual(rig.hosts.of(id), ["launch", "stop", "start"]);
    assert.deepEqual(rig.states(id), [
      "Warmed:Pending",
      "Warmed:Pending:Wait",
      "Warmed:Pending:Proceed",
      "Warmed:Stopped",
      "Pending",
      "Pending:Wait",
      "Pending:Proceed",
      "InService",
    ]);
    assert.deepEqual(transitions(rig, id), [
      ["LAUNCHING", "EC2", "WarmPool"],
      ["LAUNCHING", "WarmPool", "AutoScalingGroup"],
    ]);
  });

  it("fires the launch hook once for a direct launch if the pool is depleted [A2.4, A6.3]", async () => {
    const rig = new Rig();
    rig.create({ ...HOOKS });
    await rig.advance(5);
    assert.deepEqual(transitions(rig, rig.one("Pending:Wait")), [["LAUNCHING", "EC2", "AutoScalingGroup"]]);
  });

  for (const [poolState, operations] of [
    ["Hibernated", ["launch", "hibernate", "resume"]],
    ["Running", ["launch"]],
  ] as const) {
    it(`keeps its instances ${poolState} [A1.4]`, async () => {
      const rig = new Rig();
      rig.create({ maxSize: 3, warmPool: { maxGroupPreparedCapacity: 2, poolState } });
      await rig.advance(5);
      const id = rig.one(`Warmed:${poolState}`);
      await rig.desire(2);
      await rig.advance(5);
      assert.equal(rig.stateOf(id), "InService");
      assert.deepEqual(rig.hosts.of(id), operations);
    });
  }

  it("adjusts to changes of the size, and trims through Warmed:Terminating:Wait while the host is off [A1.7, A2.6]", async () => {
    const rig = new Rig();
    rig.create({ maxSize: 3, initialLifecycleHooks: [TERMINATE_HOOK], warmPool: {} });
    await rig.advance(5);
    assert.equal(rig.inState("Warmed:Stopped").length, 2);
    await rig.desire(2);
    await rig.advance(5);
    assert.equal(rig.inState("Warmed:Stopped").length, 1);
    rig.scaling.updateGroup("pool", { warmPool: { maxGroupPreparedCapacity: 2 } });
    await rig.advance(5);
    const id = rig.one("Warmed:Terminating:Wait");
    assert.equal(rig.scaling.targetState(id), "Warmed:Terminated");
    assert.deepEqual(rig.hosts.of(id), ["launch", "stop"]);
    assert.deepEqual(transitions(rig, id), [["TERMINATING", "WarmPool", "EC2"]]);
    await rig.complete(id, "terminate");
    await rig.advance(5);
    assert.deepEqual(rig.states(id).slice(-4), [
      "Warmed:Terminating",
      "Warmed:Terminating:Wait",
      "Warmed:Terminating:Proceed",
      "Warmed:Terminated",
    ]);
    rig.scaling.updateGroup("pool", { warmPool: {} });
    await rig.advance(5);
    assert.equal(rig.inState("Warmed:Stopped").length, 1);
  });

  it("with reuse, the termination hook fires in Warmed:Pending:Wait and the target is never Terminated [A1.6, A2.5, A7.4]", async () => {
    const rig = new Rig();
    rig.create({ maxSize: 2, desiredCapacity: 2, initialLifecycleHooks: [TERMINATE_HOOK], warmPool: { reuseOnScaleIn: true } });
    await rig.advance(5);
    await rig.desire(1);
    await rig.advance(5);
    const id = rig.one("Warmed:Pending:Wait");
    assert.equal(rig.scaling.targetState(id), "Warmed:Stopped");
    assert.deepEqual(transitions(rig, id), [["TERMINATING", "AutoScalingGroup", "WarmPool"]]);
    assert.equal(rig.eventsOf(id).at(-1)!["detail-type"], "EC2 Instance-terminate Lifecycle Action");
    await rig.complete(id, "terminate");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Warmed:Stopped");
    assert.deepEqual(rig.hosts.of(id), ["launch", "stop"]);
    await rig.desire(2);
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "InService");
  });

  for (const poolState of ["Running", "Hibernated"] as const) {
    it(`with reuse, brings an instance back to Warmed:${poolState}, with an event of its own, and takes it from there again`, async () => {
      const rig = new Rig();
      rig.create({
        maxSize: 1,
        desiredCapacity: 1,
        initialLifecycleHooks: [TERMINATE_HOOK],
        warmPool: { reuseOnScaleIn: true, poolState },
      });
      await rig.advance(5);
      const id = rig.one("InService");
      await rig.desire(0);
      await rig.advance(5);
      assert.equal(rig.scaling.targetState(id), `Warmed:${poolState}`);
      await rig.complete(id, "terminate");
      await rig.advance(5);
      const { detail, ...event } = rig.eventsOf(id).at(-1)!;
      assert.equal(event["detail-type"], "EC2 Instance Terminate Successful");
      assert.deepEqual([detail.Origin, detail.Destination], ["AutoScalingGroup", "WarmPool"]);
      await rig.desire(1);
      await rig.advance(5);
      assert.equal(rig.stateOf(id), "InService");
      assert.deepEqual(rig.hosts.of(id), poolState === "Running" ? ["launch"] : ["launch", "hibernate", "resume"]);
    });
  }

  it("with reuse, terminates what the pool has no room for, and what a caller terminates by its id", async () => {
    const rig = new Rig();
    const warmPool = { reuseOnScaleIn: true, maxGroupPreparedCapacity: 2 };
    rig.create({ maxSize: 3, desiredCapacity: 3, initialLifecycleHooks: [TERMINATE_HOOK], warmPool });
    await rig.advance(5);
    await rig.desire(1);
    await rig.advance(5);
    assert.deepEqual([rig.inState("Warmed:Pending:Wait").length, rig.inState("Terminating:Wait").length], [1, 1]);
    const [left] = rig.inState("InService");
    await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: left, ShouldDecrementDesiredCapacity: true });
    await rig.advance(5);
    assert.equal(rig.stateOf(left!), "Terminating:Wait");
  });

  it("with reuse, may take back what a caller terminates by its id, if that lowers the capacity: AWS does not document it", async () => {
    const rig = new Rig({ terminateCallWithReuse: "return" });
    rig.create({ maxSize: 2, desiredCapacity: 2, initialLifecycleHooks: [TERMINATE_HOOK], warmPool: { reuseOnScaleIn: true } });
    await rig.advance(5);
    const [one, two] = rig.inState("InService") as [string, string];
    await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: one, ShouldDecrementDesiredCapacity: true });
    await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: two, ShouldDecrementDesiredCapacity: false });
    await rig.advance(5);
    assert.deepEqual([rig.stateOf(one), rig.stateOf(two)], ["Warmed:Pending:Wait", "Terminating:Wait"]);
  });

  it("retains an abandoned pooled instance in Warmed:Terminating:Retained [A3.10]", async () => {
    const rig = new Rig();
    rig.create({
      maxSize: 2,
      initialLifecycleHooks: [TERMINATE_HOOK],
      warmPool: {},
      instanceLifecyclePolicy: { terminateHookAbandon: "retain" },
    });
    await rig.advance(5);
    const id = rig.one("Warmed:Stopped");
    rig.scaling.updateGroup("pool", { warmPool: { maxGroupPreparedCapacity: 1 } });
    await rig.advance(5);
    await rig.complete(id, "terminate", "ABANDON");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Warmed:Terminating:Retained");
  });

  it("without retention, terminates an instance abandoned while it returns to the pool, and every cause has its time [A3.24]", async () => {
    const rig = new Rig();
    rig.create({ maxSize: 2, desiredCapacity: 2, initialLifecycleHooks: [TERMINATE_HOOK], warmPool: { reuseOnScaleIn: true } });
    await rig.advance(5);
    await rig.desire(1);
    await rig.advance(5);
    const id = rig.one("Warmed:Pending:Wait");
    await rig.complete(id, "terminate", "ABANDON");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), undefined);
    const causes = (await rig.activities()).map(({ Cause }) => String(Cause));
    assert.ok(causes.some((cause) => cause.endsWith("abandoned while returning to the warm pool.")));
    for (const cause of causes) assert.match(cause, /^At \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /);
  });

  it("refuses TerminateInstanceInAutoScalingGroup for every member of the pool, even for a retained one [A6.6, A12.8]", async () => {
    const rig = new Rig();
    rig.create({
      maxSize: 2,
      initialLifecycleHooks: [LAUNCH_HOOK, TERMINATE_HOOK],
      warmPool: {},
      instanceLifecyclePolicy: { terminateHookAbandon: "retain" },
    });
    await rig.advance(5);
    const id = rig.one("Warmed:Pending:Wait");
    const refused = async (state: string) => {
      assert.equal(rig.stateOf(id), state);
      const message = `The instance ${id} is in a warm pool and cannot be terminated by this operation.`;
      const terminate = rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: false });
      await fails(terminate, "ValidationError", message);
      await rig.advance(5);
      assert.equal(rig.stateOf(id), state);
    };
    await refused("Warmed:Pending:Wait");
    await rig.complete(id, "launch");
    await rig.advance(5);
    await refused("Warmed:Stopped");
    rig.scaling.updateGroup("pool", { warmPool: { maxGroupPreparedCapacity: 1 } });
    await rig.advance(5);
    await refused("Warmed:Terminating:Wait");
    await rig.complete(id, "terminate", "ABANDON");
    await rig.advance(5);
    await refused("Warmed:Terminating:Retained");
  });

  it("retains an instance abandoned while it returns to the pool in Warmed:Pending:Retained [A3.11]", async () => {
    const rig = new Rig();
    rig.create({
      maxSize: 2,
      desiredCapacity: 2,
      initialLifecycleHooks: [TERMINATE_HOOK],
      warmPool: { reuseOnScaleIn: true },
      instanceLifecyclePolicy: { terminateHookAbandon: "retain" },
    });
    await rig.advance(5);
    await rig.desire(1);
    await rig.advance(5);
    const id = rig.one("Warmed:Pending:Wait");
    await rig.complete(id, "terminate", "ABANDON");
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "Warmed:Pending:Retained");
    assert.deepEqual(rig.hosts.of(id), ["launch"], "it keeps running, so that an operator can inspect it");
  });

  it("lists pooled instances separately from the group's, but also in DescribeAutoScalingInstances [A1.14, A4.1]", async () => {
    const rig = new Rig();
    rig.create(POOL);
    await rig.advance(5);
    const warm = rig.one("Warmed:Stopped");
    const pool = await rig.call("DescribeWarmPool");
    assert.deepEqual(
      (pool.Instances as any[]).map((i) => [i.InstanceId, i.LifecycleState]),
      [[warm, "Warmed:Stopped"]],
    );
    assert.deepEqual(pool.WarmPoolConfiguration, {
      MaxGroupPreparedCapacity: 2,
      MinSize: 0,
      PoolState: "Stopped",
      Status: undefined,
      InstanceReusePolicy: undefined,
    });
    const groups = await rig.call("DescribeAutoScalingGroups");
    assert.ok(!(groups.AutoScalingGroups as any[])[0].Instances.some((i: any) => i.InstanceId === warm));
    const all = await rig.call("DescribeAutoScalingInstances");
    assert.ok((all.AutoScalingInstances as any[]).some((i) => i.InstanceId === warm));
    await assert.rejects(rig.protect(warm), /is not in InService or EnteringStandby or Standby\.$/);
  });

  it("cannot be combined with Spot [A6.4]", () => {
    const rig = new Rig();
    const mixedInstances = { instanceTypes: [], onDemandPercentageAboveBaseCapacity: 50 };
    assert.throws(() => rig.create({ ...POOL, mixedInstances }), /warm pool.*Spot/);
  });
});

import assert from "node:assert/strict";
import { fails, Rig, template, TERMINATE_HOOK } from "./rig";

const versions = (rig: Rig, state: string) =>
  rig.scaling
    .group("pool")!
    .instances.filter((i) => i.state === state)
    .map((i) => i.launchTemplateVersion);

const refreshEvents = (rig: Rig) => rig.published.flatMap((event) => event["detail-type"].match(/Instance Refresh (\w+)$/)?.[1] ?? []);

/** Creates a group whose template has just received a second version. */
async function outdated(rig: Rig, changes = {}): Promise<void> {
  rig.create({ initialLifecycleHooks: [TERMINATE_HOOK], ...changes });
  await rig.advance(10);
  rig.scaling.updateGroup("pool", { launchTemplate: template("2") });
}

describe("Auto Scaling: instance refresh", () => {
  it("replaces instances in service first, then the warm pool, and does not wait for the drains [A2.9, A5.2]", async () => {
    const rig = new Rig();
    await outdated(rig, { desiredCapacity: 3, maxSize: 4, warmPool: {}, initialLifecycleHooks: [] });
    rig.scaling.startRefresh("pool");
    await rig.advance(120);
    assert.equal(rig.scaling.group("pool")!.refresh, "Successful");
    assert.deepEqual(versions(rig, "InService"), ["2", "2", "2"]);
    assert.deepEqual(versions(rig, "Warmed:Stopped"), ["2"]);
    const terminated = rig.timeline.events.flatMap((e) => (e.kind === "instance-state" && /Terminated$/.test(e.state) ? [e.state] : []));
    assert.deepEqual(terminated, ["Terminated", "Terminated", "Terminated", "Warmed:Terminated"]);
    assert.deepEqual(refreshEvents(rig), ["Started", "Succeeded"]);
  });

  it("never replaces more instances at once than the minimum healthy percentage allows [A5.3]", async () => {
    const rig = new Rig();
    await outdated(rig, { desiredCapacity: 4 });
    let least = 4;
    rig.timeline.subscribe((event) => {
      if (event.kind === "instance-state") least = Math.min(least, rig.inState("InService").length);
    });
    rig.scaling.startRefresh("pool", { minHealthyPercentage: 50 });
    await rig.advance(120);
    assert.equal(rig.scaling.group("pool")!.refresh, "Successful");
    assert.equal(least, 2);
    assert.equal(rig.inState("Terminating:Wait").length, 4, "drains continue after the refresh");
  });

  it("launches before it terminates if the maximum healthy percentage is above 100 % [A5.3]", async () => {
    const rig = new Rig();
    await outdated(rig, { desiredCapacity: 2 });
    let least = 2;
    rig.timeline.subscribe((event) => {
      if (event.kind === "instance-state") least = Math.min(least, rig.inState("InService").length);
    });
    rig.scaling.startRefresh("pool", { minHealthyPercentage: 100, maxHealthyPercentage: 200 });
    await rig.advance(120);
    assert.equal(rig.scaling.group("pool")!.refresh, "Successful");
    assert.equal(least, 2);
    assert.deepEqual(versions(rig, "InService"), ["2", "2"]);
  });

  it("waits for a protected instance and replaces it as soon as the protection is removed [A4.9]", async () => {
    const rig = new Rig();
    await outdated(rig, { desiredCapacity: 2 });
    const [busy] = rig.inState("InService") as [string];
    await rig.protect(busy);
    rig.scaling.startRefresh("pool", { minHealthyPercentage: 50 });
    await rig.advance(3000);
    assert.equal(rig.scaling.group("pool")!.refresh, "InProgress");
    assert.deepEqual(versions(rig, "InService"), ["1", "2"]);
    await rig.protect(busy, false);
    await rig.advance(30);
    assert.equal(rig.scaling.group("pool")!.refresh, "Successful");
    assert.equal(rig.stateOf(busy), "Terminating:Wait");
  });

  it("fails after waiting for one hour, and does not terminate the protected instance [A2.9, A4.9, A5.3]", async () => {
    const rig = new Rig();
    await outdated(rig);
    const busy = rig.one("InService");
    await rig.protect(busy);
    rig.scaling.startRefresh("pool");
    const {
      InstanceRefreshes: [defaults],
    } = (await rig.call("DescribeInstanceRefreshes")) as any;
    const { MinHealthyPercentage, MaxHealthyPercentage, ScaleInProtectedInstances } = defaults.Preferences;
    assert.deepEqual([MinHealthyPercentage, MaxHealthyPercentage, ScaleInProtectedInstances], [90, 100, "Wait"]);
    await rig.advance(3590);
    assert.equal(rig.scaling.group("pool")!.refresh, "InProgress");
    await rig.advance(30);
    assert.equal(rig.scaling.group("pool")!.refresh, "Failed");
    assert.equal(rig.stateOf(busy), "InService");
    assert.deepEqual(refreshEvents(rig), ["Started", "Failed"]);
  });

  it("skips protected instances with Ignore and replaces them with Refresh [A4.9]", async () => {
    for (const [choice, left] of [
      ["Ignore", "InService"],
      ["Refresh", "Terminating:Wait"],
    ] as const) {
      const rig = new Rig();
      await outdated(rig);
      const busy = rig.one("InService");
      await rig.protect(busy);
      rig.scaling.startRefresh("pool", { scaleInProtectedInstances: choice });
      await rig.advance(60);
      assert.equal(rig.scaling.group("pool")!.refresh, "Successful");
      assert.equal(rig.stateOf(busy), left);
    }
  });

  it("rejects a second refresh during the first, and a cancellation without one [A3.23, A12.5, A12.6]", async () => {
    const rig = new Rig();
    await outdated(rig);
    await rig.protect(rig.one("InService"));
    await rig.call("StartInstanceRefresh", { Preferences: { MinHealthyPercentage: 0 } });
    await fails(
      rig.call("StartInstanceRefresh"),
      "InstanceRefreshInProgress",
      "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
    );
    await rig.call("CancelInstanceRefresh");
    await rig.advance(5);
    const { InstanceRefreshes } = await rig.call("DescribeInstanceRefreshes");
    assert.deepEqual(
      (InstanceRefreshes as any[]).map((r) => [r.Status, r.PercentageComplete]),
      [["Cancelled", 0]],
    );
    const none = "No in progress or pending Instance Refresh found for Auto Scaling group pool";
    await fails(rig.call("CancelInstanceRefresh"), "ActiveInstanceRefreshNotFound", none);
  });

  it("replaces nothing while the process InstanceRefresh is suspended, and goes on afterwards [A5.9]", async () => {
    const rig = new Rig();
    await outdated(rig);
    await rig.call("SuspendProcesses", { ScalingProcesses: ["InstanceRefresh"] });
    await rig.call("StartInstanceRefresh", { Preferences: { MinHealthyPercentage: 0 } });
    await rig.advance(3600);
    assert.equal(rig.scaling.group("pool")!.refresh, "InProgress");
    assert.deepEqual(versions(rig, "InService"), ["1"]);
    await rig.call("ResumeProcesses", { ScalingProcesses: ["InstanceRefresh"] });
    await rig.advance(60);
    assert.deepEqual(versions(rig, "InService"), ["2"]);
  });

  it("describes a refresh with the desired configuration that its start named, and refuses another template [A5.10]", async () => {
    const rig = new Rig();
    await outdated(rig);
    const { id, version } = template("2");
    const desired = (Version: string) => ({ DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: id, Version } } });
    await assert.rejects(rig.call("StartInstanceRefresh", desired("1")), /does not support a desired configuration with version 1/);
    await rig.call("StartInstanceRefresh", desired(version));
    await rig.advance(60);
    await rig.call("StartInstanceRefresh");
    const { InstanceRefreshes } = await rig.call("DescribeInstanceRefreshes");
    assert.deepEqual(
      (InstanceRefreshes as any[]).map((one) => one.DesiredConfiguration),
      [undefined, desired(version).DesiredConfiguration],
    );
  });

  for (const wait of [undefined, true, false]) {
    it(`a cancellation ${wait === false ? "does not wait" : "waits"} for the drains, with WaitForTransitioningInstances ${wait} [A5.8]`, async () => {
      const rig = new Rig();
      await outdated(rig, { desiredCapacity: 2 });
      const [busy, drained] = rig.inState("InService") as [string, string];
      await rig.protect(busy);
      await rig.call("StartInstanceRefresh", { Preferences: { MinHealthyPercentage: 0 } });
      await rig.advance(60);
      assert.equal(rig.stateOf(drained), "Terminating:Wait");
      await rig.call("CancelInstanceRefresh", wait === undefined ? {} : { WaitForTransitioningInstances: wait });
      await rig.advance(20 * 60);
      assert.equal(rig.scaling.group("pool")!.refresh, wait === false ? "Cancelled" : "Cancelling");
      assert.equal(rig.stateOf(drained), "Terminating:Wait");
      if (wait !== false) {
        await assert.rejects(rig.call("StartInstanceRefresh"), /already in progress/);
        await rig.complete(drained, "terminate");
        await rig.advance(5);
        assert.equal(rig.scaling.group("pool")!.refresh, "Cancelled");
      }
      await rig.call("StartInstanceRefresh");
    });
  }

  for (const reading of [undefined, "group", "refresh"] as const) {
    const waits = reading !== "refresh";
    it(`a cancellation ${waits ? "waits" : "does not wait"} for the drain of a scale-in, if AWS means the ${reading ?? "default"} [A5.8]`, async () => {
      const rig = new Rig(reading && { cancellationWaitsFor: reading });
      await outdated(rig, { desiredCapacity: 3 });
      for (const id of rig.inState("InService").slice(0, 2)) await rig.protect(id);
      await rig.desire(2);
      await rig.advance(5);
      const drained = rig.one("Terminating:Wait");
      await rig.call("StartInstanceRefresh", { Preferences: { MinHealthyPercentage: 0 } });
      await rig.advance(60);
      await rig.call("CancelInstanceRefresh");
      const [later] = rig.inState("InService") as [string];
      await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: later, ShouldDecrementDesiredCapacity: true });
      await rig.advance(20 * 60);
      assert.equal(rig.scaling.group("pool")!.refresh, waits ? "Cancelling" : "Cancelled");
      await rig.complete(drained, "terminate");
      await rig.advance(5);
      assert.equal(rig.scaling.group("pool")!.refresh, "Cancelled");
      assert.equal(rig.stateOf(later), "Terminating:Wait", "a termination that began after the cancellation does not count");
    });
  }

  it("a cancellation waits for the launches of the replacements, too [A5.8]", async () => {
    const rig = new Rig();
    await outdated(rig, { initialLifecycleHooks: [] });
    await rig.call("PutLifecycleHook", { LifecycleHookName: "launch", LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING" });
    await rig.call("StartInstanceRefresh", { Preferences: { MinHealthyPercentage: 0 } });
    await rig.advance(60);
    const replacement = rig.one("Pending:Wait");
    await rig.call("CancelInstanceRefresh");
    await rig.advance(60);
    assert.equal(rig.scaling.group("pool")!.refresh, "Cancelling");
    await rig.complete(replacement, "launch");
    await rig.advance(5);
    assert.equal(rig.scaling.group("pool")!.refresh, "Cancelled");
  });

  it("skips instances that already match with SkipMatching [A5.4]", async () => {
    const rig = new Rig();
    await outdated(rig);
    rig.scaling.updateGroup("pool", { launchTemplate: template("1") });
    const id = rig.one("InService");
    rig.scaling.startRefresh("pool", { skipMatching: true });
    await rig.advance(30);
    assert.equal(rig.stateOf(id), "InService");
    assert.equal(rig.scaling.group("pool")!.refresh, "Successful");
  });
});

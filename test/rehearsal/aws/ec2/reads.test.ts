import assert from "node:assert/strict";
import type { Shape } from "../../../../rehearsal/aws/api";
import { OwnInstances } from "./rig";

describe("EC2's reads of instances of their own, on virtual time", () => {
  let rig: OwnInstances;
  beforeEach(async () => {
    rig = await OwnInstances.open();
  });
  afterEach(() => rig.close());

  it("may not show a start that was accepted, nor its time: so a state is none to act on without a second condition [A24.19]", async () => {
    const instance = await rig.launch();
    const first = (await rig.describe(instance)).LaunchTime;
    await rig.clock.sleep(10_000);
    await rig.stopped(instance);
    const remove = rig.harness.staleReads.inject({ instanceId: instance.id, ms: 90_000 });
    await rig.clock.sleep(120_000);
    await rig.on("StartInstances", instance);
    await rig.until(instance, "running");
    await rig.clock.sleep(60_000);
    const stale = await rig.describe(instance);
    assert.deepEqual([(stale.State as Shape).Name, stale.LaunchTime], ["stopped", first]);
    assert.equal((stale.StateReason as Shape).Code, "Client.UserInitiatedShutdown");
    await rig.clock.sleep(60_000);
    assert.equal(((await rig.describe(instance)).State as Shape).Name, "running", "90 s after the start it is shown");
    remove();
    assert.notDeepEqual((await rig.describe(instance)).LaunchTime, first);
  });

  it("may not know an instance that was just launched, as often as they are asked to [A24.19]", async () => {
    rig.harness.staleReads.inject({ ms: 5_000, times: 2 });
    const instance = await rig.request();
    const notFound = { code: "InvalidInstanceID.NotFound" };
    await assert.rejects(rig.describe(instance), notFound);
    await assert.rejects(rig.call("DescribeInstanceStatus", { InstanceIds: [instance.id], IncludeAllInstances: true }), notFound);
    assert.equal(((await rig.describe(instance)).State as Shape).Name, "pending");
  });

  it("forget an instance an hour after its end, under each operation", async () => {
    const instance = await rig.launch();
    await rig.on("TerminateInstances", instance);
    await rig.until(instance, "terminated");
    await rig.clock.sleep(3_590_000);
    assert.equal(((await rig.describe(instance)).State as Shape).Name, "terminated");
    await rig.clock.sleep(20_000);
    const notFound = { code: "InvalidInstanceID.NotFound" };
    await assert.rejects(rig.describe(instance), notFound);
    await assert.rejects(rig.on("StartInstances", instance), notFound);
    assert.deepEqual((await rig.call("DescribeInstances", {})).Reservations, []);
  });

  it("and calls with DryRun do nothing but say that they would have been allowed", async () => {
    const instance = await rig.launch();
    const dry = { code: "DryRunOperation" };
    for (const operation of ["StopInstances", "TerminateInstances"])
      await assert.rejects(rig.on(operation, instance, { DryRun: true }), dry);
    await assert.rejects(rig.modify(instance, { DisableApiStop: { Value: true }, DryRun: true }), dry);
    assert.deepEqual([instance.state, instance.own!.disableApiStop], ["running", false]);
  });

  it("show a launch without metadata options as EC2's default has it: with tokens that are optional", async () => {
    const { MetadataOptions } = await rig.describe(await rig.launch());
    assert.equal((MetadataOptions as Shape).HttpTokens, "optional");
    await assert.rejects(rig.request({ InstanceInitiatedShutdownBehavior: "hibernate" }), { code: "InvalidParameterValue" });
  });

  it("and a change of no attribute is refused in EC2's words [A24.22]", async () => {
    const instance = await rig.launch();
    await assert.rejects(rig.modify(instance, {}), { code: "InvalidParameterCombination", message: "No attributes specified." });
  });
});

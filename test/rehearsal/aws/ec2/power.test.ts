import assert from "node:assert/strict";
import { requestLimitExceeded } from "../../../../rehearsal/aws/api-faults";
import type { Shape } from "../../../../rehearsal/aws/api";
import { OwnInstances, SUBNET } from "./rig";

const STOPPED = "Client.UserInitiatedShutdown";

describe("EC2's instances of their own, on virtual time", () => {
  let rig: OwnInstances;
  beforeEach(async () => {
    rig = await OwnInstances.open();
  });
  afterEach(() => rig.close());

  const operations = () => rig.harness.calls()["operator"] ?? {};

  it("pass the states between, and say who stopped them and when [A24.5]", async () => {
    const instance = await rig.launch();
    await rig.on("StopInstances", instance);
    const { StateTransitionReason, State } = await rig.describe(instance);
    assert.deepEqual(State, { Code: 64, Name: "stopping" });
    assert.match(String(StateTransitionReason), /^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/);
    await rig.until(instance, "stopped");
    const { StateReason } = await rig.describe(instance);
    assert.deepEqual(StateReason, { Code: STOPPED, Message: `${STOPPED}: User initiated shutdown` });
    await rig.on("StartInstances", instance);
    await rig.until(instance, "running");
    assert.deepEqual([(await rig.describe(instance)).StateReason, (await rig.describe(instance)).StateTransitionReason], [undefined, ""]);
    assert.deepEqual(rig.states, ["pending pending", "running", `stopping ${STOPPED}`, `stopped ${STOPPED}`, "pending pending", "running"]);
  });

  it("cannot be started while they stop, or after their end: a start in that moment is lost to whoever ignores the error [A24.2]", async () => {
    const instance = await rig.launch();
    await rig.on("StopInstances", instance);
    const refused = {
      code: "IncorrectInstanceState",
      message: `The instance '${instance.id}' is not in a state from which it can be started.`,
    };
    await assert.rejects(rig.on("StartInstances", instance), refused);
    await rig.until(instance, "stopped");
    await rig.on("TerminateInstances", instance);
    await rig.until(instance, "terminated");
    await assert.rejects(rig.on("StartInstances", instance), refused);
  });

  it("are not started twice by two calls: the second finds them pending, and says so [A24.2]", async () => {
    const instance = await rig.launch();
    await rig.stopped(instance);
    const change = async () => ((await rig.on("StartInstances", instance)).StartingInstances as Shape[])[0]!;
    const [first, second] = [await change(), await change()];
    assert.deepEqual(
      [first.PreviousState, second.PreviousState, second.CurrentState].map((state) => (state as Shape).Name),
      ["stopped", "pending", "pending"],
    );
    await rig.until(instance, "running");
    assert.equal(rig.states.filter((state) => state === "running").length, 2);
  });

  it("cannot be stopped before they run, so that a cancelled start has to wait [A24.3]", async () => {
    const instance = await rig.request();
    await assert.rejects(rig.on("StopInstances", instance), {
      code: "IncorrectInstanceState",
      message: `This instance '${instance.id}' is not in a state from which it can be stopped.`,
    });
    await rig.until(instance, "running");
    await rig.on("StopInstances", instance);
    await rig.on("StopInstances", instance);
    assert.equal(rig.states.filter((state) => state.startsWith("stopping")).length, 1, "the second stop changes nothing");
  });

  it("end without a boot if they are terminated while they are pending", async () => {
    const launched: string[] = [];
    Object.assign(rig.harness.driver, { launch: async ({ instanceId }: { instanceId: string }) => void launched.push(instanceId) });
    const instance = await rig.request();
    await rig.on("TerminateInstances", instance);
    await rig.until(instance, "terminated");
    assert.deepEqual(launched, []);
  });

  it("change their type only while they are off, and boot as the new one [A24.4]", async () => {
    const instance = await rig.launch();
    const type = { InstanceType: { Value: "c6i.large" } };
    const message = `The instance '${instance.id}' is not in the 'stopped' state.`;
    await assert.rejects(rig.modify(instance, type), { code: "IncorrectInstanceState", message });
    await rig.stopped(instance);
    await assert.rejects(rig.modify(instance, { InstanceType: { Value: "c7g.large" } }), { code: "InvalidParameterValue" });
    await rig.modify(instance, type);
    await rig.on("StartInstances", instance);
    assert.equal((await rig.describe(instance)).InstanceType, "c6i.large");
  });

  it("take one attribute for each change [A24.22]", async () => {
    const instance = await rig.launch();
    await rig.stopped(instance);
    const both = { InstanceType: { Value: "c6i.large" }, DisableApiStop: { Value: true } };
    await assert.rejects(rig.modify(instance, both), { code: "InvalidParameterCombination" });
  });

  it("are not ended or stopped against their protection [A24.6]", async () => {
    const instance = await rig.launch({ DisableApiTermination: true });
    await assert.rejects(rig.on("TerminateInstances", instance), {
      code: "OperationNotPermitted",
      message: `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    });
    await rig.modify(instance, { DisableApiStop: { Value: true } });
    await assert.rejects(rig.on("StopInstances", instance, { Force: true }), {
      code: "OperationNotPermitted",
      message: `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
    });
    rig.harness.power.poweredOff(instance.id);
    await rig.until(instance, "stopped");
  });

  it("end a power-off from inside as stopped, without a caller's name in the reason [A24.5, A24.20]", async () => {
    const instance = await rig.launch();
    rig.harness.power.poweredOff(instance.id);
    await rig.until(instance, "stopping");
    await assert.rejects(rig.on("StartInstances", instance), { code: "IncorrectInstanceState" });
    await rig.until(instance, "stopped");
    const { StateReason, StateTransitionReason } = await rig.describe(instance);
    const code = "Client.InstanceInitiatedShutdown";
    assert.deepEqual(
      [StateReason, StateTransitionReason],
      [{ Code: code, Message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown" }, ""],
    );
    await rig.on("StartInstances", instance);
    await rig.until(instance, "running");
  });

  it("end for good by a power-off from inside, if they were launched to", async () => {
    const instance = await rig.launch({ InstanceInitiatedShutdownBehavior: "terminate" });
    rig.harness.power.poweredOff(instance.id);
    await rig.until(instance, "terminated");
  });

  it("stay in stopping while their machine does not give way, until a stop by force", async () => {
    const stops: unknown[] = [];
    rig.harness.driver.stop = async (_id?: string, how?: object) => void stops.push(how);
    const instance = await rig.launch();
    rig.harness.powerFaults.holdStop(instance.id);
    await rig.on("StopInstances", instance);
    await rig.clock.sleep(3_600_000);
    assert.equal(instance.state, "stopping");
    await rig.on("StopInstances", instance, { Force: true });
    await rig.until(instance, "stopped");
    assert.deepEqual(stops, [{ force: false }, { force: true }]);
  });

  it("refuse to hibernate, for which they were not launched", async () => {
    const instance = await rig.launch();
    await assert.rejects(rig.on("StopInstances", instance, { Hibernate: true }), { code: "UnsupportedHibernationConfiguration" });
    assert.equal(instance.state, "running");
  });

  it("are launched once for one client token, and a changed request with it is refused [A24.1]", async () => {
    const [first, second] = [await rig.request({ ClientToken: "t" }), await rig.request({ ClientToken: "t" })];
    assert.equal(first.id, second.id);
    await assert.rejects(rig.request({ ClientToken: "t", InstanceType: "c6i.large" }), {
      code: "IdempotentParameterMismatch",
      message: "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    });
  });

  it("have a public address only while they run, and another one after each start [A24.9]", async () => {
    const network = { DeviceIndex: 0, SubnetId: SUBNET, AssociatePublicIpAddress: true };
    const instance = await rig.launch({ SubnetId: undefined, NetworkInterfaces: [network] });
    const address = async () => (await rig.describe(instance)).PublicIpAddress;
    const first = await address();
    assert.match(String(first), /^203\.0\.113\./);
    await rig.stopped(instance);
    assert.equal(await address(), undefined);
    await rig.clock.sleep(1_000);
    await rig.on("StartInstances", instance);
    await rig.until(instance, "running");
    assert.notEqual(await address(), first);
  });

  it("have the console of their last stop some time after it, and none of it while they boot again [A23.5, A24.21]", async () => {
    const instance = await rig.launch();
    const read = async () =>
      Buffer.from(String((await rig.call("GetConsoleOutput", { InstanceId: instance.id })).Output ?? ""), "base64").toString();
    rig.harness.driver.console = () => "first boot";
    await rig.stopped(instance);
    assert.equal(await read(), "");
    await rig.clock.sleep(60_000);
    assert.equal(await read(), "first boot");
    await rig.on("StartInstances", instance);
    await rig.until(instance, "running");
    rig.harness.driver.console = () => "first boot, second boot";
    assert.equal(await read(), "first boot");
  });

  it("run virtual machines only on types that can [A24.10]", async () => {
    const CpuOptions = { NestedVirtualization: "enabled" };
    await assert.rejects(rig.request({ CpuOptions }), { code: "UnsupportedOperation" });
    const instance = await rig.launch({ CpuOptions, InstanceType: "c8i.4xlarge" });
    await rig.stopped(instance);
    await assert.rejects(rig.modify(instance, { InstanceType: { Value: "c7i.4xlarge" } }), { code: "UnsupportedOperation" });
    await rig.modify(instance, { InstanceType: { Value: "m8i.4xlarge" } });
  });

  it("are described by state and reason, of all those that a caller can filter by", async () => {
    const [one, other] = [await rig.launch({ TagSpecifications: tags("a") }), await rig.launch({ TagSpecifications: tags("b") })];
    await rig.stopped(one);
    const found = async (Name: string, ...Values: string[]) => {
      const { Reservations } = await rig.call("DescribeInstances", { Filters: [{ Name, Values }] });
      return (Reservations as { Instances: Shape[] }[]).map(({ Instances }) => Instances[0]!.InstanceId);
    };
    assert.deepEqual(await found("state-reason-code", STOPPED), [one.id]);
    assert.deepEqual(await found("instance-state-name", "run*"), [other.id]);
    assert.deepEqual(await found("tag:team", "a", "b"), [one.id, other.id]);
    await assert.rejects(found("instance-stat-name", "running"), { code: "InvalidParameterValue" });
    const status = async (params: Shape) => ((await rig.call("DescribeInstanceStatus", params)).InstanceStatuses as Shape[]).length;
    assert.deepEqual([await status({}), await status({ IncludeAllInstances: true })], [1, 2]);
    await assert.rejects(rig.call("DescribeInstances", { InstanceIds: ["i-xyz"] }), { code: "InvalidInstanceID.Malformed" });
  });

  it("are stopped by a call that is throttled three times, and by nothing before", async () => {
    const instance = await rig.launch();
    rig.harness.faults.inject({ action: "ec2:StopInstances", times: 3, error: requestLimitExceeded() });
    for (let attempt = 0; attempt < 3; attempt++)
      await assert.rejects(rig.on("StopInstances", instance), { code: "RequestLimitExceeded", httpStatus: 503 });
    assert.equal(instance.state, "running");
    await rig.stopped(instance);
    assert.equal(operations()["ec2:StopInstances"], 4);
  });
});

const tags = (Value: string) => [{ ResourceType: "instance", Tags: [{ Key: "team", Value }] }];

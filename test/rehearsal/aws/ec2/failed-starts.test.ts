import assert from "node:assert/strict";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import { deployRole } from "../harness";
import { OwnInstances } from "./rig";

describe("starts of EC2's instances of their own that fail", () => {
  let rig: OwnInstances;
  beforeEach(async () => {
    rig = await OwnInstances.open();
  });
  afterEach(() => rig.close());

  describe("for want of capacity", () => {
    const inject = (how: "refused" | "Server.InsufficientInstanceCapacity", times = 1) =>
      rig.harness.powerFaults.inject({ how, instanceType: "c7i.large", times });

    it("leave them stopped if the call is refused, with an error that clients take for one of the server [A24.7]", async () => {
      const instance = await rig.launch();
      await rig.stopped(instance);
      inject("refused");
      await assert.rejects(rig.on("StartInstances", instance), { code: "InsufficientInstanceCapacity", httpStatus: 500 });
      assert.equal(instance.state, "stopped");
      await rig.on("StartInstances", instance);
      await rig.until(instance, "running");
    });

    it("bring them back to stopped after the call succeeded, and only their reason tells it from a stop [A24.7]", async () => {
      const instance = await rig.launch();
      await rig.stopped(instance);
      inject("Server.InsufficientInstanceCapacity", 3);
      for (let attempt = 0; attempt < 3; attempt++) {
        await rig.on("StartInstances", instance);
        assert.equal(instance.state, "pending");
        await rig.until(instance, "stopped");
        assert.equal(((await rig.describe(instance)).StateReason as Shape).Code, "Server.InsufficientInstanceCapacity");
      }
      await rig.modify(instance, { InstanceType: { Value: "c6i.large" } });
      inject("Server.InsufficientInstanceCapacity");
      await rig.on("StartInstances", instance);
      await rig.until(instance, "running");
    });

    it("terminate them if it was their launch [A24.7]", async () => {
      inject("Server.InsufficientInstanceCapacity");
      const instance = await rig.request();
      await rig.until(instance, "terminated");
      assert.equal(((await rig.describe(instance)).StateReason as Shape).Code, "Server.InsufficientInstanceCapacity");
      inject("refused");
      await assert.rejects(rig.request(), { code: "InsufficientInstanceCapacity" });
    });
  });

  it("bring them back to stopped if who starts them may not create a grant for their volume's key [A24.8]", async () => {
    const key = "arn:aws:kms:eu-central-1:123456789012:key/own";
    const Ebs = { VolumeSize: 20, KmsKeyId: key, Encrypted: true };
    const instance = await rig.launch({ BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs }] });
    const start = { Effect: "Allow", Action: "ec2:StartInstances", Resource: "*" };
    deployRole(rig.harness.store, "without", [start]);
    const grant = {
      Effect: "Allow",
      Action: "kms:CreateGrant",
      Resource: key,
      Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    };
    deployRole(rig.harness.store, "with", [start, grant]);
    const as = (name: string): Principal => ({ kind: "function", functionName: name, roleName: name });
    for (const [name, state] of [
      ["without", "stopped"],
      ["with", "running"],
    ] as const) {
      await rig.stopped(instance);
      await rig.call("StartInstances", { InstanceIds: [instance.id] }, as(name));
      assert.equal(instance.state, "pending", name);
      await rig.until(instance, state);
    }
    assert.deepEqual(
      rig.states.filter((state) => state.endsWith("Client.InternalError")),
      ["stopped Client.InternalError"],
    );
  });
});

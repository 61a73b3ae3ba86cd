import assert from "node:assert/strict";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import { deployRole } from "../harness";
import { OwnInstances } from "./rig";

describe("EC2's instances of their own, for roles and rules", () => {
  let rig: OwnInstances;
  beforeEach(async () => {
    rig = await OwnInstances.open();
  });
  afterEach(() => rig.close());

  describe("and their policies", () => {
    const on = (id: string) => `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`;
    const as: Principal = { kind: "function", functionName: "control", roleName: "control" };

    it("let a role start one instance and no other", async () => {
      const [own, other] = [await rig.launch(), await rig.launch()];
      deployRole(rig.harness.store, "control", [
        { Effect: "Allow", Action: ["ec2:StartInstances", "ec2:StopInstances"], Resource: on(own.id) },
      ]);
      await rig.call("StopInstances", { InstanceIds: [own.id] }, as);
      for (const [operation, id] of [
        ["StopInstances", other.id],
        ["TerminateInstances", own.id],
      ] as const) {
        await assert.rejects(rig.call(operation, { InstanceIds: [id] }, as), { code: "UnauthorizedOperation" });
      }
      await assert.rejects(rig.call("StopInstances", { InstanceIds: [own.id, other.id] }, as), { code: "UnauthorizedOperation" });
    });

    it("let a role change the type, and of it only to those that are named [A24.11]", async () => {
      const instance = await rig.launch();
      await rig.stopped(instance);
      const condition = { StringEquals: { "ec2:Attribute": "InstanceType", "ec2:Attribute/InstanceType": ["c6i.large"] } };
      deployRole(rig.harness.store, "control", [
        { Effect: "Allow", Action: "ec2:ModifyInstanceAttribute", Resource: on(instance.id), Condition: condition },
      ]);
      const modify = (attribute: Shape) => rig.call("ModifyInstanceAttribute", { InstanceId: instance.id, ...attribute }, as);
      await modify({ InstanceType: { Value: "c6i.large" } });
      await assert.rejects(modify({ InstanceType: { Value: "c6i.16xlarge" } }), { code: "UnauthorizedOperation" });
      await assert.rejects(modify({ UserData: { Value: Buffer.from("#!/bin/sh") } }), { code: "UnauthorizedOperation" });
    });
  });

  describe("announce each state", () => {
    it("by an event without a fraction of a second, which therefore may seem older than what came before it [A24.12]", async () => {
      const instance = await rig.launch();
      assert.equal(rig.published.length, 0, "no rule asks for them");
      rig.watch();
      await rig.clock.sleep(700);
      await rig.stopped(instance);
      const [stopping, stopped] = rig.published;
      assert.deepEqual(stopped!.detail, { "instance-id": instance.id, state: "stopped" });
      assert.deepEqual(
        [stopping!.source, stopping!["detail-type"], stopping!.resources],
        ["aws.ec2", "EC2 Instance State-change Notification", [`arn:aws:ec2:eu-central-1:123456789012:instance/${instance.id}`]],
      );
      assert.match(stopped!.time, /^[\d-]+T\d\d:\d\d:\d\dZ$/);
    });

    it("late, twice or not at all, as a scenario decides [A24.12]", async () => {
      const { bus, store } = rig.harness;
      rig.watch();
      // Without a permission each delivery is a denial, which this test counts.
      const target = { rule: "state", arn: "arn:aws:lambda:eu-central-1:123456789012:function:reap" };
      store.put({ type: "aws:cloudwatch/eventTarget:EventTarget", id: "reap", state: target });
      const arrived = () => rig.harness.denied().length;
      const instance = await rig.request();
      await rig.until(instance, "running");
      assert.equal(arrived(), 0);
      bus.settings.decide = ({ detail }) => (detail.state === "stopping" ? "duplicate" : { delayMs: 600_000 });
      await rig.stopped(instance);
      await rig.clock.sleep(10_000);
      assert.equal(arrived(), 2);
      await rig.clock.sleep(600_000);
      assert.equal(arrived(), 3);
    });
  });
});

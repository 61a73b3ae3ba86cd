import assert from "node:assert/strict";
import type { Ec2 } from "../../../../functions/shared/aws/clients";
import { instancePower } from "../../../../functions/shared/aws/instance-power";
import { setInstanceType, startInstance } from "../../../../functions/shared/aws/start-instance";
import { stopInstance } from "../../../../functions/shared/aws/stop-instance";

const ID = "i-0123456789abcdef0";
const LAUNCHED = new Date("2026-11-29T12:00:00Z");

describe("the power of an instance that is started and stopped", () => {
  const sent: { name: string; input: unknown }[] = [];
  const client = (answer: unknown): Ec2 =>
    ({
      send: async (command: { constructor: { name: string }; input: unknown }) => {
        sent.push({ name: command.constructor.name, input: command.input });
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }) as unknown as Ec2;
  const reservation = (instance: object) => ({ Reservations: [{ Instances: [{ InstanceId: ID, ...instance }] }] });

  beforeEach(() => void (sent.length = 0));

  it("has the state, the time of the last start, the type, and why it is off", async () => {
    const StateReason = { Code: "Server.InsufficientInstanceCapacity", Message: "no capacity" };
    const instance = { State: { Name: "stopped" }, LaunchTime: LAUNCHED, InstanceType: "m7i.large", StateReason };
    assert.deepEqual(await instancePower(client(reservation(instance)), ID), {
      state: "stopped",
      launchedAt: LAUNCHED.getTime(),
      instanceType: "m7i.large",
      reason: { code: "Server.InsufficientInstanceCapacity", message: "no capacity" },
    });
  });

  it("has no reason while it runs", async () => {
    const instance = {
      State: { Name: "running" },
      LaunchTime: LAUNCHED,
      InstanceType: "m7i.large",
      StateReason: { Code: "", Message: "" },
    };
    assert.equal((await instancePower(client(reservation(instance)), ID)).reason, undefined);
  });

  it("is terminated once EC2 has forgotten the instance, and unknown, not off, while EC2 does not answer", async () => {
    const failure = (name: string) => Object.assign(new Error(name), { name });
    assert.equal((await instancePower(client(failure("InvalidInstanceID.NotFound")), ID)).state, "terminated");
    assert.equal((await instancePower(client({ Reservations: [] }), ID)).state, "terminated");
    await assert.rejects(instancePower(client(failure("RequestLimitExceeded")), ID), { name: "RequestLimitExceeded" });
  });

  it("is changed for this instance alone, and by force only if asked", async () => {
    await startInstance(client({}), ID);
    await stopInstance(client({}), ID, false);
    await stopInstance(client({}), ID, true);
    await setInstanceType(client({}), ID, "m7a.large");
    assert.deepEqual(
      sent.map(({ input }) => input),
      [
        { InstanceIds: [ID] },
        { InstanceIds: [ID] },
        { InstanceIds: [ID], Force: true },
        { InstanceId: ID, InstanceType: { Value: "m7a.large" } },
      ],
    );
  });
});

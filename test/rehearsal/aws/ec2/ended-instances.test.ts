import assert from "node:assert/strict";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import type { Instance } from "../../../../rehearsal/aws/ec2";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { type AwsHarness, deployRole, startHarness } from "../harness";

const READ = { Effect: "Allow", Action: "ec2:GetConsoleOutput", Resource: "arn:aws:ec2:*:*:instance/*" };
const as = (name: string): Principal => ({ kind: "function", functionName: name, roleName: name });

describe("EC2's ended instances, on virtual time", () => {
  let harness: AwsHarness;
  let clock: VirtualClock;
  let instance: Instance;

  beforeEach(async () => {
    clock = new VirtualClock();
    harness = await startHarness({ clock });
    deployRole(harness.store, "all", [READ, { Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" }]);
    deployRole(harness.store, "tagged", [{ ...READ, Condition: { StringEquals: { "aws:ResourceTag/ci-runners:pool": "p" } } }]);
    const tags = { "ci-runners:pool": "p" };
    instance = harness.fleet.create({ userData: "", instanceType: "t4g.small", subnetId: "s", availabilityZone: "a", tags });
    await harness.fleet.powerOn(instance);
    harness.driver.console = () => "no space left";
  });
  afterEach(async () => {
    await harness.end();
    clock.close();
  });

  const read = (name: string, params: Shape = {}) =>
    harness.gateway.call(as(name), "ec2:GetConsoleOutput", { InstanceId: instance.id, ...params });
  const tags = async () => {
    const { Reservations } = await harness.gateway.call(as("all"), "ec2:DescribeInstances", { InstanceIds: [instance.id] });
    return (Reservations as { Instances: { Tags: object[] }[] }[])[0]!.Instances[0]!.Tags.length;
  };

  it("must lose their tags before their console is posted, so that a permission by tag reads none [A23.5, A23.6]", async () => {
    await read("tagged", { Latest: true });
    await harness.fleet.terminate(instance);
    assert.equal(await tags(), 1);
    await clock.sleep(60_000);
    assert.equal(await tags(), 0);
    await assert.rejects(read("tagged"), { name: "UnauthorizedOperation" });
    const { Output } = await read("all");
    assert.equal(Buffer.from(String(Output), "base64").toString(), "no space left");
  });

  it("must refuse their latest console, of which AWS says nothing, and forget them after an hour [A23.5]", async () => {
    await harness.fleet.terminate(instance);
    await assert.rejects(read("all", { Latest: true }), { name: "IncorrectInstanceState" });
    await clock.sleep(3_700_000);
    await assert.rejects(read("all"), { name: "InvalidInstanceID.NotFound" });
  });
});

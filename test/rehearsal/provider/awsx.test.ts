import assert from "node:assert/strict";
import * as awsx from "@pulumi/awsx";
import { ENGINE_TEST_TIMEOUT, Rig } from "../engine/fixture";

describe("awsx's Vpc on the real engine", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const rig = new Rig();
  after(() => rig.close());

  it("creates the requested subnets, gateways and routes, changes nothing on a second up, and leaves nothing after destroy", async () => {
    rig.writeProject();
    const program = async () => {
      const vpc = new awsx.ec2.Vpc("net", {
        cidrBlock: "10.1.0.0/16",
        numberOfAvailabilityZones: 2,
        natGateways: { strategy: "Single" },
        tags: { team: "ci" },
      });
      return { vpcId: vpc.vpcId, privateSubnetIds: vpc.privateSubnetIds, publicSubnetIds: vpc.publicSubnetIds, vpcCidr: vpc.vpc.cidrBlock };
    };
    const stack = await rig.open({ program });
    await stack.preview();
    assert.deepEqual(rig.store.all(), []);
    await stack.up();
    const outputs = await stack.outputs();
    const count = (type: string) => rig.store.list(`aws:ec2/${type}`).length;
    assert.deepEqual(
      [
        count("vpc:Vpc"),
        count("subnet:Subnet"),
        count("natGateway:NatGateway"),
        count("eip:Eip"),
        count("internetGateway:InternetGateway"),
        count("route:Route"),
      ],
      [1, 4, 1, 1, 1, 4],
    );
    assert.equal(outputs.vpcCidr!.value, "10.1.0.0/16");
    const known = rig.store.list("aws:ec2/subnet:Subnet");
    for (const id of outputs.privateSubnetIds!.value)
      assert.equal(known.find((subnet) => subnet.id === id)?.state.mapPublicIpOnLaunch, false);
    assert.equal(outputs.publicSubnetIds!.value.length, 2);
    assert.equal(
      known.every(({ state }) => state.tags.team === "ci" && state.availabilityZone.startsWith("eu-west-1")),
      true,
    );
    assert.equal((await stack.up()).changed, 0);
    await stack.destroy();
    assert.deepEqual(rig.store.all(), []);
  });
});

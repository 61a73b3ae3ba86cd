import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import type { StackHandle } from "../../../rehearsal/engine/engine";
import { ec2Over } from "../../../rehearsal/provider/ec2-api";
import { type AwsHarness, startHarness } from "../aws/harness";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";

/** Arguments that the program under test reads on each run. */
const inputs = {
  userData: "#!/bin/sh\n",
  ami: "ami-1",
  subnetId: "subnet-00000000000000000",
  protection: true,
  publicAddress: false,
  rootTags: { team: "a" },
};

/** A machine that keeps its caches, as a component would deploy it. */
async function program(): Promise<Record<string, unknown>> {
  const machine = new aws.ec2.Instance(
    "machine",
    {
      ami: inputs.ami,
      instanceType: "c7i.large",
      subnetId: inputs.subnetId,
      associatePublicIpAddress: inputs.publicAddress || undefined,
      userData: inputs.userData,
      instanceInitiatedShutdownBehavior: "stop",
      disableApiTermination: inputs.protection,
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { volumeSize: 50, volumeType: "gp3", encrypted: true, tags: inputs.rootTags },
      tags: { Name: "machine" },
    },
    { ignoreChanges: ["ami", "instanceType", "userData"] },
  );
  const cache = new aws.ebs.Volume(
    "cache",
    { availabilityZone: machine.availabilityZone, size: 20, type: "gp3", tags: { Name: "cache" } },
    { retainOnDelete: true },
  );
  new aws.ec2.VolumeAttachment(
    "cache",
    { deviceName: "/dev/sdf", instanceId: machine.id, volumeId: cache.id, stopInstanceBeforeDetaching: true },
    { deleteBeforeReplace: true },
  );
  return { instanceId: machine.id, cacheVolumeId: cache.id };
}

describe("instances of their own, in the real engine", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  let harness: AwsHarness;
  let rig: Rig;
  let stack: StackHandle;
  let id: string;

  before(async () => {
    harness = await startHarness({ ec2Delays: { pending: 10, stopping: 10, shuttingDown: 10, create: 10, attach: 10 } });
    rig = new Rig({ store: harness.store, ec2: ec2Over(harness.gateway) });
    rig.writeProject();
    stack = await rig.open({ program });
  });
  after(async () => {
    await rig?.close();
    await harness?.end();
  });

  const operations = () => harness.calls()["operator"] ?? {};
  const steps = ({ steps: all }: Awaited<ReturnType<StackHandle["up"]>>) => all.map(({ op, type }) => `${op} ${type}`);
  const inState = async (state: string) => {
    const giveUp = Date.now() + 60_000;
    while (harness.fleet.get(id)!.state !== state) {
      if (Date.now() > giveUp) assert.fail(`${id} is ${harness.fleet.get(id)!.state}, not ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const stop = async () => {
    await harness.gateway.call({ kind: "operator" }, "ec2:StopInstances", { InstanceIds: [id] });
    await inState("stopped");
  };

  it("are created once, with their volume, by the client token of one request", async () => {
    const preview = await stack.preview();
    assert.equal(preview.changes.create, 4);
    assert.equal(harness.fleet.list().length, 0);
    await stack.up();
    const outputs = await stack.outputs();
    id = outputs.instanceId!.value;
    assert.equal(harness.fleet.get(id)!.state, "running");
    assert.equal(harness.volumes.get(outputs.cacheVolumeId!.value).attachment?.instanceId, id);
    assert.deepEqual(harness.fleet.get(id)!.tags, { Name: "machine" });
  });

  it("are no difference to a second run while they are off, nor to a refresh, and stay off", async () => {
    await stop();
    const again = await stack.up();
    assert.deepEqual([again.changed, Object.keys(again.changes)], [0, ["same"]], JSON.stringify(again.steps));
    await stack.refresh();
    assert.equal((await stack.up()).changed, 0);
    assert.equal(harness.fleet.get(id)!.state, "stopped");
  });

  it("keep their first user data and image, if the program ignores their changes: else an update would start them [A24.15]", async () => {
    Object.assign(inputs, { userData: "#!/bin/sh\necho new\n", ami: "ami-2" });
    const started = operations()["ec2:StartInstances"] ?? 0;
    assert.equal((await stack.up()).changed, 0);
    assert.deepEqual([harness.fleet.get(id)!.state, operations()["ec2:StartInstances"] ?? 0], ["stopped", started]);
  });

  it("have a root volume whose changed tags come to it while they stay off", async () => {
    inputs.rootTags = { team: "b" };
    assert.deepEqual(steps(await stack.up()), [`update ${INSTANCE}`]);
    const root = harness.volumes.of(id).find(({ attachment }) => attachment!.root)!;
    assert.deepEqual([root.tags, harness.fleet.get(id)!.state], [{ team: "b" }, "stopped"]);
    assert.equal((await stack.up()).changed, 0);
  });

  it("fail a destroy by their protection, before which nothing of them is lost", async () => {
    await assert.rejects(stack.destroy(), /OperationNotPermitted/);
    assert.equal(harness.fleet.get(id)!.state, "stopped");
    assert.ok(harness.store.get(INSTANCE, id));
  });

  it("leave a volume that the program retains, with a destroy after their protection is gone", async () => {
    inputs.protection = false;
    assert.deepEqual(steps(await stack.up()).sort(), [`create ${ATTACHMENT}`, `create ${VOLUME}`, `update ${INSTANCE}`].sort());
    await stack.destroy();
    assert.equal(harness.fleet.get(id)!.state, "terminated");
    const left = harness.volumes.list();
    assert.deepEqual(
      left.map(({ state }) => state),
      ["available", "available"],
      "the failed destroy had forgotten the first one",
    );
  });
});

import assert from "node:assert/strict";
import type { Shape } from "../../../../rehearsal/aws/api";
import type { Instance } from "../../../../rehearsal/aws/ec2";
import { OwnInstances } from "./rig";

describe("EC2's volumes, on virtual time", () => {
  let rig: OwnInstances;
  /** What the machines got and gave, in order. */
  let plugs: string[];
  let mounted: boolean;
  beforeEach(async () => {
    rig = await OwnInstances.open();
    [plugs, mounted] = [[], false];
    Object.assign(rig.harness.driver, {
      attachVolume: async (id: string, { volumeId, deviceName, sizeGib }: Record<string, unknown>) =>
        void plugs.push(`attach ${id} ${volumeId} ${deviceName} ${sizeGib}`),
      detachVolume: async (id: string, volumeId: string) => (mounted ? false : (plugs.push(`detach ${id} ${volumeId}`), true)),
      deleteVolume: async (volumeId: string) => void plugs.push(`delete ${volumeId}`),
    });
  });
  afterEach(() => rig.close());

  const create = async (changes: Shape = {}): Promise<string> => {
    const { VolumeId, State } = await rig.call("CreateVolume", {
      AvailabilityZone: "eu-central-1a",
      Size: 30,
      VolumeType: "gp3",
      ...changes,
    });
    assert.equal(State, "creating");
    await rig.clock.sleep(1_000);
    return String(VolumeId);
  };
  const volume = async (id: string) => ((await rig.call("DescribeVolumes", { VolumeIds: [id] })).Volumes as Shape[])[0]!;
  const attach = (VolumeId: string, { id }: Instance, Device = "/dev/sdf") =>
    rig.call("AttachVolume", { VolumeId, InstanceId: id, Device });
  const attachment = async (id: string) => ((await volume(id)).Attachments as Shape[])[0]?.State;

  it("outlive the instance that has them, and come to the next one", async () => {
    const id = await create();
    const first = await rig.launch();
    assert.equal((await attach(id, first)).State, "attaching");
    await rig.clock.sleep(1_000);
    assert.deepEqual([(await volume(id)).State, await attachment(id)], ["in-use", "attached"]);
    await rig.on("TerminateInstances", first);
    await rig.until(first, "terminated");
    assert.equal((await volume(id)).State, "available");
    const next = await rig.launch();
    await attach(id, next, "/dev/sdg");
    assert.deepEqual(plugs, [`attach ${first.id} ${id} /dev/sdf 30`, `detach ${first.id} ${id}`, `attach ${next.id} ${id} /dev/sdg 30`]);
  });

  it("are attached to one instance in their own zone only [A24.13]", async () => {
    const id = await create();
    const elsewhere = await rig.launch({ SubnetId: "subnet-00000000000000001" });
    await assert.rejects(attach(id, elsewhere), {
      code: "InvalidVolume.ZoneMismatch",
      message: `The volume '${id}' is not in the same availability zone as instance '${elsewhere.id}'`,
    });
    const [one, other] = [await rig.launch(), await rig.launch()];
    await attach(id, one);
    await assert.rejects(attach(id, other), { code: "VolumeInUse", message: `${id} is already attached to an instance` });
    const second = await create();
    await assert.rejects(attach(second, one), { code: "InvalidParameterValue", message: /Attachment point \/dev\/sdf is already in use/ });
    await assert.rejects(rig.call("DeleteVolume", { VolumeId: id }), { code: "VolumeInUse" });
  });

  it("are attached to an instance that is off, but not to one that is on its way [A24.13]", async () => {
    const id = await create();
    const instance = await rig.request();
    await assert.rejects(attach(id, instance), { code: "IncorrectState", message: `Instance '${instance.id}' is not 'running'.` });
    await rig.until(instance, "running");
    await rig.stopped(instance);
    await attach(id, instance);
  });

  it("stay busy while a running machine has them mounted, and leave it when it is off [A24.14]", async () => {
    const id = await create();
    const instance = await rig.launch();
    await attach(id, instance);
    mounted = true;
    await rig.call("DetachVolume", { VolumeId: id });
    await rig.clock.sleep(60_000);
    assert.equal(await attachment(id), "busy");
    mounted = false;
    await rig.stopped(instance);
    await rig.clock.sleep(1_000);
    assert.equal((await volume(id)).State, "available");
    await assert.rejects(rig.call("DetachVolume", { VolumeId: id }), { code: "IncorrectState", message: /'available'/ });
  });

  it("of a launch end with the instance or outlive it, as the request says", async () => {
    const kept = { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 10, VolumeType: "gp3" } };
    const instance = await rig.launch({ BlockDeviceMappings: [kept] });
    const mappings = (await rig.describe(instance)).BlockDeviceMappings as { DeviceName: string; Ebs: Shape }[];
    assert.deepEqual(
      mappings.map(({ DeviceName, Ebs }) => [DeviceName, Ebs.DeleteOnTermination]),
      [
        ["/dev/sda1", true],
        ["/dev/sdf", false],
      ],
    );
    const [root, data] = mappings.map(({ Ebs }) => String(Ebs.VolumeId));
    await assert.rejects(rig.call("DetachVolume", { VolumeId: root }), { code: "OperationNotPermitted" });
    await rig.on("TerminateInstances", instance);
    await rig.until(instance, "terminated");
    await assert.rejects(volume(root!), { code: "InvalidVolume.NotFound" });
    assert.equal((await volume(data!)).State, "available");
  });

  it("grow and do not shrink", async () => {
    const id = await create();
    await rig.call("ModifyVolume", { VolumeId: id, Size: 40 });
    assert.equal((await volume(id)).Size, 40);
    await rig.clock.sleep(1000);
    await assert.rejects(rig.call("ModifyVolume", { VolumeId: id, Size: 30 }), { code: "InvalidParameterValue" });
  });

  it("are modified one at a time, and four times a day at most", async () => {
    const id = await create();
    const grow = (Size: number) => rig.call("ModifyVolume", { VolumeId: id, Size });
    await grow(50);
    await assert.rejects(grow(60), { code: "IncorrectModificationState" });
    for (const size of [60, 70, 80]) {
      await rig.clock.sleep(1000);
      await grow(size);
    }
    await rig.clock.sleep(1000);
    await assert.rejects(grow(90), { code: "VolumeModificationRateExceeded" });
    assert.equal((await volume(id)).Size, 80);
    await rig.clock.sleep(86_400_000);
    await grow(90);
  });

  it("are refused where EC2 would: a size that the type does not have, a zone that does not exist", async () => {
    await assert.rejects(create({ VolumeType: "st1", Size: 20 }), { code: "InvalidParameterValue", message: /too small/ });
    await assert.rejects(create({ AvailabilityZone: "us-east-1a" }), { code: "InvalidZone.NotFound" });
    await assert.rejects(create({ Size: undefined }), { code: "MissingParameter" });
  });
});

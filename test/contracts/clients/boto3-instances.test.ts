import assert from "node:assert/strict";
import { ClientRig } from "./rig";

describe("boto3, with an instance of its own at the AWS stand-in,", () => {
  let rig: ClientRig;
  let id: string;
  let volume: string;
  const call = (operation: string, params: object = {}) => rig.boto.call("ec2", operation, params);
  const fails = async (operation: string, params: object) => {
    const { Code, status, retries } = await rig.boto.fails("ec2", operation, params);
    return { Code, status, retries };
  };
  const wait = (waiter: string, params: object) => rig.boto.wait("ec2", waiter, params);
  const state = async () => (await call("describe_instances", { InstanceIds: [id] })).Reservations[0].Instances[0];

  before(async function () {
    rig = await ClientRig.open(this);
  });
  after(() => rig?.close());

  it("launches it, and its waiters see it exist, run and pass EC2's checks", async () => {
    const { Instances } = await call("run_instances", {
      ImageId: "ami-1",
      InstanceType: "c7i.large",
      MinCount: 1,
      MaxCount: 1,
      ClientToken: "once",
      UserData: "#!/bin/sh\necho <ü>",
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: "subnet-00000000000000000", Groups: ["sg-1"], AssociatePublicIpAddress: true }],
      BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 50, VolumeType: "gp3", Encrypted: true } }],
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "ci-runners:persistent-runner", Value: "e2e" }] }],
      InstanceInitiatedShutdownBehavior: "stop",
      IamInstanceProfile: { Name: "host" },
    });
    id = Instances[0].InstanceId;
    assert.equal(Instances[0].State.Name, "pending");
    await wait("instance_exists", { InstanceIds: [id] });
    await wait("instance_running", { InstanceIds: [id] });
    const instance = await state();
    assert.deepEqual([instance.SecurityGroups, instance.MetadataOptions.HttpTokens], [[{ GroupId: "sg-1" }], "required"]);
    assert.match(instance.IamInstanceProfile.Arn, /instance-profile\/host$/);
    assert.equal(Buffer.from(rig.harness.fleet.get(id)!.userData).toString(), "#!/bin/sh\necho <ü>");
    const ticked = rig.harness.fleet.get(id)!;
    ticked.launchedAt -= 60_000;
    await wait("instance_status_ok", { InstanceIds: [id] });
    await wait("system_status_ok", { InstanceIds: [id] });
  });

  it("stops and starts it, and its waiters see the states between", async () => {
    const release = rig.harness.powerFaults.holdStop(id);
    await call("stop_instances", { InstanceIds: [id] });
    assert.deepEqual(await fails("start_instances", { InstanceIds: [id] }), { Code: "IncorrectInstanceState", status: 400, retries: 0 });
    release();
    await wait("instance_stopped", { InstanceIds: [id] });
    const { StateReason, StateTransitionReason } = await state();
    assert.equal(StateReason.Code, "Client.UserInitiatedShutdown");
    assert.match(StateTransitionReason, /^User initiated \(/);
    await call("modify_instance_attribute", { InstanceId: id, InstanceType: { Value: "c6i.large" } });
    await call("start_instances", { InstanceIds: [id] });
    await wait("instance_running", { InstanceIds: [id] });
    assert.equal((await state()).InstanceType, "c6i.large");
  });

  it("repeats a start by itself for which there is no capacity, because it is an error of the server", async () => {
    await call("stop_instances", { InstanceIds: [id] });
    await wait("instance_stopped", { InstanceIds: [id] });
    const remove = rig.harness.powerFaults.inject({ how: "refused" });
    const { Code, status, retries } = await fails("start_instances", { InstanceIds: [id] });
    assert.deepEqual([Code, status], ["InsufficientInstanceCapacity", 500]);
    assert.ok(retries! > 0, `${retries} retries`);
    remove();
  });

  it("waits in vain for a start that EC2 ends without capacity: only the reason says so", async () => {
    rig.harness.powerFaults.inject({ how: "Server.InsufficientInstanceCapacity", times: 1 });
    await call("start_instances", { InstanceIds: [id] });
    const waiting = { InstanceIds: [id], WaiterConfig: { Delay: 0.1, MaxAttempts: 10 } };
    assert.match((await rig.boto.waitFails("ec2", "instance_running", waiting)).text, /Max attempts exceeded/);
    const { State, StateReason } = await state();
    assert.deepEqual([State.Name, StateReason.Code], ["stopped", "Server.InsufficientInstanceCapacity"]);
  });

  it("creates a volume, attaches and detaches it, and its waiters follow", async () => {
    await call("start_instances", { InstanceIds: [id] });
    await wait("instance_running", { InstanceIds: [id] });
    ({ VolumeId: volume } = await call("create_volume", { AvailabilityZone: "eu-central-1a", Size: 10, VolumeType: "gp3" }));
    await wait("volume_available", { VolumeIds: [volume] });
    await call("attach_volume", { VolumeId: volume, InstanceId: id, Device: "/dev/sdf" });
    await wait("volume_in_use", { VolumeIds: [volume] });
    const { Volumes } = await call("describe_volumes", {
      Filters: [
        { Name: "attachment.instance-id", Values: [id] },
        { Name: "attachment.device", Values: ["/dev/sdf"] },
      ],
    });
    assert.deepEqual([Volumes.length, Volumes[0].VolumeId], [1, volume]);
    await call("detach_volume", { VolumeId: volume });
    await wait("volume_available", { VolumeIds: [volume] });
    await call("delete_volume", { VolumeId: volume });
    await wait("volume_deleted", { VolumeIds: [volume] });
  });

  it("reads and changes its attributes", async () => {
    await call("modify_instance_attribute", { InstanceId: id, DisableApiTermination: { Value: true } });
    const { DisableApiTermination } = await call("describe_instance_attribute", { InstanceId: id, Attribute: "disableApiTermination" });
    assert.deepEqual(DisableApiTermination, { Value: true });
    assert.equal((await fails("terminate_instances", { InstanceIds: [id] })).Code, "OperationNotPermitted");
    await call("modify_instance_attribute", { InstanceId: id, Attribute: "disableApiTermination", Value: "false" });
    await call("create_tags", { Resources: [id], Tags: [{ Key: "team", Value: "a" }] });
    assert.ok((await state()).Tags.some(({ Key }: { Key: string }) => Key === "team"));
  });

  it("ends it, and its waiter sees that it is gone", async () => {
    await call("terminate_instances", { InstanceIds: [id] });
    await wait("instance_terminated", { InstanceIds: [id] });
  });

  it("reads the same refusal by the CLI, and a stop that hangs ends by force", async () => {
    const launched = await rig.aws("ec2", "run-instances", "--image-id", "ami-1", "--instance-type", "t3.small", "--output", "json");
    const [own] = launched.Instances.map(({ InstanceId }: { InstanceId: string }) => InstanceId);
    await until(() => rig.harness.fleet.get(own)!.state === "running");
    rig.harness.powerFaults.holdStop(own);
    const { StoppingInstances } = await rig.aws("ec2", "stop-instances", "--instance-ids", own, "--output", "json");
    assert.equal(StoppingInstances[0].CurrentState.Name, "stopping");
    const refused = await rig.cli("ec2", "start-instances", "--instance-ids", own);
    assert.match(refused.stderr, /IncorrectInstanceState.*is not in a state from which it can be started/);
    await rig.aws("ec2", "stop-instances", "--instance-ids", own, "--force", "--output", "json");
    await until(() => rig.harness.fleet.get(own)!.state === "stopped");
  });
});

async function until(condition: () => boolean): Promise<void> {
  const giveUp = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > giveUp) assert.fail("not within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

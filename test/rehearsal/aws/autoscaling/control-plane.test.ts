import assert from "node:assert/strict";
import { DeployedResolver } from "../../../../rehearsal/aws/autoscaling";
import type { DeployedResource, ResourceStore, Shape } from "../../../../rehearsal/aws/api";
import { fails, LAUNCH_HOOK, ACCOUNT, Rig, TERMINATE_HOOK } from "./rig";

/** Resources as Pulumi would deploy them: a template with two versions, a profile and a subnet. */
function store(): ResourceStore {
  const version = (script: string) => ({
    instanceType: "m7g.large",
    imageId: "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    userData: Buffer.from(script).toString("base64"),
    iamInstanceProfile: { arn: "arn:aws:iam::123456789012:instance-profile/pool" },
    metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
    tagSpecifications: [
      { resourceType: "volume", tags: { a: "b" } },
      { resourceType: "instance", tags: { Name: "pool" } },
    ],
  });
  const resources: DeployedResource[] = [
    {
      type: "aws:ec2/launchTemplate:LaunchTemplate",
      id: "lt-1",
      state: { name: "pool", latestVersion: 2, defaultVersion: 1, _versions: { 1: version("one"), 2: version("two") } },
    },
    {
      type: "aws:iam/instanceProfile:InstanceProfile",
      id: "pool",
      state: { arn: "arn:aws:iam::123456789012:instance-profile/pool", role: "pool-role" },
    },
    { type: "aws:ec2/subnet:Subnet", id: "subnet-1", state: { availabilityZone: "eu-central-1c" } },
  ];
  return {
    get: (type, id) => resources.find((resource) => resource.type === type && resource.id === id),
    list: (type) => resources.filter((resource) => resource.type === type),
    all: () => resources,
    put: () => undefined,
    remove: () => undefined,
  };
}

const rigWithStore = () => new Rig({ resolver: new DeployedResolver(store(), ACCOUNT) });

const GROUP = {
  MinSize: 1,
  MaxSize: 3,
  VPCZoneIdentifier: "subnet-1,subnet-00000000000000001",
  LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "$Latest" },
  InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: "retain" } },
  Tags: [{ Key: "ci-runners:pool", Value: "pool", PropagateAtLaunch: true, ResourceId: "pool" }],
};

describe("Auto Scaling: creating and deleting groups", () => {
  it("resolves the launch template's version, image, profile, tags and the subnets' zones", async () => {
    const rig = rigWithStore();
    await rig.call("CreateAutoScalingGroup", GROUP);
    await rig.advance(5);
    const instance = rig.fleet.get(rig.one("InService"))!;
    assert.equal(instance.userData, "two");
    assert.match(instance.imageId!, /^ami-[0-9a-f]{17}$/);
    assert.deepEqual(instance.profile, { arn: "arn:aws:iam::123456789012:instance-profile/pool", roleName: "pool-role" });
    assert.equal(instance.tags.Name, "pool");
    assert.equal(instance.tags["aws:ec2launchtemplate:version"], "2");
    const { AutoScalingGroups } = await rig.call("DescribeAutoScalingGroups");
    const [group] = AutoScalingGroups as any[];
    assert.deepEqual(group.LaunchTemplate, { LaunchTemplateId: "lt-1", LaunchTemplateName: "pool", Version: "$Latest" });
    assert.deepEqual(group.AvailabilityZones, ["eu-central-1c", "eu-central-1b"]);
    assert.deepEqual(group.InstanceLifecyclePolicy, { RetentionTriggers: { TerminateHookAbandon: "retain" } });
    assert.equal(group.VPCZoneIdentifier, GROUP.VPCZoneIdentifier);
  });

  it("rejects a template version that does not exist before it launches any instance [A3.20]", async () => {
    const rig = rigWithStore();
    const LaunchTemplate = { LaunchTemplateId: "lt-1", Version: "9" };
    await assert.rejects(rig.call("CreateAutoScalingGroup", { ...GROUP, LaunchTemplate }), /Could not find the specified version 9/);
    assert.equal(rig.scaling.group("pool"), undefined);
    await rig.call("CreateAutoScalingGroup", GROUP);
    const taken = "AutoScalingGroup by this name already exists - A group with the name pool already exists";
    await fails(rig.call("CreateAutoScalingGroup", GROUP), "AlreadyExists", taken);
  });

  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => ({ Key: `tag${from + n}`, Value: "x", PropagateAtLaunch: true, ResourceId: "pool" }));

  it("refuses a group's tags beyond 50, those of later calls included, and too long texts, before it changes anything [A15.7]", async () => {
    const rig = rigWithStore();
    const limit = { code: "LimitExceeded" };
    await assert.rejects(rig.call("CreateAutoScalingGroup", { ...GROUP, Tags: numbered(0, 51) }), limit);
    const long = (Key: string, Value: string) =>
      rig.call("CreateAutoScalingGroup", { ...GROUP, Tags: [{ Key, Value, ResourceId: "pool" }] });
    await assert.rejects(long("k".repeat(129), ""), { code: "ValidationError", message: /'tags\.1\.member\.key' .* equal to 128$/ });
    await assert.rejects(long("k", "v".repeat(257)), { code: "ValidationError", message: /'tags\.1\.member\.value' .* equal to 256$/ });
    assert.equal(rig.scaling.group("pool"), undefined);
    await rig.call("CreateAutoScalingGroup", { ...GROUP, MinSize: 0, Tags: numbered(0, 49) });
    await rig.call("CreateOrUpdateTags", { Tags: numbered(48, 50) });
    await assert.rejects(rig.call("CreateOrUpdateTags", { Tags: numbered(49, 51) }), limit);
    assert.equal(rig.scaling.group("pool")!.config.tags!.length, 50);
  });

  it("cannot launch an instance that would get more than 50 tags from template and group together [A15.7]", async () => {
    const rig = rigWithStore();
    await rig.call("CreateAutoScalingGroup", { ...GROUP, Tags: numbered(0, 50) });
    await rig.advance(5);
    const failed = (await rig.activities()).filter(({ StatusCode }) => StatusCode === "Failed").map(({ StatusMessage }) => StatusMessage);
    assert.deepEqual([...new Set(failed)], ["TagLimitExceeded: an instance has at most 50 tags, got 51"]);
    await rig.call("DeleteTags", { Tags: numbered(0, 1) });
    await rig.advance(60);
    assert.equal(rig.inState("InService").length, 1);
  });

  it("an update keeps settings that it does not name, and clamps the desired capacity to new bounds", async () => {
    const rig = rigWithStore();
    await rig.call("CreateAutoScalingGroup", GROUP);
    await rig.desire(3);
    await rig.call("UpdateAutoScalingGroup", { MaxInstanceLifetime: 86_400 });
    assert.equal(rig.scaling.group("pool")!.desired, 3);
    await rig.call("UpdateAutoScalingGroup", { MaxSize: 2 });
    const { desired, config } = rig.scaling.group("pool")!;
    assert.deepEqual([desired, config.maxInstanceLifetime, config.minSize], [2, 86_400, 1]);
  });

  it("initial hooks apply only at creation; PutLifecycleHook makes later changes", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
    rig.scaling.updateGroup("pool", { initialLifecycleHooks: [{ ...TERMINATE_HOOK, heartbeatTimeout: 60 }] });
    assert.deepEqual(
      rig.scaling.group("pool")!.hooks.map((hook) => hook.heartbeatTimeout),
      [1800],
    );
  });

  it("rejects the deletion of a group that has instances, unless forced; then no hook fires [A1.9, A3.21, A3.28]", async () => {
    const rig = rigWithStore();
    await rig.call("CreateAutoScalingGroup", GROUP);
    await rig.call("PutLifecycleHook", { LifecycleHookName: "terminate", LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING" });
    await rig.advance(5);
    const id = rig.one("InService");
    await fails(
      rig.call("DeleteAutoScalingGroup"),
      "ResourceInUse",
      "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
    );
    await fails(
      rig.call("DeleteAutoScalingGroup", { ForceDelete: true }),
      "ValidationError",
      "You can't force delete this Auto Scaling group because the TerminateHookAbandon retention trigger is set to retain",
    );
    await rig.advance(5);
    assert.equal(rig.stateOf(id), "InService");
    await rig.call("UpdateAutoScalingGroup", { InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: "terminate" } } });
    await rig.call("DeleteAutoScalingGroup", { ForceDelete: true });
    await rig.advance(5);
    assert.equal(rig.scaling.group("pool"), undefined);
    assert.deepEqual(rig.states(id).slice(-2), ["Terminating", "Terminated"]);
  });

  it("refuses the deletions that the group's deletion protection forbids, until it is lowered [A3.29, A12.9]", async () => {
    const rig = rigWithStore();
    const protect = (DeletionProtection: string) => rig.call("UpdateAutoScalingGroup", { DeletionProtection });
    const refused = (params: Shape, setting: string) =>
      fails(
        rig.call("DeleteAutoScalingGroup", params),
        "ValidationError",
        `You can't delete this Auto Scaling group because its deletion protection is set to ${setting}.`,
      );
    const InstanceLifecyclePolicy = { RetentionTriggers: { TerminateHookAbandon: "terminate" } };
    await rig.call("CreateAutoScalingGroup", { ...GROUP, InstanceLifecyclePolicy, DeletionProtection: "prevent-force-deletion" });
    await rig.advance(5);
    await refused({ ForceDelete: true }, "prevent-force-deletion");
    await protect("prevent-all-deletion");
    await rig.desire(1);
    await rig.call("UpdateAutoScalingGroup", { MinSize: 0, DesiredCapacity: 0 });
    await rig.advance(5);
    assert.deepEqual(rig.scaling.group("pool")!.instances, []);
    for (const ForceDelete of [false, true]) await refused({ ForceDelete }, "prevent-all-deletion");
    await assert.rejects(protect("everything"), /DeletionProtection everything is not valid/);
    await protect("prevent-force-deletion");
    const { AutoScalingGroups } = await rig.call("DescribeAutoScalingGroups");
    assert.equal((AutoScalingGroups as Shape[])[0]!.DeletionProtection, "prevent-force-deletion");
    await rig.call("DeleteAutoScalingGroup");
    assert.equal(rig.scaling.group("pool"), undefined);
  });

  it("rejects the deletion of a group whose instances are terminating, with a different error [A3.22]", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
    await rig.advance(5);
    await rig.desire(0);
    await rig.advance(1);
    const message = "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.";
    await fails(rig.call("DeleteAutoScalingGroup"), "ScalingActivityInProgress", message);
    await rig.complete(rig.one("Terminating:Wait"), "terminate");
    await rig.advance(5);
    await rig.call("DeleteAutoScalingGroup");
    assert.equal(rig.scaling.group("pool"), undefined);
  });

  it("the provider's deletion drains through the hooks, warm pool first, and removes protection", async () => {
    const rig = new Rig();
    rig.create({ maxSize: 2, initialLifecycleHooks: [TERMINATE_HOOK], warmPool: {}, newInstancesProtectedFromScaleIn: true });
    await rig.advance(5);
    const [busy, warm] = [rig.one("InService"), rig.one("Warmed:Stopped")];
    let deleted = false;
    const deletion = rig.delete().then(() => (deleted = true));
    await rig.advance(60);
    assert.deepEqual([rig.stateOf(warm), rig.stateOf(busy)], ["Warmed:Terminating:Wait", "InService"]);
    await rig.complete(warm, "terminate");
    await rig.advance(600);
    assert.equal(rig.stateOf(busy), "Terminating:Wait");
    assert.equal(deleted, false);
    await rig.complete(busy, "terminate");
    await rig.advance(5);
    await deletion;
    assert.equal(rig.scaling.group("pool"), undefined);
    assert.equal(
      rig.fleet.list().every((instance) => instance.state === "terminated"),
      true,
    );
  });

  it("returns the history of a deleted group only to a request that includes deleted groups [A3.26, A12.1]", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(60);
    const instance = rig.one("InService");
    await rig.delete();
    const missing = "AutoScalingGroup name not found - AutoScalingGroup 'pool' not found";
    await fails(rig.call("DescribeScalingActivities"), "ValidationError", missing);
    const histories = [{}, { AutoScalingGroupName: undefined }].map(async (params) => {
      const { Activities } = await rig.call("DescribeScalingActivities", { IncludeDeletedGroups: true, ...params });
      return (Activities as Shape[]).map(({ Description, StatusCode, AutoScalingGroupState }) => [
        Description,
        StatusCode,
        AutoScalingGroupState,
      ]);
    });
    for (const history of await Promise.all(histories)) {
      assert.deepEqual(history, [
        [`Terminating EC2 instance: ${instance}`, "Successful", "Deleted"],
        [`Launching a new EC2 instance: ${instance}`, "Successful", "Deleted"],
      ]);
    }
    await fails(
      rig.call("DescribeScalingActivities", { AutoScalingGroupName: "never", IncludeDeletedGroups: true }),
      "ValidationError",
      missing.replace("pool", "never"),
    );
  });

  it("returns the history of a group together with that of a deleted group of the same name, newest first", async () => {
    const rig = new Rig();
    rig.create();
    await rig.advance(60);
    await rig.delete();
    rig.create();
    await rig.advance(60);
    const { Activities } = await rig.call("DescribeScalingActivities", { IncludeDeletedGroups: true });
    assert.deepEqual(
      (Activities as Shape[]).map(({ AutoScalingGroupState }) => AutoScalingGroupState),
      [undefined, "Deleted", "Deleted"],
    );
    assert.equal((await rig.activities()).length, 1);
  });

  it("a deletion that times out names the instances that it waits for", async () => {
    const rig = new Rig();
    rig.create({ initialLifecycleHooks: [TERMINATE_HOOK] });
    await rig.advance(5);
    const id = rig.one("InService");
    const deletion = rig.delete(60);
    const expected = assert.rejects(deletion, new RegExp(`\\(pool\\) drain: timeout .*: ${id} Terminating:Wait`));
    await rig.advance(61);
    await expected;
  });

  it("deletes a warm pool through the hooks, or by force without them [A3.13]", async () => {
    for (const force of [false, true]) {
      const rig = new Rig();
      rig.create({ maxSize: 2, initialLifecycleHooks: [TERMINATE_HOOK], warmPool: {} });
      await rig.advance(5);
      const warm = rig.one("Warmed:Stopped");
      await rig.call("DeleteWarmPool", { ForceDelete: force });
      await rig.advance(5);
      assert.equal(rig.stateOf(warm), force ? undefined : "Warmed:Terminating:Wait");
      if (!force) await rig.complete(warm, "terminate");
      await rig.advance(5);
      assert.equal((await rig.call("DescribeWarmPool")).WarmPoolConfiguration, undefined);
      assert.equal(rig.inState("Warmed:Stopped").length, 0, "the pool was refilled");
      await assert.rejects(rig.call("DeleteWarmPool"), /No warm pool found/);
    }
  });

  it("changes tags and suspends processes", async () => {
    const rig = new Rig();
    rig.create();
    const tag = (Key: string, Value: string) => ({ ResourceId: "pool", Key, Value, PropagateAtLaunch: false });
    await rig.call("CreateOrUpdateTags", { Tags: [tag("a", "1"), tag("b", "1")] });
    await rig.call("CreateOrUpdateTags", { Tags: [tag("a", "2")] });
    await rig.call("DeleteTags", { Tags: [tag("b", "")] });
    assert.deepEqual(rig.scaling.group("pool")!.config.tags, [{ key: "a", value: "2", propagateAtLaunch: false }]);
    await rig.call("SuspendProcesses", { ScalingProcesses: ["Launch"] });
    await rig.advance(5);
    assert.deepEqual(rig.scaling.group("pool")!.instances, []);
    await rig.call("ResumeProcesses", { ScalingProcesses: ["Launch"] });
    await rig.advance(5);
    assert.equal(rig.inState("InService").length, 1);
  });

  it("launches and scales in ten thousand instances", async () => {
    const rig = new Rig();
    rig.create({ maxSize: 10_000, desiredCapacity: 10_000, initialLifecycleHooks: [LAUNCH_HOOK, TERMINATE_HOOK] });
    await rig.advance(5);
    for (const id of rig.inState("Pending:Wait")) await rig.complete(id, "launch");
    await rig.advance(5);
    assert.equal(rig.inState("InService").length, 10_000);
    await rig.desire(0);
    await rig.advance(5);
    for (const id of rig.inState("Terminating:Wait")) await rig.complete(id, "terminate");
    await rig.advance(5);
    assert.equal(rig.scaling.group("pool")!.instances.length, 0);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeployedResolver } from "../../../../rehearsal/aws/autoscaling";
import { images } from "../../../../rehearsal/aws/ec2";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import type { Properties } from "../../../../rehearsal/provider/values";
import { FakeAutoScaling } from "../../provider/fake-auto-scaling";
import { ACCOUNT, fails, LAUNCH_HOOK, Rig, TERMINATE_HOOK } from "./rig";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const [IMAGE] = [...images.values()];
const ROLE = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
const USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
const ROOT = { Effect: "Allow", Action: "kms:*", Resource: "*", Principal: { AWS: "arn:aws:iam::123456789012:root" } };
const MAY_USE = { Effect: "Allow", Action: USE, Resource: "*", Principal: { AWS: ROLE } };
const MAY_GRANT = {
  Effect: "Allow",
  Action: "kms:CreateGrant",
  Resource: "*",
  Principal: { AWS: ROLE },
  Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
};
const policy = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

describe("Auto Scaling: the root volume of a launch template", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));
  let store: MemoryStore;
  let rig: Rig;
  let backend: ProviderBackend;
  beforeEach(() => {
    store = new MemoryStore();
    rig = new Rig({ resolver: new DeployedResolver(store, ACCOUNT) });
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT });
  });

  async function deploy(type: string, name: string, news: Properties): Promise<string> {
    const urn = `urn:pulumi:test::tiny::${type}::${name}`;
    const { inputs, failures } = backend.check({ urn, news });
    assert.deepEqual(failures, []);
    return (await backend.create({ urn, news: inputs })).id;
  }
  const device = (ebs: object) => [{ deviceName: IMAGE!.rootDeviceName, ebs }];
  const template = (ebs: object, imageId = IMAGE!.id) => ({
    name: "pool",
    instanceType: "m7g.large",
    imageId,
    blockDeviceMappings: device(ebs),
  });
  const group = (LaunchTemplateId: string) => ({
    MinSize: 1,
    MaxSize: 3,
    VPCZoneIdentifier: "subnet-00000000000000001",
    LaunchTemplate: { LaunchTemplateId, Version: "$Latest" },
    LifecycleHookSpecificationList: [
      { LifecycleHookName: LAUNCH_HOOK.name, LifecycleTransition: LAUNCH_HOOK.transition },
      { LifecycleHookName: TERMINATE_HOOK.name, LifecycleTransition: TERMINATE_HOOK.transition },
    ],
  });
  const failures = async () => {
    const failed = (await rig.activities()).filter(({ StatusCode }) => StatusCode === "Failed");
    return failed.map(({ StatusMessage }) => StatusMessage);
  };
  const launches = () => rig.fleet.list().flatMap(({ id }) => rig.hosts.of(id).filter((operation) => operation === "launch"));

  it("is refused if it is smaller than the image's snapshot, when the group is created and at each later launch [A11.4]", async () => {
    const id = await deploy(TEMPLATE, "pool", template({ volumeSize: 7 }));
    const reason = `Volume of size 7GB is smaller than snapshot '${IMAGE!.snapshotId}', expect size >= 8GB`;
    await fails(
      rig.call("CreateAutoScalingGroup", group(id)),
      "ValidationError",
      `You must use a valid fully-formed launch template. ${reason}`,
    );
    const fitting = await deploy(TEMPLATE, "fitting", { ...template({ volumeSize: 8 }), name: "fitting" });
    await rig.call("CreateAutoScalingGroup", group(fitting));
    await rig.advance(5);
    await rig.complete(rig.one("Pending:Wait"), LAUNCH_HOOK.name);
    // The group follows $Latest, so nothing checks the new version before its first launch.
    const { state } = store.get(TEMPLATE, fitting)!;
    const versions = { ...state._versions, 2: { ...state._versions[1], blockDeviceMappings: device({ volumeSize: 7 }) } };
    store.put({ type: TEMPLATE, id: fitting, state: { ...state, latestVersion: 2, _versions: versions } });
    await rig.desire(2);
    await rig.advance(60);
    assert.deepEqual([...new Set(await failures())], [reason]);
    assert.ok((await failures()).length > 1, "Auto Scaling tries again");
    assert.equal(launches().length, 1, "no machine boots from it");
    assert.equal(rig.inState("InService").length, 1);
  });

  it("is refused with whatever else EC2 refuses of any of the volumes, and the instance has those that it accepts [A11.7, A11.8, A11.9, A11.10, A11.11, A11.12, A12.11]", async () => {
    const sdf = (ebs: object) => ({ deviceName: "/dev/sdf", ebs });
    const deployed = async (name: string, ...others: object[]) => {
      const { blockDeviceMappings, ...rest } = template({ volumeSize: 8, volumeType: "gp3" });
      return deploy(TEMPLATE, name, { ...rest, name, blockDeviceMappings: [...blockDeviceMappings, ...others] });
    };
    const one = (ebs: object) => [sdf({ volumeSize: 100, ...ebs })];
    const refused: [string, object[]][] = [
      ["The device '/dev/sdf' is used in more than one block-device mapping", [...one({}), ...one({})]],
      ["The request must contain the parameter size or snapshotId", [sdf({ volumeType: "gp3" })]],
      ["The parameter iops is not supported for gp2 volumes.", one({ volumeType: "gp2", iops: 3000 })],
      ["The parameter iops must be specified for io2 volumes.", one({ volumeType: "io2" })],
      ["throughput can only be specified for volumeType gp3.", one({ volumeType: "io1", iops: 100, throughput: 125 })],
      ["Iops to volume size ratio of 500.100000 is too high; maximum is 500", one({ volumeType: "gp3", iops: 50_010 })],
      [
        "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiBps per iops",
        one({ volumeType: "gp3", throughput: 1000 }),
      ],
    ];
    for (const [index, [reason, devices]] of refused.entries()) {
      const id = await deployed(`refused-${index}`, ...devices);
      const message = `You must use a valid fully-formed launch template. ${reason}`;
      await fails(rig.call("CreateAutoScalingGroup", group(id)), "ValidationError", message);
    }
    const id = await deployed("fitting", sdf({ volumeSize: 20, volumeType: "gp3" }));
    await rig.call("CreateAutoScalingGroup", group(id));
    await rig.advance(5);
    assert.deepEqual(rig.fleet.list()[0]!.volumes, [{ deviceName: "/dev/sdf", sizeGib: 20 }]);
  });

  it("is not judged for an image whose size the stand-in does not know", async () => {
    const id = await deploy(TEMPLATE, "pool", template({ volumeSize: 1 }, "ami-0123456789abcdef0"));
    await rig.call("CreateAutoScalingGroup", group(id));
    await rig.advance(5);
    assert.equal(rig.inState("Pending:Wait").length, 1);
  });

  it("is refused likewise for an image of the account's own, with the size that getAmi returns [A11.4, A11.5]", async () => {
    const own = "ami-0c1a2b3d4e5f60718";
    const images = { [own]: { architecture: "arm64", rootDeviceName: IMAGE!.rootDeviceName, rootVolumeGib: 30 } };
    rig = new Rig({ resolver: new DeployedResolver(store, ACCOUNT, { images }) });
    const reader = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT, facts: { images } });
    const { blockDeviceMappings } = await reader.invoke("aws:ec2/getAmi:getAmi", { filters: [{ name: "image-id", values: [own] }] });
    const { volume_size, snapshot_id } = blockDeviceMappings[0].ebs;
    const small = await deploy(TEMPLATE, "small", { ...template({ volumeSize: 29 }, own), name: "small" });
    await fails(
      rig.call("CreateAutoScalingGroup", group(small)),
      "ValidationError",
      "You must use a valid fully-formed launch template. " +
        `Volume of size 29GB is smaller than snapshot '${snapshot_id}', expect size >= ${volume_size}GB`,
    );
    const fitting = await deploy(TEMPLATE, "fitting", { ...template({ volumeSize: 30 }, own), name: "fitting" });
    await rig.call("CreateAutoScalingGroup", group(fitting));
    await rig.advance(5);
    assert.equal(rig.inState("Pending:Wait").length, 1);
  });

  it("can be compared with the image by what getAmi returns [A11.5]", async () => {
    const image = await backend.invoke("aws:ec2/getAmi:getAmi", { filters: [{ name: "image-id", values: [IMAGE!.id] }] });
    const [root] = image.blockDeviceMappings;
    assert.deepEqual([root.deviceName, root.ebs.volume_size], [image.rootDeviceName, "8"]);
  });

  it("is joined by the other volumes of the image, as getAmi returns them and EC2 attaches them", async () => {
    const own = "ami-0c1a2b3d4e5f60718";
    const devices = [{ deviceName: "/dev/sdb", sizeGib: 20 }];
    const images = { [own]: { architecture: "arm64", rootDeviceName: IMAGE!.rootDeviceName, devices } };
    const reader = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT, facts: { images } });
    const { blockDeviceMappings } = await reader.invoke("aws:ec2/getAmi:getAmi", { filters: [{ name: "image-id", values: [own] }] });
    assert.deepEqual(
      blockDeviceMappings.map(({ deviceName, ebs }: Properties) => [deviceName, ebs.volume_size]),
      [
        [IMAGE!.rootDeviceName, "8"],
        ["/dev/sdb", "20"],
      ],
    );
    rig = new Rig({ resolver: new DeployedResolver(store, ACCOUNT, { images }) });
    const id = await deploy(TEMPLATE, "pool", template({ volumeSize: 8 }, own));
    await rig.call("CreateAutoScalingGroup", group(id));
    await rig.advance(5);
    assert.deepEqual(rig.fleet.list()[0]!.volumes, devices);
  });

  const policies: [what: string, document: string | undefined, usable: boolean][] = [
    ["KMS's default, which leaves everything to IAM", undefined, false],
    ["no right for Auto Scaling's role to create grants", policy(ROOT, MAY_USE), false],
    ["only the right for that role to create grants", policy(ROOT, MAY_GRANT), false],
    ["both rights for that role", policy(ROOT, MAY_USE, MAY_GRANT), true],
    [
      "both rights for that role, and a denial",
      policy(ROOT, MAY_USE, MAY_GRANT, { ...MAY_GRANT, Effect: "Deny", Condition: undefined }),
      false,
    ],
  ];
  for (const [what, document, usable] of policies) {
    it(`${usable ? "works with" : "ends each instance at once with"} a key whose policy has ${what} [A11.6]`, async () => {
      const key = await deploy("aws:kms/key:Key", "volumes", document === undefined ? {} : { policy: document });
      await deploy("aws:kms/alias:Alias", "volumes", { name: "alias/volumes", targetKeyId: key });
      const named = [
        key,
        store.get("aws:kms/key:Key", key)!.state.arn,
        "alias/volumes",
        store.get("aws:kms/alias:Alias", "alias/volumes")!.state.arn,
      ];
      for (const [index, kmsKeyId] of named.entries()) {
        const name = `pool-${index}`;
        const id = await deploy(TEMPLATE, name, { ...template({ volumeSize: 8, encrypted: "true", kmsKeyId }), name });
        await rig.call("CreateAutoScalingGroup", { ...group(id), AutoScalingGroupName: name });
        await rig.advance(5);
        const { Activities } = await rig.call("DescribeScalingActivities", { AutoScalingGroupName: name });
        const reasons = (Activities as { StatusMessage?: string }[]).map(({ StatusMessage }) => StatusMessage);
        if (usable) assert.equal(rig.scaling.group(name)!.instances[0]!.state, "Pending:Wait");
        else assert.ok(reasons.includes("Client.InternalError: Client error on launch"), `${kmsKeyId}: ${reasons.join()}`);
      }
      assert.equal(launches().length, usable ? named.length : 0);
    });
  }

  it("ends each instance at once if the key of any other volume does not let Auto Scaling use it [A11.6]", async () => {
    const key = await deploy("aws:kms/key:Key", "volumes", {});
    const { blockDeviceMappings, ...rest } = template({ volumeSize: 8, encrypted: "true" });
    const other = { deviceName: "/dev/sdf", ebs: { volumeSize: 1, encrypted: "true", kmsKeyId: key } };
    const id = await deploy(TEMPLATE, "pool", { ...rest, blockDeviceMappings: [...blockDeviceMappings, other] });
    await rig.call("CreateAutoScalingGroup", group(id));
    await rig.advance(5);
    assert.ok((await rig.activities()).some(({ StatusMessage }) => StatusMessage === "Client.InternalError: Client error on launch"));
  });

  it("works with a key that the program did not create, which an administrator is taken to have prepared [A11.6]", async () => {
    const id = await deploy(TEMPLATE, "pool", template({ volumeSize: 8, kmsKeyId: "alias/prepared" }));
    await rig.call("CreateAutoScalingGroup", group(id));
    await rig.advance(5);
    assert.equal(rig.inState("Pending:Wait").length, 1);
  });

  it("ends each instance at once if nobody prepared such a key, but not with the key that AWS manages [A11.6]", async () => {
    rig = new Rig({ resolver: new DeployedResolver(store, ACCOUNT, { keys: "unprepared" }) });
    const arn = "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000000";
    for (const [name, kmsKeyId] of Object.entries({ arn, alias: "alias/forgotten" })) {
      const id = await deploy(TEMPLATE, name, { ...template({ volumeSize: 8, encrypted: "true", kmsKeyId }), name });
      await rig.call("CreateAutoScalingGroup", { ...group(id), AutoScalingGroupName: name });
      await rig.advance(60);
      const { Activities } = await rig.call("DescribeScalingActivities", { AutoScalingGroupName: name });
      const reasons = (Activities as { StatusMessage?: string }[]).map(({ StatusMessage }) => StatusMessage);
      assert.ok(reasons.filter((reason) => reason === "Client.InternalError: Client error on launch").length > 1, reasons.join());
      assert.deepEqual(launches(), []);
    }
    const managed = await deploy(TEMPLATE, "managed", { ...template({ volumeSize: 8, kmsKeyId: "alias/aws/ebs" }), name: "managed" });
    await rig.call("CreateAutoScalingGroup", group(managed));
    await rig.advance(5);
    assert.equal(rig.inState("Pending:Wait").length, 1);
  });
});

describe("the instance types of the stand-in", () => {
  it("have the disks of their family, as getInstanceType returns them [A11.14]", async () => {
    const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
    const backend = new ProviderBackend({ store: new MemoryStore(), autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT });
    const disksOf = async (instanceType: string) => {
      const type = await backend.invoke("aws:ec2/getInstanceType:getInstanceType", { instanceType });
      return [type.instanceStorageSupported, type.totalInstanceStorage, type.instanceDisks];
    };
    assert.deepEqual(await disksOf("m6id.large"), [true, 118, [{ count: 1, size: 118, type: "ssd" }]]);
    assert.deepEqual(await disksOf("m7gd.16xlarge"), [true, 3800, [{ count: 2, size: 1900, type: "ssd" }]]);
    for (const type of ["t3.large", "m7i.large"]) assert.deepEqual(await disksOf(type), [false, 0, []]);
    rmSync(filesDir, { recursive: true });
  });
});

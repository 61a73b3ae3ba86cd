import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { StackHandle } from "../../../rehearsal/engine/engine";
import { ENGINE_TEST_TIMEOUT, Rig } from "./fixture";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const ROLE = "aws:iam/role:Role";
const QUEUE = "aws:sqs/queue:Queue";
const GROUP = "aws:autoscaling/group:Group";

/** Arguments that the program under test reads on each run. */
const inputs = { retention: 60, path: "/", description: "one", minSize: 1, userData: "first" };

async function program(): Promise<Record<string, unknown>> {
  const role = new aws.iam.Role("runner", {
    assumeRolePolicy: TRUST,
    path: inputs.path,
    description: inputs.description,
    tags: { team: "ci" },
  });
  const queue = new aws.sqs.Queue("letters", { name: "letters", messageRetentionSeconds: inputs.retention });
  const token = pulumi.secret("hush-hush");
  const parameter = new aws.ssm.Parameter("token", { type: "String", value: token, description: token });
  const template = new aws.ec2.LaunchTemplate("host", {
    userData: Buffer.from(inputs.userData).toString("base64"),
    updateDefaultVersion: true,
  });
  const group = new aws.autoscaling.Group(
    "pool",
    {
      name: "pool",
      minSize: inputs.minSize,
      maxSize: 9,
      desiredCapacity: 2,
      vpcZoneIdentifiers: ["subnet-01234567"],
      launchTemplate: { id: template.id, version: pulumi.interpolate`${template.latestVersion}` },
      initialLifecycleHooks: [
        { name: "pool-terminate", lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", heartbeatTimeout: 1800 },
      ],
      instanceRefresh: {
        strategy: "Rolling",
        preferences: { minHealthyPercentage: 50, instanceWarmup: "10", scaleInProtectedInstances: "Wait" },
      },
      warmPool: { minSize: 1 },
    },
    { ignoreChanges: ["desiredCapacity"] },
  );
  return {
    roleName: role.name,
    roleArn: role.arn,
    queueUrl: queue.url,
    parameterArn: parameter.arn,
    group: group.name,
    latest: template.latestVersion,
  };
}

describe("the real engine with the rehearsal's provider", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const rig = new Rig();
  let stack: StackHandle;
  let roleName = "";

  before(async () => {
    rig.writeProject();
    stack = await rig.open({ program });
  });
  after(() => rig.close());

  it("previews without creating anything", async () => {
    const preview = await stack.preview();
    assert.equal(preview.changes.create, 6);
    assert.deepEqual(rig.store.all(), []);
    assert.deepEqual(rig.autoscaling.calls, []);
  });

  it("generates the names that the program does not set, within the limits of the type", async () => {
    const up = await stack.up();
    assert.equal(up.resources, 5);
    const outputs = await stack.outputs();
    roleName = outputs.roleName!.value;
    assert.match(roleName, /^runner-[0-9a-f]{7}$/);
    assert.equal(outputs.roleArn!.value, `arn:aws:iam::123456789012:role/${roleName}`);
    assert.equal(outputs.queueUrl!.value, "https://sqs.eu-west-1.amazonaws.com/123456789012/letters");
  });

  it("sets the group's hooks before its sizes, so that no instance bypasses them", () => {
    assert.deepEqual(rig.autoscaling.operations().slice(0, 4), [
      "CreateAutoScalingGroup",
      "PutLifecycleHook",
      "UpdateAutoScalingGroup",
      "PutWarmPool",
    ]);
    const [create] = rig.autoscaling.calls;
    assert.equal(create!.params.MaxSize, 0);
    assert.equal(rig.autoscaling.groups.get("pool")!.instances.length, 2);
  });

  it("never writes secrets in plain text to the engine's state", () => {
    const state = readdirSync(join(rig.dir, "work", "state"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    assert.ok(
      state.some((text) => text.includes("letters")),
      "the test must find the state",
    );
    assert.ok(!state.some((text) => text.includes("hush-hush")));
    assert.equal(rig.store.list("aws:ssm/parameter:Parameter")[0]!.state.value, "hush-hush");
  });

  it("changes nothing in a second run after scaling has changed the desired capacity", async () => {
    rig.autoscaling.setDesired("pool", 4);
    const again = await stack.up();
    assert.equal(again.changed, 0, JSON.stringify(again.steps));
    assert.deepEqual(Object.keys(again.changes), ["same"]);
  });

  it("reports exactly the drifted properties in a refresh", async () => {
    const { drift } = await stack.refresh();
    assert.deepEqual(
      drift.map(({ type, gone, properties }) => ({ type, gone, properties })),
      [{ type: GROUP, gone: false, properties: { desiredCapacity: { was: 2, is: 4 } } }],
    );
    assert.equal((await stack.up()).changed, 0);
  });

  it("reports a missing resource in a refresh, and creates it again", async () => {
    rig.store.remove(QUEUE, rig.store.list(QUEUE)[0]!.id);
    const { drift } = await stack.refresh();
    assert.deepEqual(
      drift.map(({ type, gone }) => ({ type, gone })),
      [{ type: QUEUE, gone: true }],
    );
    assert.deepEqual(
      (await stack.up()).steps.map(({ op, type }) => `${op} ${type}`),
      [`create ${QUEUE}`],
    );
  });

  it("updates in place what AWS can change, keeping name and unique id", async () => {
    const before = rig.store.get(ROLE, roleName)!.state;
    inputs.description = "two";
    inputs.retention = 120;
    const up = await stack.up();
    assert.deepEqual(up.steps.map(({ op, name }) => `${op} ${name}`).sort(), ["update letters", "update runner"]);
    const after = rig.store.get(ROLE, roleName)!.state;
    assert.equal(after.description, "two");
    assert.equal(after.uniqueId, before.uniqueId);
  });

  it("replaces what AWS cannot change, under a new name", async () => {
    inputs.path = "/ci/";
    const up = await stack.up();
    assert.equal(up.changes.replace, 1);
    const [role, ...others] = rig.store.list(ROLE);
    assert.deepEqual(others, []);
    assert.notEqual(role!.id, roleName);
  });

  it("creates a new version of a changed launch template and starts an instance refresh with the program's preferences", async () => {
    inputs.userData = "second";
    await stack.up();
    const [template] = rig.store.list("aws:ec2/launchTemplate:LaunchTemplate");
    assert.equal(template!.state.latestVersion, 2);
    assert.equal(template!.state.defaultVersion, 2);
    const { refreshes, params, instances } = rig.autoscaling.groups.get("pool")!;
    assert.deepEqual(
      refreshes.map(({ Preferences }) => Preferences),
      [{ MinHealthyPercentage: 50, InstanceWarmup: 10, ScaleInProtectedInstances: "Wait" }],
    );
    assert.deepEqual(params.LaunchTemplate, { LaunchTemplateId: template!.id, Version: "2" });
    assert.equal(instances.length, 4);
  });

  it("destroys a group as the real provider does: sets sizes to zero, removes protection, deletes", async () => {
    rig.autoscaling.groups.get("pool")!.instances[0]!.ProtectedFromScaleIn = true;
    const from = rig.autoscaling.operations().length;
    const destroy = await stack.destroy();
    assert.equal(destroy.resources, 0);
    assert.deepEqual(rig.store.all(), []);
    assert.deepEqual(rig.autoscaling.operations().slice(from), [
      "PutWarmPool",
      "DeleteWarmPool",
      "UpdateAutoScalingGroup",
      "SetInstanceProtection",
      "DeleteAutoScalingGroup",
    ]);
    assert.equal(rig.autoscaling.groups.size, 0);
  });
});

describe("a creation that fails half-way, in the real engine", function () {
  this.timeout(ENGINE_TEST_TIMEOUT);
  const rig = new Rig();
  after(() => rig.close());

  it("keeps the group with its planned values: the next up neither creates it nor repairs it, and destroy deletes it [A13.1]", async () => {
    rig.writeProject();
    rig.autoscaling.holdLaunches = true;
    const stack = await rig.open({
      program: async () => {
        new aws.autoscaling.Group("pool", {
          name: "pool",
          minSize: 1,
          maxSize: 2,
          vpcZoneIdentifiers: ["subnet-01234567"],
          launchTemplate: { id: "lt-0123456789abcdef0", version: "1" },
          waitForCapacityTimeout: "1s",
          warmPool: { minSize: 1 },
        });
        return {};
      },
    });
    await assert.rejects(stack.up(), /capacity satisfied: timeout after 1 s: want at least 1 healthy instance\(s\) .* have 0/);
    assert.deepEqual(rig.autoscaling.operations(), ["CreateAutoScalingGroup"]);
    await stack.up();
    assert.deepEqual(rig.autoscaling.operations(), ["CreateAutoScalingGroup"], "the next up");
    const { drift } = await stack.refresh();
    assert.deepEqual(
      drift.map(({ type, gone, properties }) => ({ type, gone, changed: Object.keys(properties ?? {}).includes("warmPool") })),
      [{ type: GROUP, gone: false, changed: true }],
    );
    await stack.up();
    assert.deepEqual(rig.autoscaling.operations().slice(1), ["PutWarmPool"], "after a refresh");
    await stack.destroy();
    assert.equal(rig.autoscaling.groups.size, 0);
  });
});

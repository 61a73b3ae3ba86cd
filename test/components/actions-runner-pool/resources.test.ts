import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { poolNames } from "../../../contract/actions-runner-pool/names";
import { Deployment, type Registered, settled } from "../mocks";
import { poolArgs } from "./pool-args";

/** The pool's taggable resource types, except the group, whose tags have a different format. */
const TAGGABLE = new Set([
  "aws:cloudwatch/eventRule:EventRule",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:iam/instanceProfile:InstanceProfile",
  "aws:iam/role:Role",
  "aws:lambda/function:Function",
  "aws:s3/bucket:Bucket",
  "aws:sqs/queue:Queue",
  "aws:ssm/document:Document",
]);

/** The one exception, because an object takes 10 tags: neither the pool's nor the provider's. */
const UNTAGGED = "aws:s3/bucketObjectv2:BucketObjectv2";

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}, opts?: pulumi.ComponentResourceOptions): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }), opts);
  await deployment.settled();
  return deployment;
}

function counts(registered: Registered[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type } of registered) found[type] = (found[type] ?? 0) + 1;
  return found;
}

const GROUP = "aws:autoscaling/group:Group";

describe("a pool", () => {
  it("consists of exactly these resources, so that no resource is added or lost unnoticed", async () => {
    const deployment = await deploy();
    assert.deepEqual(counts(deployment.children), {
      "aws:autoscaling/group:Group": 1,
      "aws:autoscaling/lifecycleHook:LifecycleHook": 2,
      "aws:cloudwatch/eventRule:EventRule": 4,
      "aws:cloudwatch/eventTarget:EventTarget": 4,
      "aws:cloudwatch/logGroup:LogGroup": 3,
      "aws:cloudwatch/metricAlarm:MetricAlarm": 17,
      "aws:ec2/launchTemplate:LaunchTemplate": 1,
      "aws:ec2/securityGroup:SecurityGroup": 1,
      "aws:iam/instanceProfile:InstanceProfile": 1,
      "aws:iam/role:Role": 4,
      "aws:iam/rolePolicy:RolePolicy": 4,
      "aws:lambda/function:Function": 3,
      "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": 3,
      "aws:lambda/invocation:Invocation": 4,
      "aws:lambda/permission:Permission": 4,
      "aws:s3/bucket:Bucket": 1,
      "aws:s3/bucketObjectv2:BucketObjectv2": 1,
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1,
      "aws:sqs/queue:Queue": 1,
      "aws:sqs/queuePolicy:QueuePolicy": 1,
      "aws:ssm/document:Document": 1,
    });
  });

  it("gives no two resources of a type the same name, which the engine rejects but the mocks accept", async () => {
    const deployment = await deploy({ extraPolicyArns: ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"] });
    const identities = deployment.registered.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(identities, [...new Set(identities)]);
  });

  it("is tagged with this package's release by default, so that the AWS console shows what runs", async () => {
    const { tags } = (await deploy()).only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
    assert.equal(tags["ci-runners:release"], `v${require("../../../package.json").version}`);
  });

  it("tags every taggable child, and the tags reach instances, volumes and network interfaces", async () => {
    const tags = { team: "platform", Name: "chosen" };
    const wanted = { Name: "chosen", team: "platform", "ci-runners:pool": "pool", "ci-runners:release": "v1.2.3-rc.1" };
    const deployment = await deploy({ tags, release: "v1.2.3-rc.1" });
    assert.deepEqual(deployment.only(UNTAGGED).inputs.overrideProvider, { defaultTags: { tags: {} } });
    for (const child of deployment.children) {
      if (TAGGABLE.has(child.type)) assert.deepEqual(child.inputs.tags, wanted, `${child.type} ${child.name}`);
      else if (child.type !== GROUP) assert.equal(child.inputs.tags, undefined, `${child.type} is taggable: add it to TAGGABLE`);
    }
    const template = deployment.only("aws:ec2/launchTemplate:LaunchTemplate");
    assert.deepEqual(template.inputs.tagSpecifications, [
      { resourceType: "volume", tags: wanted },
      { resourceType: "network-interface", tags: wanted },
    ]);
    assert.deepEqual(
      deployment.only(GROUP).inputs.tags,
      Object.entries(wanted).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
    );
  });

  it("is the parent of each child, so that all URNs contain the component's type", async () => {
    await Deployment.start();
    const pool = new ActionsRunnerPool("runners", poolArgs());
    const urns: Promise<string>[] = [];
    for (const child of (pool as any).__childResources as Set<pulumi.Resource>) {
      urns.push(new Promise((resolve) => child.urn.apply(resolve)));
    }
    await settled();
    const all = await Promise.all(urns);
    assert.ok(all.length > 45, `${all.length} children`);
    for (const urn of all) assert.match(urn, /::ci-runners:index:ActionsRunnerPool\$aws:/);
  });

  it("uses the given provider for every child and every lookup", async () => {
    const deployment = await Deployment.start();
    const provider = new aws.Provider("elsewhere", { region: "eu-central-1" });
    new ActionsRunnerPool("runners", poolArgs({ imageId: "ami-0a0000000000000a1" }), { provider });
    await deployment.settled();
    for (const { type, name, provider: used } of deployment.children) assert.match(used ?? "", /::elsewhere::/, `${type} ${name}`);
    for (const { token, provider: used } of deployment.calls) assert.match(used ?? "", /::elsewhere::/, token);
  });

  it("exposes its names, ARNs and IDs as outputs", async () => {
    await Deployment.start();
    const pool = new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }));
    const names = poolNames("pool");
    const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));
    const outputs = pulumi.all([
      pool.poolName,
      pool.groupName,
      pool.launchHookName,
      pool.terminateHookName,
      pool.registerFunctionName,
      pool.deregisterFunctionName,
      pool.sweepFunctionName,
    ]);
    assert.deepEqual(await value(outputs), [
      "pool",
      names.group,
      names.launchHook,
      names.terminateHook,
      names.registerFunction,
      names.deregisterFunction,
      names.sweepFunction,
    ]);
    const more = await value(
      pulumi.all([
        pool.groupArn,
        pool.launchTemplateId,
        pool.imageId,
        pool.hostRoleArn,
        pool.hostRoleName,
        pool.deadLetterQueueUrl,
        pool.hostBundleSha256,
        pool.securityGroupIds,
      ]),
    );
    for (const output of more) assert.ok(output && output.length > 0);
    assert.match(more[6] as string, /^[0-9a-f]{64}$/);
    await settled();
  });

  it("registers the same resources in a preview, where no ID is known: none is created in a callback", async () => {
    const up = await deploy();
    const preview = await Deployment.start({ preview: true });
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }));
    await preview.settled();
    assert.deepEqual(counts(preview.registered), counts(up.registered));
  });

  it("shares no physical name with a second pool in the same stack", async () => {
    const deployment = await Deployment.start();
    new ActionsRunnerPool("small", poolArgs());
    new ActionsRunnerPool("large", poolArgs({ instanceType: "m6a.large" }));
    await deployment.settled();
    const identities = deployment.registered.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(identities, [...new Set(identities)]);
    const physical = deployment.children
      .filter(({ inputs }) => typeof inputs.name === "string")
      .map(({ type, inputs }) => `${type} ${inputs.name}`);
    assert.ok(physical.length > 20);
    assert.deepEqual(physical, [...new Set(physical)]);
    const rules = deployment.of("aws:cloudwatch/eventRule:EventRule").filter(({ inputs }) => inputs.eventPattern);
    const groups = new Set(rules.map(({ inputs }) => JSON.parse(inputs.eventPattern).detail.AutoScalingGroupName[0]));
    assert.deepEqual([...groups].sort(), ["ci-runners-test-large", "ci-runners-test-small"]);
  });

  it("is named after project, stack and resource, so that stacks in one account do not collide", async () => {
    const deployment = await Deployment.start({ project: "shop", stack: "prod" });
    new ActionsRunnerPool("runners", poolArgs());
    await deployment.settled();
    assert.equal(deployment.only(GROUP).inputs.name, "shop-prod-runners");
  });
});

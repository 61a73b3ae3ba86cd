import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs, type DrainArgs } from "../../../components";
import { hostConfig } from "../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import { Deployment, settled } from "../mocks";
import { PROGRAM, poolArgs } from "./pool-args";

const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook";

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}

/** The resource options of each registration of a type, by name. */
async function options(type: string): Promise<Map<string, pulumi.CustomResourceOptions>> {
  const found = new Map<string, pulumi.CustomResourceOptions>();
  await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", drain: { heartbeatTimeout: 600, maxDrain: 3600 } }), {
    transformations: [
      (args) => {
        if (args.type === type) found.set(args.name, args.opts);
        return undefined;
      },
    ],
  });
  await settled();
  return found;
}

describe("the group", () => {
  it("has both hooks before its first instance, and both fail closed", async () => {
    const { inputs } = (await deploy({ launchTimeout: 700, drain: { heartbeatTimeout: 600 } })).only(GROUP);
    assert.deepEqual(inputs.initialLifecycleHooks, [
      { name: "pool-launch", lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", heartbeatTimeout: 700, defaultResult: "ABANDON" },
      {
        name: "pool-terminate",
        lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeatTimeout: 600,
        defaultResult: "ABANDON",
      },
    ]);
  });

  it("receives later hook changes through a resource that is never deleted, because deleting a hook kills draining jobs", async () => {
    const deployment = await deploy({ drain: { heartbeatTimeout: 600 } });
    const hook = deployment.named(HOOK, "runners-terminate").inputs;
    assert.deepEqual(hook, {
      autoscalingGroupName: "pool",
      name: "pool-terminate",
      lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
      heartbeatTimeout: 600,
      defaultResult: "ABANDON",
    });
    const hooks = await options(HOOK);
    assert.deepEqual([...hooks.keys()].sort(), ["runners-launch", "runners-terminate"]);
    for (const opts of hooks.values()) assert.equal(opts.retainOnDelete, true);
  });

  it("lets Auto Scaling not balance the zones of a pool that follows its queue: it would end instances that the scaler keeps", async () => {
    assert.equal((await deploy()).only(GROUP).inputs.suspendedProcesses, undefined);
    const source = { workflowJobsName: "queue", tableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/queue" };
    assert.deepEqual((await deploy({ demand: { source } })).only(GROUP).inputs.suspendedProcesses, ["AZRebalance"]);
  });

  it("leaves the desired capacity to scaling after creation", async () => {
    assert.equal((await deploy({ desiredCapacity: 3 })).only(GROUP).inputs.desiredCapacity, 3);
    assert.ok((await options(GROUP)).get("runners")!.ignoreChanges!.includes("desiredCapacity"));
  });

  it("never waits in the provider, whose wait fails with the first failed launch and with a group that scaling has moved", async () => {
    const { waitForCapacityTimeout, ignoreFailedScalingActivities } = (await deploy()).only(GROUP).inputs;
    assert.deepEqual(
      { waitForCapacityTimeout, ignoreFailedScalingActivities },
      { waitForCapacityTimeout: "0", ignoreFailedScalingActivities: true },
    );
  });

  it("has a delete timeout longer than the longest drain, or a destroy would give up in the middle of one", async () => {
    const { customTimeouts } = (await options(GROUP)).get("runners")!;
    assert.equal(customTimeouts!.delete, `${3600 + 600 + 1800}s`);
  });

  it("depends on everything that its instances and their events need, and so is deleted first", async () => {
    const dependsOn = (await options(GROUP)).get("runners")!.dependsOn as pulumi.Resource[];
    const names = await Promise.all(
      dependsOn.map((resource) => new Promise<string>((resolve) => resource.urn.apply((urn) => resolve(urn.split("$").pop()!)))),
    );
    const functionUrns = (suffix: string) => [
      `aws:lambda/function:Function::runners-${suffix}`,
      `aws:iam/rolePolicy:RolePolicy::runners-${suffix}`,
      `aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig::runners-${suffix}`,
    ];
    const eventUrns = (suffix: string) => [
      `aws:cloudwatch/eventRule:EventRule::runners-${suffix}`,
      `aws:lambda/permission:Permission::runners-${suffix}`,
      `aws:cloudwatch/eventTarget:EventTarget::runners-${suffix}`,
    ];
    assert.deepEqual(
      names.sort(),
      [
        "aws:s3/bucketObjectv2:BucketObjectv2::runners-host-bundle",
        "aws:iam/rolePolicy:RolePolicy::runners-host",
        "aws:sqs/queuePolicy:QueuePolicy::runners-dead-letters",
        "aws:ssm/document:Document::runners-stop-runner",
        "aws:lambda/invocation:Invocation::runners-final-sweep",
        "aws:lambda/invocation:Invocation::runners-refresh-cancel",
        ...["register", "deregister", "sweep"].flatMap(functionUrns),
        ...["launching", "terminating", "terminated", "sweep"].flatMap(eventUrns),
      ].sort(),
    );
  });

  it("retains an instance whose heartbeats failed, instead of terminating it with its job, unless configured otherwise", async () => {
    const retention = async (changes: Partial<ActionsRunnerPoolArgs>) =>
      (await deploy(changes)).only(GROUP).inputs.instanceLifecyclePolicy.retentionTriggers.terminateHookAbandon;
    assert.equal(await retention({}), "retain");
    assert.equal(await retention({ drain: { retainOnAbandon: false } }), "terminate");
  });

  it("refreshes a runner only after its replacement is in service, and waits for protected instances", async () => {
    const { inputs } = (await deploy()).only(GROUP);
    assert.deepEqual(inputs.instanceRefresh, {
      strategy: "Rolling",
      preferences: {
        minHealthyPercentage: 100,
        maxHealthyPercentage: 110,
        scaleInProtectedInstances: "Wait",
        standbyInstances: "Wait",
        skipMatching: true,
        instanceWarmup: "0",
      },
    });
    assert.equal(inputs.launchTemplate.version, "1");
  });

  it("can scale in idle instances and replaces old ones", async () => {
    const { inputs } = (await deploy({ maxInstanceLifetimeDays: 7 })).only(GROUP);
    assert.equal(inputs.protectFromScaleIn, false);
    assert.equal(inputs.maxInstanceLifetime, 604800);
    assert.equal((await deploy({ maxInstanceLifetimeDays: 0 })).only(GROUP).inputs.maxInstanceLifetime, 0);
  });

  it("takes instances back into the warm pool only where the pool is asked to, and then has each keep a copy of its runner", async () => {
    const userData = async (reuseOnScaleIn: boolean) => {
      const deployment = await deploy({ warmPool: { reuseOnScaleIn } });
      const { instanceReusePolicy } = deployment.only(GROUP).inputs.warmPool;
      assert.deepEqual(instanceReusePolicy, { reuseOnScaleIn });
      return Buffer.from(deployment.only("aws:ec2/launchTemplate:LaunchTemplate").inputs.userData, "base64").toString();
    };
    assert.match(await userData(true), /"reuse":true/);
    assert.doesNotMatch(await userData(false), /"reuse"/, "the user data of other pools would change with the release");
  });

  it("keeps a warm pool in the requested state and by default never returns instances to it", async () => {
    const { inputs } = (await deploy({ warmPool: { state: "Hibernated", minSize: 2 }, rootVolumeSize: 60 })).only(GROUP);
    assert.deepEqual(inputs.warmPool, {
      poolState: "Hibernated",
      minSize: 2,
      maxGroupPreparedCapacity: 4,
      instanceReusePolicy: { reuseOnScaleIn: false },
    });
    assert.equal(inputs.mixedInstancesPolicy, undefined);
    assert.equal((await deploy()).only(GROUP).inputs.warmPool, undefined);
  });

  it("mixes Spot and On-Demand instances of one architecture", async () => {
    const { inputs } = (await deploy({ spot: { onDemandBase: 1, onDemandPercentage: 25, additionalInstanceTypes: ["m6a.large"] } })).only(
      GROUP,
    );
    assert.equal(inputs.launchTemplate, undefined);
    assert.equal(inputs.capacityRebalance, true);
    assert.deepEqual(inputs.mixedInstancesPolicy, {
      instancesDistribution: {
        onDemandBaseCapacity: 1,
        onDemandPercentageAboveBaseCapacity: 25,
        spotAllocationStrategy: "price-capacity-optimized",
      },
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId: "runners-id", version: "1" },
        overrides: [{ instanceType: "m7i.large" }, { instanceType: "m6a.large" }],
      },
    });
  });
});

describe("the launch template", () => {
  it("launches instances without an SSH key, with an encrypted root volume and IMDSv2 limited to one hop", async () => {
    const { inputs } = (await deploy({ rootVolumeSize: 50, rootVolumeKmsKeyId: "alias/own" })).only(TEMPLATE);
    assert.equal(inputs.keyName, undefined);
    assert.deepEqual(inputs.metadataOptions, { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 });
    const gp3 = { volumeType: "gp3", iops: 3000, throughput: 125 };
    const ebs = { ...gp3, volumeSize: 50, encrypted: "true", kmsKeyId: "alias/own", deleteOnTermination: "true" };
    assert.deepEqual(inputs.blockDeviceMappings, [{ deviceName: "/dev/sda1", ebs }]);
    assert.equal(inputs.hibernationOptions, undefined);
  });

  it("uses Canonical's image for the instance type's architecture", async () => {
    const arm = await deploy({ instanceType: "m7g.xlarge" });
    assert.equal(arm.only(TEMPLATE).inputs.imageId, "ami-0a0000000000000b2");
    assert.ok(
      arm.calls.some(({ inputs }) => inputs.name === "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"),
    );
    const x64 = await deploy();
    assert.ok(
      x64.calls.some(({ inputs }) => inputs.name === "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"),
    );
  });

  it("reads no SSM parameter if an image is given", async () => {
    const deployment = await deploy({ imageId: "ami-0a0000000000000a1" });
    assert.ok(!deployment.calls.some(({ token }) => token.startsWith("aws:ssm/")));
  });

  it("enables hibernation only if the warm pool hibernates", async () => {
    const { inputs } = (await deploy({ warmPool: { state: "Hibernated" }, rootVolumeSize: 18 })).only(TEMPLATE);
    assert.deepEqual(inputs.hibernationOptions, { configured: true });
  });

  it("passes the host its configuration and the archive for its architecture", async () => {
    const deployment = await deploy({
      instanceType: "m7g.xlarge",
      labels: ["big"],
      runnerGroup: "production",
      noDefaultLabels: true,
      github: {
        organization: "example-org",
        tokenSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:t",
        apiUrl: "https://ghe.example.com/api/v3/",
      },
      runner: { version: "2.350.0", sha256: "7".repeat(64), user: "ci", jobStartedHook: "/opt/mine/started.sh" },
    });
    const userData = Buffer.from(deployment.only(TEMPLATE).inputs.userData, "base64").toString();
    const config = JSON.parse(userData.split("\n").find((line) => line.startsWith('{"pool"'))!);
    assert.deepEqual(config, {
      pool: "pool",
      region: "us-east-1",
      group: "pool",
      launchHook: "pool-launch",
      terminateHook: "pool-terminate",
      secretPrefix: "ci-runners/pool/",
      githubUrl: "https://ghe.example.com/example-org",
      labels: ["big"],
      runnerGroup: "production",
      noDefaultLabels: true,
      runnerUser: "ci",
      runnerArchive: {
        url: "https://github.com/actions/runner/releases/download/v2.350.0/actions-runner-linux-arm64-2.350.0.tar.gz",
        sha256: "7".repeat(64),
      },
      heartbeatInterval: 300,
      heartbeatTimeout: 1800,
      drainDeadline: 172500,
      launchTimeout: 900,
      jobsMayUseInstanceRole: false,
      jobsMayBecomeRoot: false,
      userJobStartedHook: "/opt/mine/started.sh",
    });
    const object = deployment.only("aws:s3/bucketObjectv2:BucketObjectv2");
    assert.ok(userData.includes(object.inputs.key), "downloads the deployed object");
  });

  it("makes the host stop a job before AWS terminates the instance, or the forced stop would not be counted", async () => {
    const longest: [DrainArgs, number][] = [
      [{ heartbeatTimeout: 7200, maxDrain: 172_800 }, 172_500],
      [{ heartbeatTimeout: 30, maxDrain: 3000 }, 2700],
      [{ heartbeatTimeout: 30 }, 2700],
      [{ heartbeatTimeout: 30, maxDrain: 2701 }, 2700],
      [{ heartbeatTimeout: 30, maxDrain: 2699 }, 2699],
      [{ heartbeatTimeout: 1800, maxDrain: 3600 }, 3600],
    ];
    for (const [drain, expected] of longest) {
      const settings = resolveSettings("runners", poolArgs({ drain }), PROGRAM);
      assert.equal(hostConfig(settings, "us-east-1", "x64").drainDeadline, expected, JSON.stringify(drain));
    }
  });

  it("contains no archive if the runner is on the image", async () => {
    const deployment = await deploy({ runner: { onImage: true } });
    const userData = Buffer.from(deployment.only(TEMPLATE).inputs.userData, "base64").toString();
    const config = JSON.parse(userData.split("\n").find((line) => line.startsWith('{"pool"'))!);
    assert.ok(!("runnerArchive" in config));
  });
});

describe("the network", () => {
  it("allows all outbound and no inbound traffic", async () => {
    const { inputs } = (await deploy()).only("aws:ec2/securityGroup:SecurityGroup");
    assert.deepEqual(inputs.ingress, []);
    assert.deepEqual(inputs.egress, [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }]);
    assert.equal(inputs.vpcId, "vpc-0given");
  });

  it("uses the given security groups and creates none", async () => {
    const deployment = await deploy({ securityGroupIds: ["sg-0a"] });
    assert.deepEqual(deployment.of("aws:ec2/securityGroup:SecurityGroup"), []);
    assert.deepEqual(deployment.only(TEMPLATE).inputs.vpcSecurityGroupIds, ["sg-0a"]);
  });
});

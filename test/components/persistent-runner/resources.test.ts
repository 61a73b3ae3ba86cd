import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PersistentRunner, type PersistentRunnerArgs } from "../../../components";
import { waits } from "../../../components/persistent-runner/provisioning";
import { PERSISTENT_ENV as ENV } from "../../../contract/persistent-runner/environment";
import { LEASE_KEY } from "../../../contract/persistent-runner/lease";
import { preparationDigest } from "../../../contract/persistent-runner/order";
import { PERSISTENT_TIMING as TIMING } from "../../../contract/persistent-runner/timing";
import { Dependencies } from "../dependencies";
import { Deployment, type Registered } from "../mocks";
import { machineArgs, machineSettings } from "./machine-args";

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const INVOCATION = "aws:lambda/invocation:Invocation";
const FUNCTION = "aws:lambda/function:Function";
const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const RULE = "aws:cloudwatch/eventRule:EventRule";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";

const TAGGABLE = new Set([
  RULE,
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:dynamodb/table:Table",
  INSTANCE,
  VOLUME,
  GROUP,
  "aws:iam/instanceProfile:InstanceProfile",
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
  "aws:iam/role:Role",
  FUNCTION,
  "aws:s3/bucket:Bucket",
  "aws:sqs/queue:Queue",
]);

/** With everything that makes a further resource. */
const ALL: Partial<PersistentRunnerArgs> = {
  cacheVolume: { size: 200 },
  setupScript: "#!/bin/bash\nmake setup\n",
  hostLogs: {},
  oidcProviderArn: undefined,
  createOidcProvider: true,
};

async function deploy(changes: Partial<PersistentRunnerArgs> = {}, opts?: pulumi.ComponentResourceOptions): Promise<Deployment> {
  const deployment = await Deployment.start();
  new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e", ...changes }), opts);
  await deployment.settled();
  return deployment;
}

/** The options of each resource, by type. */
async function optionsOf(type: string, changes: Partial<PersistentRunnerArgs> = {}): Promise<pulumi.CustomResourceOptions> {
  let found: pulumi.CustomResourceOptions | undefined;
  const transformation: pulumi.ResourceTransformation = ({ type: one, opts }) => {
    if (one === type) found = opts as pulumi.CustomResourceOptions;
    return undefined;
  };
  await deploy(changes, { transformations: [transformation] });
  assert.ok(found, type);
  return found;
}

function counts(registered: Registered[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type } of registered) found[type] = (found[type] ?? 0) + 1;
  return found;
}

describe("a persistent runner", () => {
  it("consists of exactly these resources, so that no resource is added or lost unnoticed", async () => {
    const usual = {
      "aws:cloudwatch/eventRule:EventRule": 2,
      "aws:cloudwatch/eventTarget:EventTarget": 2,
      "aws:cloudwatch/logGroup:LogGroup": 2,
      "aws:cloudwatch/metricAlarm:MetricAlarm": 11,
      "aws:dynamodb/table:Table": 1,
      [INSTANCE]: 1,
      [GROUP]: 1,
      "aws:iam/instanceProfile:InstanceProfile": 1,
      "aws:iam/role:Role": 4,
      "aws:iam/rolePolicy:RolePolicy": 4,
      [FUNCTION]: 2,
      "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": 2,
      [INVOCATION]: 2,
      "aws:lambda/permission:Permission": 2,
      "aws:s3/bucket:Bucket": 1,
      [OBJECT]: 2,
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 1,
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1,
      "aws:sqs/queue:Queue": 1,
      "aws:sqs/queuePolicy:QueuePolicy": 1,
    };
    assert.deepEqual(counts((await deploy()).children), usual);
    assert.deepEqual(counts((await deploy(ALL)).children), {
      ...usual,
      "aws:cloudwatch/logGroup:LogGroup": 3,
      "aws:cloudwatch/metricAlarm:MetricAlarm": 12,
      [VOLUME]: 1,
      "aws:ec2/volumeAttachment:VolumeAttachment": 1,
      "aws:iam/openIdConnectProvider:OpenIdConnectProvider": 1,
      [OBJECT]: 3,
    });
  });

  it("tags every taggable child, and the root volume, which a provider's default tags do not reach", async () => {
    const deployment = await deploy({ ...ALL, tags: { team: "platform" }, release: "v1.2.3-rc.1" });
    const wanted = { Name: "e2e", team: "platform", "ci-runners:persistent-runner": "e2e", "ci-runners:release": "v1.2.3-rc.1" };
    for (const child of deployment.children) {
      if (TAGGABLE.has(child.type)) assert.deepEqual(child.inputs.tags, wanted, `${child.type} ${child.name}`);
      else assert.equal(child.inputs.tags, undefined, `${child.type} is taggable: add it to TAGGABLE`);
    }
    assert.deepEqual(deployment.only(INSTANCE).inputs.rootBlockDevice.tags, wanted);
  });

  it("is the parent of each child, and uses the given provider for every child and every lookup", async () => {
    const deployment = await Deployment.start();
    const provider = new aws.Provider("elsewhere", { region: "eu-central-1" });
    const machine = new PersistentRunner("machine", machineArgs(ALL), { provider });
    const children = [...((machine as any).__childResources as Set<pulumi.Resource>)];
    const urns = children.map(({ urn }) => new Promise<string>((resolve) => urn.apply(resolve)));
    await deployment.settled();
    assert.equal(children.length, deployment.children.length);
    for (const urn of await Promise.all(urns)) assert.match(urn, /::ci-runners:index:PersistentRunner\$aws:/);
    for (const { type, name, provider: used } of deployment.children) assert.match(used ?? "", /::elsewhere::/, `${type} ${name}`);
    for (const { token, provider: used } of deployment.calls) assert.match(used ?? "", /::elsewhere::/, token);
  });

  it("registers the same resources in a preview, where no id is known: none is created in a callback", async () => {
    const up = await deploy(ALL);
    const preview = await Deployment.start({ preview: true });
    new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e", ...ALL }));
    await preview.settled();
    assert.deepEqual(counts(preview.registered), counts(up.registered));
  });

  it("shares no name with a second one in the same stack", async () => {
    const deployment = await Deployment.start();
    new PersistentRunner("one", machineArgs());
    new PersistentRunner("two", machineArgs());
    await deployment.settled();
    const identities = deployment.registered.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(identities, [...new Set(identities)]);
    const physical = deployment.children.flatMap(({ type, inputs }) => (typeof inputs.name === "string" ? [`${type} ${inputs.name}`] : []));
    assert.ok(physical.length > 20);
    assert.deepEqual(physical, [...new Set(physical)]);
  });

  it("has the instance's id, the role and the workflow that names both as outputs, and no secret among them", async () => {
    const deployment = await Deployment.start();
    const machine = new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e", ...ALL }));
    const { instanceId, roleArn, region, label, concurrencyGroup, leaseTableName, cacheVolumeId, workflowYaml, setupScriptSha } = machine;
    const outputs = pulumi.all({
      instanceId,
      roleArn,
      region,
      label,
      concurrencyGroup,
      leaseTableName,
      cacheVolumeId,
      workflowYaml,
      setupScriptSha,
    });
    const known = await new Promise<any>((resolve) => outputs.apply(resolve));
    await deployment.settled();
    assert.deepEqual(
      [known.instanceId, known.region, known.label, known.concurrencyGroup, known.leaseTableName, known.cacheVolumeId],
      ["machine-id", "us-east-1", "e2e", "e2e-runner", "e2e-lease", "machine-cache-id"],
    );
    assert.match(known.setupScriptSha, /^[0-9a-f]{64}$/);
    assert.ok(known.workflowYaml.includes(known.roleArn) && known.workflowYaml.includes(`instance-id=${known.instanceId}`));
  });
});

describe("the machine", () => {
  it("keeps its disk when it switches itself off, cannot be terminated by mistake, and admits no old metadata", async () => {
    const { inputs } = (await deploy()).only(INSTANCE);
    assert.equal(inputs.instanceInitiatedShutdownBehavior, "stop");
    assert.equal(inputs.disableApiTermination, true);
    assert.deepEqual(inputs.metadataOptions, { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 });
    const { encrypted, volumeType, volumeSize } = inputs.rootBlockDevice;
    assert.deepEqual([encrypted, volumeType, volumeSize], [true, "gp3", 50]);
    assert.equal((await deploy({ terminationProtection: false })).only(INSTANCE).inputs.disableApiTermination, false);
  });

  it("is neither stopped nor replaced by a later deployment, for user data, image or type: a job may be at work", async () => {
    assert.deepEqual((await optionsOf(INSTANCE)).ignoreChanges, ["ami", "instanceType", "userData"]);
  });

  it("is neither replaced nor removed before protection is off: its functions and alarms would be gone before EC2 refuses", async () => {
    for (const type of [INSTANCE, "aws:dynamodb/table:Table"]) {
      assert.equal((await optionsOf(type)).protect, true, type);
      assert.equal((await optionsOf(type, { terminationProtection: false })).protect, false, type);
    }
  });

  it("has user data that fits EC2's limit and has no credentials, which anyone who may describe the instance reads", async () => {
    const { userData } = (await deploy(ALL)).only(INSTANCE).inputs;
    assert.match(userData, /^#!\/bin\/bash\n/);
    assert.ok(Buffer.byteLength(userData) <= 16_384);
    assert.ok(!userData.includes("github-app"));
    assert.doesNotMatch(userData, /PRIVATE KEY|gh[a-z]_\w{20}/);
  });

  it("asks EC2 for nested virtualization only where that was asked for", async () => {
    assert.equal((await deploy()).only(INSTANCE).inputs.cpuOptions, undefined);
    const nested = await deploy({ instanceType: "c8i.xlarge", nestedVirtualization: true });
    assert.deepEqual(nested.only(INSTANCE).inputs.cpuOptions, { nestedVirtualization: "enabled" });
  });

  it("is reached by no one, and reaches the web alone: EC2's rule that lets everything out is not among the rules", async () => {
    const ports = async (changes: Partial<PersistentRunnerArgs> = {}) => {
      const { ingress, egress } = (await deploy(changes)).only(GROUP).inputs;
      assert.deepEqual(ingress, []);
      for (const rule of egress) assert.deepEqual([rule.protocol, rule.fromPort], ["tcp", rule.toPort]);
      return egress.map(({ fromPort }: { fromPort: number }) => fromPort);
    };
    assert.deepEqual(await ports(), [80, 443]);
    assert.deepEqual(await ports({ allowHttp: false }), [443]);
    // A proxy that no rule lets through would be a machine that never registers.
    assert.deepEqual(await ports({ allowHttp: false, httpsProxy: "http://proxy.internal:3128" }), [443, 3128]);
  });

  it("uses the given security groups instead", async () => {
    const deployment = await deploy({ securityGroupIds: ["sg-1", "sg-2"] });
    assert.deepEqual(deployment.of(GROUP), []);
    assert.deepEqual(deployment.only(INSTANCE).inputs.vpcSecurityGroupIds, ["sg-1", "sg-2"]);
  });

  it("has a cache volume in its own zone, which Pulumi neither deletes nor replaces", async () => {
    const { inputs } = (await deploy(ALL)).only(VOLUME);
    assert.deepEqual([inputs.availabilityZone, inputs.size, inputs.type, inputs.encrypted], ["us-east-1a", 200, "gp3", true]);
    const { protect, retainOnDelete } = await optionsOf(VOLUME, ALL);
    assert.deepEqual([protect, retainOnDelete], [true, true]);
    assert.equal((await optionsOf(VOLUME, { ...ALL, terminationProtection: false })).protect, false);
    const attachment = await optionsOf("aws:ec2/volumeAttachment:VolumeAttachment", ALL);
    assert.equal(attachment.deleteBeforeReplace, true, "a volume cannot have two instances");
  });

  it("keeps what is encrypted by the customer's key under it, everywhere", async () => {
    const key = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
    const other = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000002";
    const deployment = await deploy({ ...ALL, kmsKeyArn: key, cacheVolume: { size: 200, kmsKeyArn: other } });
    assert.equal(deployment.only(INSTANCE).inputs.rootBlockDevice.kmsKeyId, key);
    assert.equal(deployment.only(VOLUME).inputs.kmsKeyId, other);
    assert.deepEqual(deployment.only("aws:dynamodb/table:Table").inputs.serverSideEncryption, { enabled: true, kmsKeyArn: key });
    for (const { inputs } of deployment.of(OBJECT)) assert.equal(inputs.kmsKeyId, key);
    for (const { inputs } of deployment.of("aws:cloudwatch/logGroup:LogGroup")) assert.equal(inputs.kmsKeyId, key);
    assert.equal(deployment.only("aws:sqs/queue:Queue").inputs.kmsMasterKeyId, key);
  });
});

describe("the machine's configuration", () => {
  const configuration = async (changes: Partial<PersistentRunnerArgs> = {}) => {
    const deployment = await deploy(changes);
    const { key, content } = deployment.named(OBJECT, "machine-configuration").inputs;
    return { deployment, key, content: JSON.parse(content) };
  };

  it("is an object under the digest of its content, to which each order points", async () => {
    const { deployment, key, content } = await configuration();
    const { variables } = deployment.named(FUNCTION, "machine-control").inputs.environment;
    const pinned = JSON.parse(variables[ENV.configuration]);
    assert.equal(pinned.key, key);
    assert.ok(key.includes(pinned.sha256));
    assert.deepEqual([content.name, content.leaseTable, content.registration], ["e2e", "e2e-lease", "jit"]);
    assert.equal(content.githubUrl, "https://github.com/example-org");
    assert.equal(JSON.parse(variables[ENV.bundle]).bucket, pinned.bucket);
  });

  it("changes with whatever is installed on the machine, and not with its alarms, its rights or its workflow", async () => {
    const { key: usual } = await configuration();
    const installed: Partial<PersistentRunnerArgs>[] = [
      { packages: ["jq"] },
      { setupScript: "#!/bin/bash\ntrue\n" },
      { docker: "rootless" },
      { maxSession: 10_800 },
      { cacheEpoch: "2026-11-29" },
      { runner: { user: "ci" } },
      { cacheVolume: { size: 100 } },
    ];
    for (const changes of installed) assert.notEqual((await configuration(changes)).key, usual, Object.keys(changes)[0]);
    const others: Partial<PersistentRunnerArgs>[] = [
      { alarmTopicArn: "arn:aws:sns:us-east-1:123456789012:alarms" },
      { subjects: ["repo:example-org/other:ref:refs/heads/main"] },
      { concurrencyGroup: "other" },
      { bootTimeout: 240 },
    ];
    for (const changes of others) assert.equal((await configuration(changes)).key, usual, Object.keys(changes)[0]);
  });

  it("gives the setup of the first boot what that leaves, instead of the half that a pool's launch leaves", async () => {
    const { content } = await configuration({ packages: ["jq"], firstBootTimeout: 1800 });
    assert.equal(content.setupTimeout, 1800 - 180);
    assert.equal(content.firstBootTimeout, 1800);
  });
});

describe("the lease table", () => {
  it("has one item, whose key is the machine's, and costs nothing while the machine sleeps", async () => {
    const { inputs } = (await deploy()).only("aws:dynamodb/table:Table");
    assert.deepEqual([inputs.name, inputs.hashKey, inputs.billingMode], ["e2e-lease", LEASE_KEY, "PAY_PER_REQUEST"]);
    assert.deepEqual(inputs.attributes, [{ name: LEASE_KEY, type: "S" }]);
  });
});

describe("the functions of a persistent runner", () => {
  it("know their machine, whom they may serve and what the machine installs, and only the control function the last two", async () => {
    const deployment = await deploy({ fallbackInstanceTypes: ["m6i.large"] });
    const of = (key: string) => deployment.named(FUNCTION, `machine-${key}`).inputs.environment.variables;
    const [control, reap] = [of("control"), of("reap")];
    assert.deepEqual([control[ENV.name], control[ENV.instanceId], reap[ENV.instanceId]], ["e2e", "machine-id", "machine-id"]);
    assert.deepEqual(JSON.parse(control[ENV.instanceTypes]), ["m7i.large", "m6i.large"]);
    assert.deepEqual(JSON.parse(control[ENV.subjects]), ["repo:example-org/app:ref:refs/heads/main"]);
    const timeouts = { bootTimeout: 180, firstBootTimeout: 1200, idleStopTimeout: 1800, maxSession: 7200 };
    assert.deepEqual([JSON.parse(control[ENV.timeouts]), JSON.parse(reap[ENV.timeouts])], [timeouts, timeouts]);
    for (const name of [ENV.subjects, ENV.hostRoleId, ENV.bundle, ENV.configuration]) {
      assert.ok(control[name] !== undefined && reap[name] === undefined, name);
    }
    const { timeout } = deployment.named(FUNCTION, "machine-control").inputs;
    assert.equal(timeout, TIMING.controlTimeout);
  });

  it("know what is installed, which the control function never deletes from the bucket", async () => {
    const deployment = await deploy(ALL);
    const { variables } = deployment.named(FUNCTION, "machine-control").inputs.environment;
    const keys = [JSON.parse(variables[ENV.bundle]).key, JSON.parse(variables[ENV.configuration]).key, variables[ENV.setupKey]];
    assert.deepEqual(
      keys.sort(),
      deployment
        .of(OBJECT)
        .map(({ inputs }) => inputs.key)
        .sort(),
    );
  });

  it("know the runner group of the organization, and the machine only where it registers itself: else it would prepare itself anew", async () => {
    const parts = async (changes: Partial<PersistentRunnerArgs>) => {
      const deployment = await deploy(changes);
      const { variables } = deployment.named(FUNCTION, "machine-control").inputs.environment;
      const { content } = deployment.named(OBJECT, "machine-configuration").inputs;
      return [variables[ENV.runnerGroup], JSON.parse(content).runnerGroup];
    };
    assert.deepEqual(await parts({}), [undefined, undefined]);
    assert.deepEqual(await parts({ runnerGroup: "e2e machines" }), ["e2e machines", undefined]);
    assert.deepEqual(await parts({ runnerGroup: "e2e machines", registration: "service" }), ["e2e machines", "e2e machines"]);
  });

  it("hear of their own machine alone when it goes off, and see it every five minutes in any case", async () => {
    const deployment = await deploy();
    const { eventPattern } = deployment.named(RULE, "machine-state").inputs;
    assert.deepEqual(JSON.parse(eventPattern), {
      source: ["aws.ec2"],
      "detail-type": ["EC2 Instance State-change Notification"],
      detail: { "instance-id": ["machine-id"], state: ["stopped", "shutting-down", "terminated"] },
    });
    assert.equal(deployment.named(RULE, "machine-reap").inputs.scheduleExpression, "rate(5 minutes)");
    for (const suffix of ["state", "reap"]) {
      const { arn } = deployment.named("aws:cloudwatch/eventTarget:EventTarget", `machine-${suffix}`).inputs;
      assert.match(arn, /e2e-reap$/);
    }
  });
});

describe("the provisioning", () => {
  const requests = async (changes: Partial<PersistentRunnerArgs> = {}): Promise<Record<string, any>[]> =>
    (await deploy(changes)).of(INVOCATION).map(({ inputs }) => ({ ...inputs, input: JSON.parse(inputs["input"]) }));

  it("is waited for by invocations that each fit a function, and together outlast the first boot and its end", async () => {
    for (const firstBootTimeout of [300, 840, 1200, 3600, 7200]) {
      const all = waits(machineSettings({ firstBootTimeout }));
      for (const { wait } of all) assert.ok(wait > 0 && wait <= TIMING.provisionWait, `${wait} s`);
      assert.ok(TIMING.provisionWait + 30 < TIMING.controlTimeout);
      const sum = all.reduce((total, { wait }) => total + wait, 0);
      assert.ok(sum >= firstBootTimeout + 180, `${sum} s for a first boot of ${firstBootTimeout} s`);
      assert.equal(new Set(all.map(({ wait }) => wait)).size, 1, "a later deployment repeats the last one alone, and waits seconds");
      assert.deepEqual(
        all.map(({ last }) => last),
        [...all.slice(1).map(() => false), true],
      );
    }
  });

  it("asks for the digest of what the function would have the machine install, so that a change provisions anew", async () => {
    const deployment = await deploy();
    const { variables } = deployment.named(FUNCTION, "machine-control").inputs.environment;
    const digest = preparationDigest({
      bundle: JSON.parse(variables[ENV.bundle]),
      configuration: JSON.parse(variables[ENV.configuration]),
    });
    const all = await requests();
    assert.equal(all.length, 2);
    for (const { functionName, input } of all) {
      assert.equal(functionName, "e2e-control");
      assert.deepEqual([input.action, input.instanceId, input.digest], ["provision", "machine-id", digest]);
    }
    const [{ input: changed }] = (await requests({ packages: ["jq"] })) as [any];
    assert.notEqual(changed.digest, digest);
  });

  it("is invoked again after one that found a run to have the machine, and otherwise not", async () => {
    const inputs = async (postponed: number | Error) => {
      const deployment = await Deployment.start();
      deployment.postponed = postponed;
      new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e" }));
      await deployment.settled();
      const asked = deployment.calls.filter(({ token }) => token === "aws:lambda/getInvocation:getInvocation");
      assert.deepEqual(
        asked.map(({ inputs: { functionName, input } }) => [functionName, JSON.parse(input)]),
        [["e2e-control", { action: "postponed" }]],
      );
      return deployment.of(INVOCATION).map(({ inputs: { input } }) => input as string);
    };
    const usual = await inputs(0);
    assert.deepEqual(await inputs(0), usual, "a second deployment is a difference");
    const again = await inputs(2);
    for (const [index, input] of again.entries()) assert.notEqual(input, usual[index], "all of them are invoked again");
    assert.deepEqual(await inputs(new Error("AccessDenied")), usual, "what cannot be asked fails a deployment that may be the remedy");
  });

  it("gives the order without a wait where none is wanted, or the machine would wait for one until its end", async () => {
    const all = await requests({ waitForProvisioning: false });
    assert.deepEqual(
      all.map(({ input: { wait, last } }) => [wait, last]),
      [[30, false]],
    );
  });

  it("comes after all that the machine needs, each invocation after the one before, and does not run again at the stack's end", async () => {
    const graph = new Dependencies();
    await deploy(ALL, { transformations: [graph.transformation] });
    const needed = graph.of(`${INVOCATION} machine-provision-1`);
    for (const one of [
      "aws:ec2/volumeAttachment:VolumeAttachment machine-cache",
      `${OBJECT} machine-host-bundle`,
      `${OBJECT} machine-setup-script`,
      `${OBJECT} machine-configuration`,
      "aws:iam/rolePolicy:RolePolicy machine-control",
      `${RULE} machine-state`,
    ]) {
      assert.ok(needed.includes(one), one);
    }
    assert.ok(graph.of(`${INVOCATION} machine-provision-2`).includes(`${INVOCATION} machine-provision-1`));
    for (const { lifecycleScope } of await requests()) assert.equal(lifecycleScope, undefined);
    const machine = graph.of(`${INSTANCE} machine`);
    for (const one of ["aws:iam/rolePolicy:RolePolicy machine-host", "aws:dynamodb/table:Table machine-lease"])
      assert.ok(machine.includes(one), one);
  });
});

describe("the role of workflows", () => {
  it("is trusted by the given provider, or by one that the component makes, for exactly the given subjects", async () => {
    const trust = async (changes: Partial<PersistentRunnerArgs>) =>
      JSON.parse((await deploy(changes)).named("aws:iam/role:Role", "machine-workflow").inputs.assumeRolePolicy).Statement;
    const subjects = ["repo:example-org/app:ref:refs/heads/main", "repo:example-org/app:environment:e2e"];
    const [statement, ...others] = await trust({ subjects });
    assert.deepEqual(others, []);
    assert.deepEqual(statement.Principal, { Federated: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" });
    assert.deepEqual(statement.Condition, {
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": subjects,
      },
    });
    const [own] = await trust({ oidcProviderArn: undefined, createOidcProvider: true });
    assert.match(own.Principal.Federated, /openIdConnectProvider/i);
    const provider = (await deploy(ALL)).only("aws:iam/openIdConnectProvider:OpenIdConnectProvider").inputs;
    assert.deepEqual([provider.url, provider.clientIdLists], ["https://token.actions.githubusercontent.com", ["sts.amazonaws.com"]]);
  });

  it("trusts the issuer of an Enterprise Server, whose tokens GitHub.com's provider would refuse", async () => {
    const github = { ...machineArgs().github, apiUrl: "https://ghe.example.org/api/v3" };
    const role = (await deploy({ github })).named("aws:iam/role:Role", "machine-workflow").inputs;
    const [{ Condition }] = JSON.parse(role.assumeRolePolicy).Statement;
    assert.ok("ghe.example.org/_services/token:sub" in Condition.StringEquals);
  });
});

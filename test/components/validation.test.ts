import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../components";
import { Deployment, failure } from "./mocks";
import { SECRET_ARN, poolArgs } from "./pool-args";

const app = { id: "100001", privateKeySecretArn: SECRET_ARN };
const SHA = "7".repeat(64);

interface BadInput {
  danger: string;
  changes: Partial<ActionsRunnerPoolArgs>;
  name?: string;
  /** Argument that the error must name. */
  field: string;
  /** Value as the user wrote it. */
  value: string;
  /** What to do about it. */
  remedy: RegExp;
}

const BAD: BadInput[] = [
  {
    danger: "a heartbeat timeout below AWS's 30 s would be refused after half the pool exists",
    changes: { drain: { heartbeatTimeout: 29, maxDrain: 600, heartbeatInterval: 5 } },
    field: "drain.heartbeatTimeout",
    value: "29",
    remedy: /within/,
  },
  {
    danger: "a heartbeat timeout above AWS's 7200 s would be refused after half the pool exists",
    changes: { drain: { heartbeatTimeout: 7201 } },
    field: "drain.heartbeatTimeout",
    value: "7201",
    remedy: /within/,
  },
  {
    danger: "a heartbeat timeout that is no whole number of seconds",
    changes: { drain: { heartbeatTimeout: 90.5 } },
    field: "drain.heartbeatTimeout",
    value: "90.5",
    remedy: /whole seconds/,
  },
  {
    danger: "a drain longer than 48 h would end with its job when the lifecycle action does",
    changes: { drain: { maxDrain: 172801 } },
    field: "drain.maxDrain",
    value: "172801",
    remedy: /Lower it/,
  },
  {
    danger: "a drain longer than 100 heartbeat timeouts would end with its job when the lifecycle action does",
    changes: { drain: { heartbeatTimeout: 300, maxDrain: 30001 } },
    field: "drain.maxDrain",
    value: "30001",
    remedy: /raise drain.heartbeatTimeout = 300/,
  },
  {
    danger: "a drain of seconds would stop every job",
    changes: { drain: { maxDrain: 5 } },
    field: "drain.maxDrain",
    value: "5",
    remedy: /whole seconds/,
  },
  {
    danger: "a heartbeat interval above a third of the timeout makes one lost heartbeat fatal",
    changes: { drain: { heartbeatTimeout: 900, heartbeatInterval: 301 } },
    field: "drain.heartbeatInterval",
    value: "301",
    remedy: /Lower it/,
  },
  {
    danger: "a launch that may take longer than a hook allows",
    changes: { launchTimeout: 7201 },
    field: "launchTimeout",
    value: "7201",
    remedy: /within/,
  },
  {
    danger: "a minimum above the maximum",
    changes: { minSize: 5, maxSize: 4, desiredCapacity: 4 },
    field: "minSize",
    value: "5",
    remedy: /Lower minSize or raise maxSize/,
  },
  {
    danger: "a desired capacity outside the bounds",
    changes: { desiredCapacity: 9 },
    field: "desiredCapacity",
    value: "9",
    remedy: /between/,
  },
  {
    danger: "a negative size",
    changes: { maxSize: -1, minSize: 0, desiredCapacity: 0 },
    field: "maxSize",
    value: "-1",
    remedy: /whole number/,
  },
  {
    danger: "a warm pool of Spot instances, which AWS does not have",
    changes: { warmPool: {}, spot: {} },
    field: "warmPool",
    value: "Stopped",
    remedy: /Drop warmPool or spot/,
  },
  {
    danger: "a warm pool that must hold more than it may",
    changes: { warmPool: { minSize: 5, maxPreparedCapacity: 4 } },
    field: "warmPool.minSize",
    value: "5",
    remedy: /raise warmPool.maxPreparedCapacity/,
  },
  {
    danger: "a share of more than all instances",
    changes: { spot: { onDemandPercentage: 101 } },
    field: "spot.onDemandPercentage",
    value: "101",
    remedy: /percentage/,
  },
  {
    danger: "a refresh whose bounds AWS refuses",
    changes: { instanceRefresh: { minHealthyPercentage: 50, maxHealthyPercentage: 160 } },
    field: "instanceRefresh.maxHealthyPercentage",
    value: "160",
    remedy: /closer/,
  },
  {
    danger: "neither organization nor repository leaves the runners without jobs",
    changes: { github: { app } },
    field: "github",
    value: "{}",
    remedy: /Set one/,
  },
  {
    danger: "both organization and repository leave open where the runners belong",
    changes: { github: { organization: "o", repository: "o/r", app } },
    field: "github",
    value: "o/r",
    remedy: /Keep one/,
  },
  {
    danger: "neither App nor token: nobody may register runners",
    changes: { github: { organization: "o" } },
    field: "github",
    value: "{}",
    remedy: /Set one/,
  },
  {
    danger: "both App and token leave open whose authority counts",
    changes: { github: { organization: "o", app, tokenSecretArn: SECRET_ARN } },
    field: "github",
    value: "tokenSecretArn",
    remedy: /Keep one/,
  },
  {
    danger: "a token in the place of its secret's ARN would lie in the state and in the function's environment",
    changes: { github: { organization: "o", tokenSecretArn: "not-an-arn" } },
    field: "github.tokenSecretArn",
    value: "not-an-arn",
    remedy: /give its ARN/,
  },
  {
    danger: "a repository without its owner",
    changes: { github: { repository: "name", app } },
    field: "github.repository",
    value: "name",
    remedy: /owner\/name/,
  },
  {
    danger: "a runner group for a repository, which has none",
    changes: { github: { repository: "o/r", app }, runnerGroup: "big" },
    field: "runnerGroup",
    value: "big",
    remedy: /Drop it/,
  },
  {
    danger: "an API address from which the runners' own cannot be derived",
    changes: { github: { organization: "o", app, apiUrl: "https://github.example.com" } },
    field: "github.apiUrl",
    value: "https://github.example.com",
    remedy: /api\/v3/,
  },
  {
    danger: "a label with a space would become two",
    changes: { labels: ["big machine"] },
    field: "labels",
    value: "big machine",
    remedy: /Rename/,
  },
  {
    danger: "a label with a comma would become two",
    changes: { labels: ["a,b"] },
    field: "labels",
    value: "a,b",
    remedy: /Rename/,
  },
  {
    danger: "a runner without any label gets no job",
    changes: { noDefaultLabels: true },
    field: "noDefaultLabels",
    value: "true",
    remedy: /at least one/,
  },
  {
    danger: "a runner version without its digest would run whatever the download brings",
    changes: { runner: { version: "2.337.0" } },
    field: "runner.sha256",
    value: "is missing",
    remedy: /release notes/,
  },
  {
    danger: "a digest that is none",
    changes: { runner: { version: "2.337.0", sha256: "abc" } },
    field: "runner.sha256",
    value: "abc",
    remedy: /64/,
  },
  {
    danger: "no runner at all",
    changes: { runner: { sha256: SHA } },
    field: "runner.version",
    value: "is missing",
    remedy: /runner.onImage/,
  },
  {
    danger: "a version that would silently not be installed because the image has one",
    changes: { runner: { onImage: true, version: "2.337.0" } },
    field: "runner.version",
    value: "2.337.0",
    remedy: /Drop it/,
  },
  {
    danger: "an archive over plain http",
    changes: { runner: { version: "2.337.0", sha256: SHA, archiveUrl: "http://mirror/runner.tar.gz" } },
    field: "runner.archiveUrl",
    value: "http://mirror/runner.tar.gz",
    remedy: /https/,
  },
  {
    danger: "jobs as root",
    changes: { runner: { version: "2.337.0", sha256: SHA, user: "root" } },
    field: "runner.user",
    value: "root",
    remedy: /not root/,
  },
  {
    danger: "a job hook that is no absolute path fails every job",
    changes: { runner: { version: "2.337.0", sha256: SHA, jobStartedHook: "hooks/started.sh" } },
    field: "runner.jobStartedHook",
    value: "hooks/started.sh",
    remedy: /absolute|path like/,
  },
  {
    danger: "no subnet",
    changes: { subnetIds: [] },
    field: "subnetIds",
    value: "[]",
    remedy: /at least one/,
  },
  {
    danger: "security groups that let nothing out",
    changes: { securityGroupIds: [] },
    field: "securityGroupIds",
    value: "[]",
    remedy: /own security group/,
  },
  {
    danger: "a lifetime that AWS does not know",
    changes: { maxInstanceLifetimeDays: 366 },
    field: "maxInstanceLifetimeDays",
    value: "366",
    remedy: /0 for no limit/,
  },
  {
    danger: "a pool name that makes a Lambda function's name too long",
    changes: { poolName: "p".repeat(53) },
    field: "poolName",
    value: "p".repeat(53),
    remedy: /at most 52 characters/,
  },
  {
    danger: "a pool name that SQS and SSM refuse",
    changes: { poolName: "pool.one" },
    field: "poolName",
    value: "pool.one",
    remedy: /letters, digits/,
  },
  {
    danger: "a document's name that SSM keeps for itself",
    changes: { poolName: "aws-pool" },
    field: "poolName",
    value: "aws-pool",
    remedy: /another beginning/,
  },
  {
    danger: "a resource name that makes the bucket's name too long",
    name: "n".repeat(44),
    changes: { poolName: "pool" },
    field: "name",
    value: "n".repeat(44),
    remedy: /at most 43/,
  },
  {
    danger: "a resource name that no bucket may have",
    name: "my_pool",
    changes: { poolName: "pool" },
    field: "name",
    value: "my_pool",
    remedy: /hyphens/,
  },
  {
    danger: "user data that EC2 refuses",
    changes: { labels: Array.from({ length: 100 }, (_, index) => `${index}-`.padEnd(200, "l")) },
    field: "labels",
    value: "100 labels",
    remedy: /Shorten the labels/,
  },
  {
    danger: "a tag in AWS's own name space",
    changes: { tags: { "aws:owner": "me" } },
    field: "tags",
    value: "aws:owner",
    remedy: /neither/,
  },
  {
    danger: "a tag that decides whom a stop may reach",
    changes: { tags: { "ci-runners:pool": "another" } },
    field: "tags",
    value: "ci-runners:pool",
    remedy: /neither/,
  },
  {
    danger: "two images at once",
    changes: { imageId: "ami-0a0000000000000a1", imageParameter: "/team/image" },
    field: "imageId",
    value: "ami-0a0000000000000a1",
    remedy: /Keep one/,
  },
  {
    danger: "a log retention that CloudWatch refuses",
    changes: { logRetentionDays: 31 },
    field: "logRetentionDays",
    value: "31",
    remedy: /Choose one of/,
  },
];

/** Only AWS can tell these apart, so the component itself may be registered, but nothing of AWS. */
const BAD_FOR_AWS: BadInput[] = [
  {
    danger: "an instance type that does not exist",
    changes: { instanceType: "m99.huge" },
    field: "instanceType",
    value: "m99.huge",
    remedy: /Choose a type/,
  },
  {
    danger: "an instance type that no runner runs on",
    changes: { instanceType: "mac2.metal" },
    field: "instanceType",
    value: "mac2.metal",
    remedy: /x86_64 or arm64/,
  },
  {
    danger: "an image of another architecture than the instance type's never boots",
    changes: { imageParameter: "/team/arm64/image" },
    field: "imageParameter",
    value: "/team/arm64/image",
    remedy: /architecture/,
  },
  {
    danger: "an image id of another architecture never boots",
    changes: { imageId: "ami-0a0000000000000b2" },
    field: "imageId",
    value: "ami-0a0000000000000b2",
    remedy: /architecture/,
  },
  {
    danger: "an image that is not there",
    changes: { imageId: "ami-0ffffffffffffffff" },
    field: "imageId",
    value: "ami-0ffffffffffffffff",
    remedy: /may use in this Region/,
  },
  {
    danger: "a parameter that is not there",
    changes: { imageParameter: "/nowhere/image" },
    field: "imageParameter",
    value: "/nowhere/image",
    remedy: /SSM parameter/,
  },
  {
    danger: "Spot types of two architectures, half of which could not boot the image",
    changes: { spot: { additionalInstanceTypes: ["m7g.xlarge"] } },
    field: "spot.additionalInstanceTypes",
    value: "m7g.xlarge",
    remedy: /one architecture/,
  },
  {
    danger: "hibernation onto a root volume without room for the memory",
    changes: { warmPool: { state: "Hibernated" }, rootVolumeSize: 17 },
    field: "rootVolumeSize",
    value: "17",
    remedy: /at least 18 GiB/,
  },
  {
    danger: "hibernation of a type that cannot",
    changes: { instanceType: "m7a.large", warmPool: { state: "Hibernated" } },
    field: "warmPool.state",
    value: "Hibernated",
    remedy: /Use Stopped/,
  },
  {
    danger: "hibernation of more memory than EC2 writes away",
    changes: { instanceType: "x2idn.16xlarge", warmPool: { state: "Hibernated" }, rootVolumeSize: 4000 },
    field: "warmPool.state",
    value: "Hibernated",
    remedy: /smaller/,
  },
];

function assertNamesAll(error: Error, { field, value, remedy }: BadInput): void {
  assert.equal((error as { propertyPath?: string }).propertyPath, field);
  assert.ok(error.message.startsWith(field), `names the field: ${error.message}`);
  assert.ok(error.message.includes(value), `names the value ${value}: ${error.message}`);
  assert.match(error.message, remedy);
}

describe("bad input gets one clear error that names field, value and remedy, before anything is created:", () => {
  for (const bad of BAD) {
    it(bad.danger, async () => {
      const deployment = await Deployment.start();
      const error = await failure(() => new ActionsRunnerPool(bad.name ?? "runners", poolArgs(bad.changes)));
      assertNamesAll(error, bad);
      assert.deepEqual(deployment.registered, []);
      assert.deepEqual(deployment.calls, []);
    });
  }

  for (const bad of BAD_FOR_AWS) {
    it(bad.danger, async () => {
      const deployment = await Deployment.start();
      const error = await failure(() => new ActionsRunnerPool("runners", poolArgs(bad.changes)));
      assertNamesAll(error, bad);
      assert.deepEqual(deployment.children, []);
    });
  }

  it("several mistakes are told at once, so that a user corrects them in one go", async () => {
    const deployment = await Deployment.start();
    const error = await failure(() => new ActionsRunnerPool("runners", poolArgs({ minSize: 9, labels: ["a b"], launchTimeout: 1 })));
    const errors = (error as Error & { errors: { propertyPath: string }[] }).errors;
    assert.deepEqual(errors.map(({ propertyPath }) => propertyPath).sort(), ["labels", "launchTimeout", "minSize"]);
    for (const field of ["labels", "launchTimeout", "minSize"]) assert.ok(error.message.includes(field));
    assert.deepEqual(deployment.registered, []);
  });
});

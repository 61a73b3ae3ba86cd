import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { artefacts } from "../../../../components/shared/artefacts";
import type { PolicyDocument } from "../../../../components/shared/policy";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { deployFunction } from "../../../rehearsal/aws/lambda/deployed-functions";
import { sweepPolicy } from "../../../../components/actions-runner-pool/policies/functions";
import { poolNames, registrationSecretName, sharedTokenName } from "../../../../contract/actions-runner-pool/names";
import { bundleKey, setupKey } from "../../../../contract/shared/host-bundle";
import type { Shape } from "../../../../rehearsal/aws/api";
import { ACCOUNT, type AwsHarness, deployRole, startHarness } from "../../../rehearsal/aws/harness";

const names = poolNames("pool");
const PRINCIPAL = { kind: "function", functionName: "pool-sweep", roleName: "sweep" } as const;

/** What the function needs to initialize. */
const VARIABLES = {
  [ENV.pool]: "pool",
  [ENV.githubApiUrl]: "https://api.github.com",
  [ENV.githubOrganization]: "octo-org",
  [ENV.githubTokenSecretArn]: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github",
};

describe("the sweep function's policy, evaluated by the stand-in", () => {
  let harness: AwsHarness;
  let policy: PolicyDocument;

  before(async () => {
    harness = await startHarness();
    policy = sweepPolicy({
      environment: { ...ACCOUNT, partition: "aws" },
      names,
      poolName: "pool",
      githubSecretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github",
      deadLetterQueueArn: "arn:aws:sqs:eu-central-1:123456789012:letters",
      bundleBucketArn: "arn:aws:s3:::bundles",
      hostLogs: false,
    });
    deployRole(harness.store, "sweep", policy.Statement);
    for (const bucket of ["bundles", "other"]) {
      harness.store.put({ type: "aws:s3/bucket:Bucket", id: bucket, state: { bucket } });
      for (const key of [bundleKey("a".repeat(64)), "secret"]) {
        harness.store.put({ type: "aws:s3/bucketObjectv2:BucketObjectv2", id: `${bucket}/${key}`, state: { bucket, key } });
      }
    }
    for (const name of [names.group, "other"]) {
      harness.autoscaling.createGroup({
        name,
        minSize: 0,
        maxSize: 1,
        launchTemplate: { id: "lt-1", name: "lt", version: "1", instanceType: "t4g.small", userData: "" },
        subnets: [{ id: "subnet-1", availabilityZone: "eu-central-1a" }],
      });
    }
  });
  after(() => harness.end());

  const call = (action: string, params: Shape) => harness.gateway.call(PRINCIPAL, action, params);
  const denied = (action: string, params: Shape) =>
    assert.rejects(call(action, params), { code: "AccessDenied" }, `${action} ${JSON.stringify(params)}`);

  it("lets it list and delete the pool's host bundles, and nothing else in that bucket or in another", async () => {
    const Key = bundleKey("a".repeat(64));
    assert.equal((await call("s3:ListObjectsV2", { Bucket: "bundles", Prefix: "host-bundles/" })).KeyCount, 1);
    await denied("s3:ListObjectsV2", { Bucket: "bundles" });
    await denied("s3:ListObjectsV2", { Bucket: "other", Prefix: "host-bundles/" });
    await denied("s3:DeleteObject", { Bucket: "bundles", Key: "secret" });
    await denied("s3:DeleteObject", { Bucket: "other", Key });
    await denied("s3:GetObject", { Bucket: "bundles", Key });
    await call("s3:DeleteObject", { Bucket: "bundles", Key });
  });

  it("lets it start and cancel an instance refresh of its own group only", async () => {
    const [own, other] = [{ AutoScalingGroupName: names.group }, { AutoScalingGroupName: "other" }];
    for (const action of ["autoscaling:StartInstanceRefresh", "autoscaling:CancelInstanceRefresh"]) {
      await call(action, own);
      await denied(action, other);
    }
    await call("autoscaling:DescribeInstanceRefreshes", own);
  });

  it("lets it read the token that the functions share, also before that exists, and no instance's token", async () => {
    const shared = sharedTokenName(names.secretPrefix);
    const read = (SecretId: string) => call("secretsmanager:GetSecretValue", { SecretId });
    await assert.rejects(read(shared), { code: "ResourceNotFoundException" }, "a new pool's first read is no denial");
    const ofInstance = registrationSecretName(names.secretPrefix, "i-0123456789abcdef0");
    for (const Name of [shared, ofInstance]) await call("secretsmanager:CreateSecret", { Name, SecretString: "token" });
    assert.equal((await read(shared)).SecretString, "token");
    await assert.rejects(read(ofInstance), { code: "AccessDeniedException" });
  });

  it("lets it read launch template versions and power states, but terminate no instance", async () => {
    const state = { name: "lt", latestVersion: 1, defaultVersion: 1, _created: { 1: 0 } };
    harness.store.put({ type: "aws:ec2/launchTemplate:LaunchTemplate", id: "lt-1", state });
    await call("ec2:DescribeLaunchTemplateVersions", { LaunchTemplateId: "lt-1", Versions: ["$Latest"] });
    await call("ec2:DescribeInstances", {});
    await assert.rejects(call("ec2:TerminateInstances", { InstanceIds: ["i-0123456789abcdef0"] }), { code: "UnauthorizedOperation" });
  });

  it("suffices for the deployed bundle to cancel a running refresh and to delete old host bundles", async () => {
    const now = Date.now();
    const digests = Array.from({ length: 13 }, (_, month) => month.toString(16).padStart(64, "0"));
    const [keys, scripts] = [digests.map(bundleKey), digests.map(setupKey)];
    for (const [index, key] of [...keys, ...scripts].entries()) {
      const month = index % digests.length;
      const state = { bucket: "bundles", key, _lastModified: now - month * 30.5 * 24 * 3_600_000 };
      harness.store.put({ type: "aws:s3/bucketObjectv2:BucketObjectv2", id: `bundles/${key}`, state });
    }
    const code = readFileSync(join(artefacts().functions("actions-runner-pool", "sweep").dir, "index.mjs"), "utf8");
    deployFunction(harness, "deployed-sweep", code, { statements: policy.Statement, state: { environment: { variables: VARIABLES } } });
    const invoke = async (input: object) => {
      const outcome = await harness.lambda.invoke("deployed-sweep", { pool: "pool", ...input, tf: { action: "update", prev_input: null } });
      assert.ok("result" in outcome, JSON.stringify(outcome));
    };

    await invoke({ task: "sweep-bundles", bucket: "bundles", deployed: keys[0], setup: scripts[0] });
    const left = harness.store.list("aws:s3/bucketObjectv2:BucketObjectv2").filter(({ state }) => state["bucket"] === "bundles");
    assert.deepEqual(left.map(({ state }) => state["key"]).sort(), [...keys.slice(0, 10), ...scripts.slice(0, 10), "secret"].sort());

    const operator = (action: string, params = {}) =>
      harness.gateway.call({ kind: "operator" }, `autoscaling:${action}`, { AutoScalingGroupName: names.group, ...params });
    for (let tries = 0; harness.autoscaling.group(names.group)!.refresh === "Cancelling"; tries++) {
      assert.ok(tries < 200, "the refresh of the test before does not end");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await operator("SuspendProcesses", { ScalingProcesses: ["InstanceRefresh"] });
    await operator("StartInstanceRefresh");
    await invoke({ task: "cancel-refresh", template: {} });
    assert.equal(harness.autoscaling.group(names.group)!.refresh, "Cancelled");
    assert.equal(harness.calls()["deployed-sweep"]?.["autoscaling:CancelInstanceRefresh"], 1);
  });
});

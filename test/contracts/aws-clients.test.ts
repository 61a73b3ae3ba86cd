import assert from "node:assert/strict";
import { POOL_TAG } from "../../contract/actions-runner-pool/names";
import { sendStop } from "../../functions/actions-runner-pool/deregister/stop-command";
import { secretsManagerTokens } from "../../functions/actions-runner-pool/shared/token-store";
import { activities } from "../../functions/actions-runner-pool/shared/activities";
import { groupExists, members, terminate } from "../../functions/actions-runner-pool/sweep/inventory";
import { cancelRefresh, refreshState, startRefresh } from "../../functions/actions-runner-pool/sweep/instance-refresh";
import { latestVersion } from "../../functions/actions-runner-pool/sweep/latest-version";
import { listSecrets } from "../../functions/actions-runner-pool/sweep/list-secrets";
import { bundleKey, setupKey } from "../../contract/shared/host-bundle";
import {
  type AutoScaling,
  type Ec2,
  type S3,
  type SecretsManager,
  type SystemsManager,
  autoScalingClient,
  ec2Client,
  s3Client,
  secretsManagerClient,
  systemsManagerClient,
} from "../../functions/shared/aws/clients";
import { continueAction } from "../../functions/shared/aws/complete-action";
import { deleteSecret } from "../../functions/shared/aws/delete-secret";
import { lifecycleStates } from "../../functions/shared/aws/lifecycle-states";
import { deleteBundle, storedBundles } from "../../functions/shared/aws/stored-bundles";
import { readSecret } from "../../functions/shared/aws/read-secret";
import { AwsError, type Shape } from "../../rehearsal/aws/api";
import { throttling } from "../../rehearsal/aws/api-faults";
import { sdkClient } from "../../rehearsal/aws/sdk-client";
import { withSdkRetries } from "../../rehearsal/aws/sdk-retries";
import { ACCOUNT, type AwsHarness, deployRole, startHarness } from "../rehearsal/aws/harness";

interface Clients {
  autoScaling: AutoScaling;
  ec2: Ec2;
  s3: S3;
  secretsManager: SecretsManager;
  systemsManager: SystemsManager;
}

const ATTEMPTS = 3;
const OPERATOR = { kind: "operator" } as const;
const NOWHERE = "i-0123456789abcdef0";

/** The clients that Lambda uses, over the stand-in's HTTP interface. */
function overHttp(harness: AwsHarness): Clients {
  const { accessKeyId, secretAccessKey } = harness.credentials.issue(OPERATOR);
  const options = {
    region: ACCOUNT.region,
    endpoint: `http://127.0.0.1:${harness.front.httpPort}`,
    credentials: { accessKeyId, secretAccessKey },
  };
  return {
    autoScaling: autoScalingClient(options),
    ec2: ec2Client(options),
    s3: s3Client({ ...options, forcePathStyle: true }),
    secretsManager: secretsManagerClient(options),
    systemsManager: systemsManagerClient(options),
  };
}

/** The clients that the simulation uses, with direct calls to the stand-in. */
function direct(harness: AwsHarness): Clients {
  // No pauses between attempts: the cases compare which errors are retried, and how often.
  const sleep = async () => {};
  const call = (action: string, params: Shape) => withSdkRetries(ATTEMPTS, () => harness.gateway.call(OPERATOR, action, params), sleep);
  return {
    autoScaling: sdkClient<AutoScaling>("autoscaling", call),
    ec2: sdkClient<Ec2>("ec2", call),
    s3: sdkClient<S3>("s3", call),
    secretsManager: sdkClient<SecretsManager>("secretsmanager", call),
    systemsManager: sdkClient<SystemsManager>("ssm", call),
  };
}

async function collect<T>(pages: AsyncIterable<T[]>): Promise<T[][]> {
  const all: T[][] = [];
  for await (const page of pages) all.push(page);
  return all;
}

for (const [how, clientsOf] of [
  ["over HTTP", overHttp],
  ["with direct calls", direct],
] as const) {
  describe(`the functions' AWS adapters, ${how}`, () => {
    let harness: AwsHarness;
    let clients: Clients;

    before(async () => {
      harness = await startHarness({ ssm: { registrationMs: 0 } });
      clients = clientsOf(harness);
      harness.autoscaling.createGroup({
        name: "pool",
        minSize: 0,
        maxSize: 2,
        desiredCapacity: 1,
        launchTemplate: { id: "lt-1", name: "lt", version: "1", instanceType: "t4g.small", userData: "" },
        subnets: [{ id: "subnet-1", availabilityZone: "eu-central-1a" }],
        warmPool: { minSize: 1, poolState: "Stopped" },
        initialLifecycleHooks: [
          { name: "terminate", transition: "autoscaling:EC2_INSTANCE_TERMINATING", heartbeatTimeout: 3600, defaultResult: "ABANDON" },
        ],
      });
    });
    after(() => harness.end());

    /** Waits until the group's instances are in these states. */
    async function settled(...states: string[]): Promise<string[]> {
      for (let tries = 0; tries < 200; tries++) {
        const found = await members(clients.autoScaling, "pool");
        if (found.map(({ lifecycleState }) => lifecycleState).join() === states.join()) return found.map(({ instanceId }) => instanceId);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return assert.fail(`the instances are not ${states.join()}: ${JSON.stringify(await members(clients.autoScaling, "pool"))}`);
    }

    const failing = (action: string, error: AwsError, times: number) => harness.faults.inject({ action, error, times });

    it("list the group and its warm pool, and nothing for a group that does not exist", async () => {
      const [active] = await settled("InService", "Warmed:Stopped");
      assert.equal(await groupExists(clients.autoScaling, "pool"), true);
      assert.equal(await groupExists(clients.autoScaling, "other"), false);
      assert.deepEqual(await members(clients.autoScaling, "other"), []);
      const states = await lifecycleStates(clients.autoScaling, [active!, NOWHERE]);
      assert.deepEqual([...states], [[active, "InService"]]);
      const more = Array.from({ length: 60 }, (_, n) => `i-${n.toString(16).padStart(17, "0")}`);
      assert.equal((await lifecycleStates(clients.autoScaling, [...more, active!])).size, 1, "in batches of 50");
    });

    it("read the activity history with its dates, and none for a group that never existed", async () => {
      await settled("InService", "Warmed:Stopped");
      const [page = []] = await collect(activities(clients.autoScaling, "pool"));
      assert.deepEqual(
        page.map(({ status }) => status),
        ["Successful", "Successful"],
      );
      for (const { description, startedAt, endedAt } of page) {
        assert.match(description, /^Launching a new EC2 instance/);
        assert.ok(startedAt instanceof Date && endedAt instanceof Date && Date.now() - startedAt.getTime() < 60_000);
      }
      assert.deepEqual(await collect(activities(clients.autoScaling, "other")), [[]]);
    });

    it("start one refresh at a time, cancel it without waiting, and read when it began", async () => {
      await settled("InService", "Warmed:Stopped");
      const { autoScaling } = clients;
      const preferences = {
        minHealthyPercentage: 100,
        maxHealthyPercentage: 110,
        scaleInProtectedInstances: "Wait",
        standbyInstances: "Wait",
        skipMatching: true,
        instanceWarmup: 0,
      } as const;
      assert.equal(await refreshState(autoScaling, "other"), undefined);
      assert.equal(await cancelRefresh(autoScaling, "pool"), "none");
      const call = (operation: string, params: Shape) =>
        harness.gateway.call(OPERATOR, `autoscaling:${operation}`, { AutoScalingGroupName: "pool", ...params });
      await call("SuspendProcesses", { ScalingProcesses: ["InstanceRefresh"] });
      const before = Date.now();
      await call("StartInstanceRefresh", {});
      assert.equal(await startRefresh(autoScaling, "pool", preferences), "another is running");
      assert.equal(await cancelRefresh(autoScaling, "pool"), "requested");
      const state = async (wanted: RegExp) => {
        for (let tries = 0; tries < 200; tries++) {
          const found = (await refreshState(autoScaling, "pool"))!;
          if (wanted.test(found.refreshes[0]!.status)) return found;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return assert.fail(`no refresh is ${wanted}`);
      };
      const cancelled = await state(/^Cancelled$/);
      assert.equal(cancelled.suspended, true);
      const { startedAt, endedAt } = cancelled.refreshes[0]!;
      assert.ok(startedAt! >= new Date(before) && endedAt! > startedAt!, `${startedAt} ${endedAt}`);
      await call("ResumeProcesses", { ScalingProcesses: ["InstanceRefresh"] });
      assert.equal(await startRefresh(autoScaling, "pool", preferences), "started");
      const { suspended, source, refreshes } = await state(/^Successful$/);
      assert.equal(suspended, false);
      assert.deepEqual([source?.id, source?.version, refreshes.length], ["lt-1", "1", 2]);
      assert.ok(refreshes[0]!.startedAt! >= endedAt!, "newest first");
      const { InstanceRefreshes } = await call("DescribeInstanceRefreshes", {});
      const { MinHealthyPercentage, MaxHealthyPercentage, SkipMatching, InstanceWarmup } = (InstanceRefreshes as any[])[0].Preferences;
      assert.deepEqual([MinHealthyPercentage, MaxHealthyPercentage, SkipMatching, InstanceWarmup], [100, 110, true, 0]);
    });

    it("know which members were launched from something else than the group launches from now", async () => {
      await settled("InService", "Warmed:Stopped");
      const outdated = async () => (await members(clients.autoScaling, "pool")).map((member) => member.outdated);
      assert.deepEqual(await outdated(), [false, false]);
      const template = { id: "lt-1", name: "lt", version: "2", instanceType: "t4g.small", userData: "" };
      harness.autoscaling.updateGroup("pool", { launchTemplate: template });
      assert.deepEqual(await outdated(), [true, true]);
      // Another type is outdated, too, if a mixed instances policy no longer has it.
      harness.autoscaling.updateGroup("pool", {
        launchTemplate: { ...template, version: "1" },
        mixedInstances: { instanceTypes: ["t4g.large"] },
      });
      assert.deepEqual(await outdated(), [true, true]);
      harness.autoscaling.updateGroup("pool", { mixedInstances: { instanceTypes: ["t4g.large", "t4g.small"] } });
      assert.deepEqual(await outdated(), [false, false]);
      harness.autoscaling.updateGroup("pool", { mixedInstances: undefined });
    });

    it("read the newest version of a launch template with the second of its creation, also under a mixed instances policy [A22.1]", async () => {
      const created = { 1: 1_790_000_000_000, 2: 1_790_000_123_456 };
      const state = { name: "lt", latestVersion: 2, defaultVersion: 1, _created: created };
      harness.store.put({ type: "aws:ec2/launchTemplate:LaunchTemplate", id: "lt-1", state });
      harness.autoscaling.updateGroup("pool", { mixedInstances: { instanceTypes: ["t4g.small"] } });
      const { source } = (await refreshState(clients.autoScaling, "pool"))!;
      harness.autoscaling.updateGroup("pool", { mixedInstances: undefined });
      assert.deepEqual(await latestVersion(clients.ec2, source!.id), { version: "2", createdAt: new Date(1_790_000_123_000) });
      await assert.rejects(latestVersion(clients.ec2, "lt-none"), { name: "InvalidLaunchTemplateId.NotFound" });
    });

    it("list host bundles and setup scripts beyond the first thousand, and delete one, also a second time [A16.2]", async () => {
      const { store } = harness;
      const put = (key: string) =>
        store.put({
          type: "aws:s3/bucketObjectv2:BucketObjectv2",
          id: `b/${key}`,
          state: { bucket: "b", key, _lastModified: 1_790_000_000_000 },
        });
      store.put({ type: "aws:s3/bucket:Bucket", id: "b", state: { bucket: "b" } });
      const digest = (n: number) => n.toString(16).padStart(64, "0");
      const keys = [...Array.from({ length: 1000 }, (_, n) => bundleKey(digest(n))), setupKey(digest(1000))];
      for (const key of [...keys, "host-bundles/notes & <more>.txt", "elsewhere"]) put(key);
      const found = await storedBundles(clients.s3, "b");
      assert.deepEqual(
        found.map(({ key }) => key),
        keys,
      );
      assert.equal(found[0]!.uploadedAt.getTime(), 1_790_000_000_000);
      for (let times = 0; times < 2; times++) await deleteBundle(clients.s3, "b", keys[7]!);
      assert.equal((await storedBundles(clients.s3, "b")).length, 1000);
      await assert.rejects(storedBundles(clients.s3, "none"), { name: "NoSuchBucket" });
    });

    it("treat a missing lifecycle action as done, but no other refusal", async () => {
      const action = { group: "pool", hook: "terminate", instanceId: NOWHERE };
      assert.equal(await continueAction(clients.autoScaling, action), "none");
      assert.equal(await continueAction(clients.autoScaling, { ...action, token: "87654321-4321-4321-4321-210987654321" }), "none");
      await assert.rejects(continueAction(clients.autoScaling, { ...action, group: "other" }), { name: "ValidationError" });
    });

    it("complete the action of a terminating instance only once", async () => {
      const [instanceId = ""] = await settled("InService", "Warmed:Stopped");
      await harness.gateway.call(OPERATOR, "autoscaling:SetDesiredCapacity", { AutoScalingGroupName: "pool", DesiredCapacity: 0 });
      for (let tries = 0; (await lifecycleStates(clients.autoScaling, [instanceId])).get(instanceId) !== "Terminating:Wait"; tries++) {
        assert.ok(tries < 200, "the instance is not terminating");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const action = { group: "pool", hook: "terminate", instanceId };
      assert.equal(await continueAction(clients.autoScaling, action), "continued");
      assert.equal(await continueAction(clients.autoScaling, action), "none");
      await assert.rejects(terminate(clients.autoScaling, NOWHERE), { name: "ValidationError" });
    });

    it("store a token, replace it, and report when the host has taken it meanwhile", async () => {
      const tokens = secretsManagerTokens(clients.secretsManager, () => ({ tags: {} }));
      const secret = { name: "ci-runners/pool/one", value: "first", owner: "AROA:i-1", pool: "pool" };
      assert.equal(await tokens.put(secret), "created");
      assert.equal(await readSecret(clients.secretsManager, secret.name), "first");
      assert.equal(await tokens.put({ ...secret, value: "second" }), "replaced");
      assert.equal(await readSecret(clients.secretsManager, secret.name), "second");
      const gone = new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
      failing("secretsmanager:PutSecretValue", gone, 1);
      assert.equal(await tokens.put(secret), "taken");
      await deleteSecret(clients.secretsManager, secret.name);
      assert.equal(await tokens.put(secret), "taken", "AWS blocks the name for some seconds after the host has deleted its secret");
      const ending = { ...secret, name: "ci-runners/pool/ending" };
      await tokens.put(ending);
      failing("secretsmanager:PutSecretValue", new AwsError("InvalidRequestException", "marked for deletion"), 1);
      assert.equal(await tokens.put(ending), "taken");
      const denied = new AwsError("AccessDeniedException", "not authorized");
      failing("secretsmanager:CreateSecret", denied, 1);
      await assert.rejects(tokens.put(secret), { name: "AccessDeniedException", message: "not authorized" });
      await deleteSecret(clients.secretsManager, secret.name);
      // A forced deletion also succeeds for a missing secret, so AWS may never return this error.
      failing("secretsmanager:DeleteSecret", gone, 1);
      await deleteSecret(clients.secretsManager, secret.name);
    });

    it("read no secret that is missing or binary", async () => {
      await assert.rejects(readSecret(clients.secretsManager, "none"), {
        name: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret.",
      });
      await harness.gateway.call(OPERATOR, "secretsmanager:CreateSecret", { Name: "blob", SecretBinary: new Uint8Array([0, 255]) });
      await assert.rejects(readSecret(clients.secretsManager, "blob"), { message: /secret blob holds binary data/ });
    });

    it("list secrets beyond the first hundred, with the time of their last change", async () => {
      for (let n = 0; n < 101; n++) {
        await harness.gateway.call(OPERATOR, "secretsmanager:CreateSecret", { Name: `many/${n}`, SecretString: "x" });
      }
      const pages = await collect(listSecrets(clients.secretsManager, "many/"));
      assert.deepEqual(
        pages.map(({ length }) => length),
        [100, 1],
      );
      assert.equal(new Set(pages.flat().map(({ name }) => name)).size, 101);
      assert.ok(pages.flat().every(({ changedAt }) => Math.abs(changedAt.getTime() - Date.now()) < 60_000));
      assert.deepEqual(await collect(listSecrets(clients.secretsManager, "none/")), [[]]);
    });

    it("send the stop to a managed node, and report an instance that is not one", async () => {
      deployRole(harness.store, "host", [{ Effect: "Allow", Action: ["ssm:*", "ssmmessages:*"], Resource: "*" }], "ec2.amazonaws.com");
      const content = JSON.stringify({
        schemaVersion: "2.2",
        mainSteps: [{ action: "aws:runShellScript", name: "run", inputs: { runCommand: ["true"] } }],
      });
      harness.store.put({ type: "aws:ssm/document:Document", id: "stop", state: { name: "stop", content } });
      const host = harness.fleet.create({
        userData: "",
        instanceType: "t4g.small",
        subnetId: "s",
        availabilityZone: "a",
        tags: { [POOL_TAG]: "pool" },
        profile: { arn: "arn:aws:iam::1:instance-profile/host", roleName: "host" },
      });
      await harness.fleet.powerOn(host);
      assert.equal(await sendStop(clients.systemsManager, "stop", host.id), "sent");
      assert.equal(await sendStop(clients.systemsManager, "stop", NOWHERE), "unreachable");
      await assert.rejects(sendStop(clients.systemsManager, "other", host.id), { name: "InvalidDocument" });
    });

    it("retry twice when throttled, and then throw AWS's error", async () => {
      const calls = () => harness.calls()["operator"]?.["autoscaling:DescribeAutoScalingGroups"] ?? 0;
      const before = calls();
      failing("autoscaling:DescribeAutoScalingGroups", throttling(), 2);
      assert.equal(await groupExists(clients.autoScaling, "pool"), true);
      assert.equal(calls() - before, ATTEMPTS);
      failing("autoscaling:DescribeAutoScalingGroups", throttling(), 3);
      await assert.rejects(groupExists(clients.autoScaling, "pool"), { name: "Throttling", message: "Rate exceeded" });
      assert.equal(calls() - before, 2 * ATTEMPTS);
    });
  });
}

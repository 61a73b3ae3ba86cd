import assert from "node:assert/strict";
import { secretsManagerClient } from "../../../../functions/shared/aws/clients";
import { webhookSecretStore } from "../../../../functions/workflow-jobs/setup/secret-store";
import { awsEndpoint, awsError, type Operations } from "../../support/aws";
import { QuickClock } from "../../support/quick-clock";
import { LoopbackServer } from "../../support/server";

const NAME = "ci-runners-webhook/jobs";
const ARN = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${NAME}-a1B2c3`;

describe("the webhook's secret in Secrets Manager", () => {
  let server: LoopbackServer;
  const clock = new QuickClock(0);

  const storeOn = async (operations: Operations) => {
    server = await new LoopbackServer(awsEndpoint(operations)).start();
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const client = secretsManagerClient({ endpoint: server.url, region: "eu-central-1", credentials });
    const settings = () => ({ tags: { team: "build" }, kmsKeyArn: "arn:key" });
    return webhookSecretStore(client, { workflowJobs: "jobs", secret: NAME }, settings, clock);
  };
  afterEach(() => server.stop());
  const signal = () => AbortSignal.timeout(5_000);

  it("is created with the component's tags and key", async () => {
    let created: any;
    const store = await storeOn({ CreateSecret: (params) => ((created = params), { ARN }) });
    assert.equal((await store.create({ current: "s" }, signal())).arn, ARN);
    assert.deepEqual([created.Name, created.KmsKeyId, JSON.parse(created.SecretString)], [NAME, "arn:key", { current: "s" }]);
    assert.deepEqual(created.Tags, [
      { Key: "team", Value: "build" },
      { Key: "ci-runners:workflow-jobs", Value: "jobs" },
    ]);
    assert.doesNotMatch(created.Description, /"s"/);
  });

  it("is written anew under the configured key if it is under another, and only then", async () => {
    let updated: any;
    let KmsKeyId: string | undefined = "arn:key";
    const store = await storeOn({ DescribeSecret: () => ({ ARN, KmsKeyId }), UpdateSecret: (params) => ((updated = params), { ARN }) });
    await store.useKey({ current: "s" });
    assert.equal(updated, undefined);
    for (const other of ["arn:other", undefined]) {
      [KmsKeyId, updated] = [other, undefined];
      await store.useKey({ current: "s" });
      assert.deepEqual([updated.SecretId, updated.KmsKeyId, JSON.parse(updated.SecretString)], [NAME, "arn:key", { current: "s" }]);
    }
  });

  it("waits while AWS blocks its name after the destroy of an earlier stack", async () => {
    let attempts = 0;
    const blocked = awsError("InvalidRequestException", "a secret with this name is already scheduled for deletion");
    const store = await storeOn({ CreateSecret: () => (++attempts < 4 ? blocked : { ARN }) });
    assert.equal((await store.create({ current: "s" }, signal())).arn, ARN);
    assert.equal(clock.pauses.filter((pause) => pause === 3_000).length, 3);
  });

  it("names the remedy if someone has deleted it with a recovery window, which blocks its name for days", async () => {
    const blocked = awsError("InvalidRequestException", "a secret with this name is already scheduled for deletion");
    const store = await storeOn({ CreateSecret: () => blocked, DescribeSecret: () => ({ ARN, DeletedDate: 1_800_000_000 }) });
    await assert.rejects(store.create({ current: "s" }, signal()), (error: Error) => {
      assert.match(error.message, /restore-secret --secret-id ci-runners-webhook\/jobs/);
      assert.match(error.message, /delete-secret --secret-id ci-runners-webhook\/jobs --force-delete-without-recovery/);
      return true;
    });
  });

  it("goes on waiting if the name is blocked by a forced deletion that takes long", async () => {
    let attempts = 0;
    const blocked = awsError("InvalidRequestException", "a secret with this name is already scheduled for deletion");
    const store = await storeOn({
      CreateSecret: () => (++attempts < 15 ? blocked : { ARN }),
      DescribeSecret: () => awsError("ResourceNotFoundException", "none"),
    });
    assert.equal((await store.create({ current: "s" }, signal())).arn, ARN);
  });

  it("is absent if it does not exist or is being deleted, but not if its read is denied", async () => {
    let refusal = "ResourceNotFoundException";
    const store = await storeOn({ GetSecretValue: () => awsError(refusal, "no") });
    assert.equal(await store.read(), undefined);
    refusal = "InvalidRequestException";
    assert.equal(await store.read(), undefined);
    refusal = "AccessDeniedException";
    await assert.rejects(store.read(), { name: "AccessDeniedException" });
  });

  it("is deleted at once, so that its name is free for the next stack", async () => {
    let deleted: any;
    const store = await storeOn({ DeleteSecret: (params) => ((deleted = params), {}) });
    await store.delete();
    assert.deepEqual(deleted, { SecretId: NAME, ForceDeleteWithoutRecovery: true });
  });
});

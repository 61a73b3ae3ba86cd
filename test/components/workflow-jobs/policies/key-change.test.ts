import assert from "node:assert/strict";
import { type FunctionGrants, setupPolicy, webhookPolicy } from "../../../../components/workflow-jobs/policies/functions";
import { workflowJobsNames } from "../../../../contract/workflow-jobs/names";
import type { SecretsManager } from "../../../../functions/shared/aws/clients";
import { webhookSecretStore } from "../../../../functions/workflow-jobs/setup/secret-store";
import { sdkClient } from "../../../../rehearsal/aws/sdk-client";
import { QuickClock } from "../../../functions/support/quick-clock";
import { ACCOUNT, type AwsHarness, deployRole, document, startHarness } from "../../../rehearsal/aws/harness";

const names = workflowJobsNames("queue");
const SecretId = names.webhookSecret;
const key = (digit: number) => `arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-00000000000${digit}`;
const [OLD, NEW] = [key(1), key(2)];

describe("a source whose kmsKeyArn changes", () => {
  let harness: AwsHarness;
  beforeEach(async () => {
    harness = await startHarness();
    for (const arn of [OLD, NEW]) setKey(arn, true);
  });
  afterEach(() => harness.end());

  function setKey(arn: string, isEnabled: boolean): void {
    const root = { Effect: "Allow", Action: "kms:*", Resource: "*", Principal: { AWS: "arn:aws:iam::123456789012:root" } };
    harness.store.put({ type: "aws:kms/key:Key", id: arn, state: { arn, isEnabled, policy: document([root]) } });
  }

  /** As a deployment leaves the roles. */
  function deployRoles(kmsKeyArn: string | undefined): void {
    const environment = { ...ACCOUNT, partition: "aws" };
    const deadLetterQueueArn = "arn:aws:sqs:eu-central-1:123456789012:letters";
    const grants: FunctionGrants = { environment, names, deadLetterQueueArn, ...(kmsKeyArn && { kmsKeyArn }) };
    deployRole(harness.store, "setup", setupPolicy(grants).Statement);
    deployRole(harness.store, "webhook", webhookPolicy(grants).Statement);
  }

  const as = (roleName: string, action: string, params: object) =>
    harness.gateway.call({ kind: "function", functionName: roleName, roleName }, action, { ...params });

  function store(kmsKeyArn: string | undefined) {
    const client = sdkClient<SecretsManager>("secretsmanager", (action, params) => as("setup", action, params));
    const settings = () => ({ tags: {}, ...(kmsKeyArn && { kmsKeyArn }) });
    return webhookSecretStore(client, { workflowJobs: "queue", secret: SecretId }, settings, new QuickClock(0));
  }

  const delivered = async () =>
    JSON.parse(String((await as("webhook", "secretsmanager:GetSecretValue", { SecretId })).SecretString)).current;

  for (const [what, before, after] of [
    ["to another one", OLD, NEW],
    ["from AWS's own key", undefined, NEW],
    ["to AWS's own key", OLD, undefined],
  ] as const) {
    it(`${what} loses no delivery, and needs the former key no longer once the setup function has run`, async () => {
      deployRoles(before);
      await store(before).create({ current: "s3cret" }, AbortSignal.timeout(5_000));
      assert.equal(await delivered(), "s3cret");

      deployRoles(after);
      assert.equal(await delivered(), "s3cret", "the webhook's role is updated before the secret is");
      const found = await store(after).read();
      await store(after).useKey(found!.secrets);
      if (before) setKey(before, false);
      assert.equal(await delivered(), "s3cret");
      await store(after).write({ current: "next" });
      assert.equal(await delivered(), "next");
    });
  }

  it("writes the secret once: a further deployment leaves it as it is", async () => {
    deployRoles(NEW);
    await store(NEW).create({ current: "s3cret" }, AbortSignal.timeout(5_000));
    for (const kmsKeyArn of [NEW, NEW]) await store(kmsKeyArn).useKey({ current: "s3cret" });
    deployRoles(undefined);
    for (const kmsKeyArn of [undefined, undefined]) await store(kmsKeyArn).useKey({ current: "s3cret" });
    const updates = harness.calls().setup?.["secretsmanager:UpdateSecret"];
    assert.equal(updates, 1);
  });

  it("opens with other keys nothing but its own secret", () => {
    deployRoles(NEW);
    const own = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${SecretId}-a1B2c3`;
    const via = { "kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com" };
    const decrypt = (roleName: string, secret: string) =>
      harness.gateway.authorise({ kind: "function", functionName: roleName, roleName }, "kms:Decrypt", {
        resource: OLD,
        context: { ...via, "kms:EncryptionContext:SecretARN": secret },
      });
    for (const role of ["webhook", "setup"]) {
      decrypt(role, own);
      for (const other of [own.replace("queue-", "queue-2-"), own.replace("ci-runners-webhook/queue", "github-app")]) {
        assert.throws(() => decrypt(role, other), { name: /AccessDenied/ });
      }
    }
  });
});

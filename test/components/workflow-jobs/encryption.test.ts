import assert from "node:assert/strict";
import { WorkflowJobs, type WorkflowJobsArgs } from "../../../components";
import type { PolicyDocument } from "../../../components/shared/policy";
import { WORKFLOW_JOBS_ENV as ENV } from "../../../contract/workflow-jobs/environment";
import { Deployment } from "../mocks";
import { jobsArgs } from "./jobs-args";

const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
/** For one secret only. */
const ANY_KEY = "arn:aws:kms:us-east-1:*:key/*";
const SECRET_KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000002";

async function deploy(changes: Partial<WorkflowJobsArgs>): Promise<Deployment> {
  const deployment = await Deployment.start();
  new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "queue", ...changes }));
  await deployment.settled();
  return deployment;
}

function keyUses(deployment: Deployment, key: string): string[][] {
  const document: PolicyDocument = JSON.parse(deployment.named("aws:iam/rolePolicy:RolePolicy", `jobs-${key}`).inputs.policy);
  return document.Statement.filter(({ Action }) => Action.some((action) => action.startsWith("kms:"))).map((statement) => [
    statement.Sid,
    ...(statement.Resource ?? []),
    (statement.Condition as any).StringEquals["kms:ViaService"],
  ]);
}

describe("a source with a customer's key", () => {
  it("leaves nothing that it stores under another key", async () => {
    const deployment = await deploy({ kmsKeyArn: KEY });
    assert.deepEqual(deployment.only("aws:dynamodb/table:Table").inputs.serverSideEncryption, { enabled: true, kmsKeyArn: KEY });
    for (const { name, inputs } of deployment.of("aws:cloudwatch/logGroup:LogGroup")) assert.equal(inputs.kmsKeyId, KEY, name);
    assert.equal(deployment.only("aws:sqs/queue:Queue").inputs.kmsMasterKeyId, KEY);
    const { variables } = deployment.named("aws:lambda/function:Function", "jobs-setup").inputs.environment;
    assert.equal(variables[ENV.secretKmsKeyArn], KEY);
  });

  it("has the setup function encrypt the webhook's secret anew when the key changes", async () => {
    const input = async (changes: Partial<WorkflowJobsArgs>) => {
      const { inputs } = (await deploy(changes)).named("aws:lambda/invocation:Invocation", "jobs-own-webhook");
      return JSON.parse(inputs.input).kmsKeyArn;
    };
    assert.deepEqual([await input({ kmsKeyArn: KEY }), await input({})], [KEY, undefined]);
  });

  it("lets each function use a key only through the services that store its data", async () => {
    const deployment = await deploy({
      kmsKeyArn: KEY,
      github: { ...jobsArgs().github, secretKmsKeyArn: SECRET_KEY },
    });
    const through = (service: string) => `${service}.us-east-1.amazonaws.com`;
    assert.deepEqual(keyUses(deployment, "webhook"), [
      ["EncryptDeadLetters", KEY, through("sqs")],
      ["DecryptWebhookSecret", ANY_KEY, through("secretsmanager")],
      ["UseKeyOfTable", KEY, through("dynamodb")],
    ]);
    assert.deepEqual(keyUses(deployment, "reconcile"), [
      ["DecryptGithubSecret", SECRET_KEY, through("secretsmanager")],
      ["EncryptDeadLetters", KEY, through("sqs")],
      ["UseKeyOfTable", KEY, through("dynamodb")],
    ]);
    assert.deepEqual(keyUses(deployment, "setup"), [
      ["DecryptGithubSecret", SECRET_KEY, through("secretsmanager")],
      ["EncryptDeadLetters", KEY, through("sqs")],
      ["DecryptWebhookSecret", ANY_KEY, through("secretsmanager")],
      ["EncryptWebhookSecret", KEY, through("secretsmanager")],
    ]);
  });

  it("has no permission on a key without one but to read its own secret, whose key it may have lost, and a table under a key of AWS's", async () => {
    const deployment = await deploy({});
    for (const key of ["webhook", "reconcile", "setup"]) {
      const sids = keyUses(deployment, key).map(([sid]) => sid);
      assert.deepEqual(sids, key === "reconcile" ? [] : ["DecryptWebhookSecret"], key);
    }
    assert.equal(deployment.only("aws:dynamodb/table:Table").inputs.serverSideEncryption, undefined);
  });
});

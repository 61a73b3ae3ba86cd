import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FunctionGrants, reconcilePolicy, setupPolicy, webhookPolicy } from "../../../../components/workflow-jobs/policies/functions";
import { artefacts } from "../../../../components/shared/artefacts";
import { logGroupName } from "../../../../components/shared/packaged-function";
import type { PolicyDocument } from "../../../../components/shared/policy";
import { WORKFLOW_JOBS_ENV as ENV } from "../../../../contract/workflow-jobs/environment";
import { jobKey, LEDGER, poolKey, POOLS_LIST, reconcilerKey, repositoryKey, SOURCE_KEY } from "../../../../contract/workflow-jobs/ledger";
import { workflowJobsNames } from "../../../../contract/workflow-jobs/names";
import type { Shape } from "../../../../rehearsal/aws/api";
import { functionUrlEvent } from "../../../../rehearsal/aws/lambda/function-url-event";
import { deployTable } from "../../../rehearsal/aws/dynamodb/table";
import { ACCOUNT, type AwsHarness, deployRole, startHarness } from "../../../rehearsal/aws/harness";
import { deployFunction } from "../../../rehearsal/aws/lambda/deployed-functions";

const names = workflowJobsNames("queue");
const APP_KEY = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-app-AbCdEf";
const GRANTS: FunctionGrants = {
  environment: { ...ACCOUNT, partition: "aws" },
  names,
  githubSecretArn: APP_KEY,
  deadLetterQueueArn: "arn:aws:sqs:eu-central-1:123456789012:letters",
};
const POLICIES = { webhook: webhookPolicy(GRANTS), reconcile: reconcilePolicy(GRANTS), setup: setupPolicy(GRANTS) };
type Role = keyof typeof POLICIES;

const text = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { S: value }]));
const key = (of: { pk: string; sk: string }) => ({ Key: text(of) });
const setting = (attribute: string) => ({
  UpdateExpression: "SET #a = :v",
  ExpressionAttributeNames: { "#a": attribute },
  ExpressionAttributeValues: { ":v": { S: "1" } },
});
const list = (value: string) => ({
  IndexName: LEDGER.index,
  KeyConditionExpression: "#list = :list",
  ExpressionAttributeNames: { "#list": LEDGER.indexPartitionKey },
  ExpressionAttributeValues: { ":list": { S: value } },
});

describe("the policies of a source's functions, evaluated by the stand-in", () => {
  let harness: AwsHarness;
  before(async () => {
    harness = await startHarness();
    deployTable(harness.store, { name: "queue", arn: "arn:aws:dynamodb:eu-central-1:123456789012:table/queue" });
    for (const [role, policy] of Object.entries(POLICIES)) deployRole(harness.store, role, policy.Statement);
    for (const Name of [names.webhookSecret, "ci-runners-webhook/other", "github-app"]) {
      await harness.gateway.call({ kind: "operator" }, "secretsmanager:CreateSecret", { Name, SecretString: "secret" });
    }
  });
  after(() => harness.end());

  const call = (role: Role, action: string, params: Shape) =>
    harness.gateway.call({ kind: "function", functionName: `probe-${role}`, roleName: role }, action, params);
  const ledger = (role: Role, operation: string, params: Shape) => call(role, `dynamodb:${operation}`, { TableName: "queue", ...params });
  const denied = (promise: Promise<unknown>, what: string) => assert.rejects(promise, /not authorized/, what);

  it("let the public function record jobs, and read nothing but the pools", async () => {
    await ledger("webhook", "Query", list(POOLS_LIST));
    await ledger("webhook", "UpdateItem", { ...key(jobKey(7)), ...setting("labels") });
    await ledger("webhook", "UpdateItem", { ...key(repositoryKey("o/r")), ...setting("seenAt") });
    await ledger("webhook", "UpdateItem", { ...key(poolKey("other", "signal")), ...setting("signalledAt") });
    await ledger("webhook", "UpdateItem", { ...key(poolKey("other", "signal")), ...setting(LEDGER.timeToLive) });
    await denied(ledger("webhook", "Query", list("open#pool")), "a pool's queue");
    await denied(ledger("webhook", "GetItem", key(jobKey(7))), "a job");
    await denied(ledger("webhook", "DeleteItem", key(jobKey(7))), "to delete a job");
  });

  it("let it change neither a pool's registration, nor the reconciler's cursors, nor the health of the source", async () => {
    await denied(ledger("webhook", "UpdateItem", { ...key(poolKey("pool", "registration")), ...setting("labels") }), "a registration");
    await denied(ledger("webhook", "UpdateItem", { ...key(reconcilerKey("round")), ...setting("json") }), "a cursor");
    await denied(ledger("webhook", "UpdateItem", { ...key(SOURCE_KEY), ...setting("reconciledAt") }), "the health");
    await denied(
      ledger("webhook", "UpdateItem", { ...key(poolKey("other", "signal")), ...setting("signalledAt"), ReturnValues: "ALL_OLD" }),
      "to read a pool's item by its old value",
    );
  });

  it("let it and the reconciler announce a changed demand, and no event of another source", async () => {
    const event = (Source: string) => ({ Entries: [{ Source, DetailType: "Demand Changed", Detail: "{}" }] });
    for (const role of ["webhook", "reconcile"] as const) {
      await call(role, "events:PutEvents", event("ci-runners.workflow-jobs"));
      await denied(call(role, "events:PutEvents", event("aws.autoscaling")), role);
    }
  });

  it("let the reconciler repair jobs and keep its memory, and change no pool", async () => {
    for (const one of [POOLS_LIST, "unserved", "open#pool", "ended#pool"]) await ledger("reconcile", "Query", list(one));
    await ledger("reconcile", "UpdateItem", { ...key(jobKey(7)), ...setting("cause") });
    await ledger("reconcile", "UpdateItem", { ...key(SOURCE_KEY), ...setting("reconciledAt") });
    await ledger("reconcile", "DeleteItem", key(repositoryKey("o/r")));
    const partition = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": { S: "reconciler" } } };
    await ledger("reconcile", "Query", partition);
    await denied(ledger("reconcile", "UpdateItem", { ...key(poolKey("pool", "registration")), ...setting("labels") }), "a registration");
    await denied(ledger("reconcile", "DeleteItem", key(jobKey(7))), "to delete a job");
  });

  it("let each open only the secrets that it needs: no function that GitHub can call knows the App's key", async () => {
    const read = (role: Role, SecretId: string) => call(role, "secretsmanager:GetSecretValue", { SecretId });
    for (const role of ["webhook", "setup"] as const) assert.equal((await read(role, names.webhookSecret)).SecretString, "secret");
    await denied(read("reconcile", names.webhookSecret), "the reconciler signs nothing");
    await denied(read("webhook", "github-app"), "the App's key");
    for (const role of ["webhook", "setup"] as const) await denied(read(role, "ci-runners-webhook/other"), role);
    await denied(call("webhook", "secretsmanager:PutSecretValue", { SecretId: names.webhookSecret, SecretString: "x" }), "a new secret");
    await denied(call("setup", "secretsmanager:DeleteSecret", { SecretId: "ci-runners-webhook/other" }), "another's secret");
    await denied(ledger("setup", "Query", list(POOLS_LIST)), "the ledger");
  });

  it("suffice for the deployed webhook to record a signed delivery and to signal the pool", async () => {
    await harness.gateway.call({ kind: "operator" }, "secretsmanager:PutSecretValue", {
      SecretId: names.webhookSecret,
      SecretString: JSON.stringify({ current: "s3cret" }),
    });
    const registration = { pool: "pool", [LEDGER.indexPartitionKey]: POOLS_LIST, [LEDGER.indexSortKey]: "pool" };
    await harness.gateway.call({ kind: "operator" }, "dynamodb:PutItem", {
      TableName: "queue",
      Item: {
        ...text({ ...poolKey("pool", "registration"), ...registration }),
        priority: { N: "0" },
        labels: { L: [{ S: "self-hosted" }, { S: "linux" }] },
      },
    });
    deploy("webhook", POLICIES.webhook, { [ENV.name]: "queue", [ENV.githubOrganization]: "o", [ENV.ours]: "[]" });
    const body = JSON.stringify({
      action: "queued",
      repository: { full_name: "o/r" },
      workflow_job: { id: 42, run_id: 1, run_attempt: 1, labels: ["self-hosted"], created_at: new Date().toISOString() },
    });
    const headers = {
      "content-type": "application/json",
      "x-github-event": "workflow_job",
      "x-hub-signature-256": `sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`,
    };
    const request = { method: "POST", url: "https://abc.lambda-url.eu-central-1.on.aws/", headers, body };
    const before = harness.denied().length;
    const outcome = await harness.lambda.invoke(names.webhookFunction, functionUrlEvent(request, "request-1", Date.now()));
    assert.ok("result" in outcome && (outcome.result as { statusCode?: number }).statusCode === 200, JSON.stringify(outcome));
    assert.deepEqual(harness.denied().slice(before), []);
    const { Item } = await harness.gateway.call({ kind: "operator" }, "dynamodb:GetItem", { TableName: "queue", ...key(jobKey(42)) });
    assert.equal((Item as any)?.list?.S, "open#pool");
    assert.equal(harness.calls()[names.webhookFunction]?.["events:PutEvents"], 1);
  });

  /** As the component does: under its own name, with the log group that the function may not create. */
  function deploy(role: Role, { Statement }: PolicyDocument, variables: Record<string, string>): void {
    const code = readFileSync(join(artefacts().functions("workflow-jobs", role).dir, "index.mjs"), "utf8");
    const name = `queue-${role}`;
    const group = logGroupName(name);
    harness.store.put({ type: "aws:cloudwatch/logGroup:LogGroup", id: group, state: { name: group } });
    deployFunction(harness, name, code, { statements: Statement, state: { environment: { variables } } });
  }
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ScaleGrants, scalePolicy } from "../../../../components/actions-runner-pool/policies/scale";
import { artefacts } from "../../../../components/shared/artefacts";
import { logGroupName } from "../../../../components/shared/packaged-function";
import type { DemandSettings, RegisterPoolInput } from "../../../../contract/actions-runner-pool/demand";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { poolNames } from "../../../../contract/actions-runner-pool/names";
import {
  JOB_RANK,
  jobKey,
  LEDGER,
  openJobsAt,
  openJobsList,
  poolKey,
  POOLS_LIST,
  SOURCE_KEY,
} from "../../../../contract/workflow-jobs/ledger";
import type { Shape } from "../../../../rehearsal/aws/api";
import { deployTable, TABLE_ARN } from "../../../rehearsal/aws/dynamodb/table";
import { ACCOUNT, type AwsHarness, deployRole, startHarness } from "../../../rehearsal/aws/harness";
import { deployFunction } from "../../../rehearsal/aws/lambda/deployed-functions";
import { importedActions } from "../../used-actions";

const names = poolNames("pool");
const GRANTS: ScaleGrants = {
  environment: { ...ACCOUNT, partition: "aws" },
  names,
  poolName: "pool",
  tableArn: TABLE_ARN,
  deadLetterQueueArn: "arn:aws:sqs:eu-central-1:123456789012:letters",
};
const { Statement } = scalePolicy(GRANTS);
const NOW = new Date().toISOString();

const text = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { S: value }]));
const key = (of: { pk: string; sk: string }) => ({ Key: text(of) });
const setting = (...attributes: string[]) => ({
  UpdateExpression: `SET ${attributes.map((_, index) => `#a${index} = :v`).join(", ")}`,
  ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
  ExpressionAttributeValues: { ":v": { S: "1" } },
});
const list = (value: string) => ({
  IndexName: LEDGER.index,
  KeyConditionExpression: "#list = :list",
  ExpressionAttributeNames: { "#list": LEDGER.indexPartitionKey },
  ExpressionAttributeValues: { ":list": { S: value } },
});

describe("the scaler's policy", () => {
  it("grants exactly the actions that its code calls, each on named resources but for Auto Scaling's descriptions", () => {
    const used = [
      ...importedActions("functions/actions-runner-pool/scale/index.ts"),
      ...["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"],
    ];
    assert.deepEqual([...new Set(Statement.flatMap(({ Action }) => Action))].sort(), used.sort());
    const unrestricted = Statement.filter(({ Resource }) => Resource!.includes("*")).flatMap(({ Action }) => Action);
    assert.ok(
      unrestricted.every((action) => action.startsWith("autoscaling:Describe")),
      unrestricted.join(),
    );
    const sids = Statement.map(({ Sid }) => Sid);
    assert.deepEqual(sids, [...new Set(sids)]);
  });

  it("has no access to GitHub's secret, and to a key only if the table has one", () => {
    assert.ok(!JSON.stringify(Statement).match(/secretsmanager|kms/));
    const key = "arn:aws:kms:eu-central-1:123456789012:key/1";
    const [use] = scalePolicy({ ...GRANTS, tableKmsKeyArn: key }).Statement.filter(({ Sid }) => Sid === "UseKeyOfTable");
    assert.deepEqual(use?.Resource, [key]);
    assert.deepEqual(use?.Condition, { StringEquals: { "kms:ViaService": "dynamodb.eu-central-1.amazonaws.com" } });
  });
});

describe("the scaler's policy, evaluated by the stand-in", () => {
  let harness: AwsHarness;
  before(async () => {
    harness = await startHarness();
    deployTable(harness.store);
    deployRole(harness.store, "scale", Statement);
    for (const name of [names.group, "other"]) {
      harness.autoscaling.createGroup({
        name,
        minSize: 0,
        maxSize: 3,
        launchTemplate: { id: "lt-1", name: "lt", version: "1", instanceType: "t4g.small", userData: "" },
        subnets: [{ id: "subnet-1", availabilityZone: "eu-central-1a" }],
      });
    }
  });
  after(() => harness.end());

  const call = (action: string, params: Shape) =>
    harness.gateway.call({ kind: "function", functionName: "probe", roleName: "scale" }, action, params);
  const ledger = (operation: string, params: Shape) => call(`dynamodb:${operation}`, { TableName: "ledger", ...params });
  const operator = (operation: string, params: Shape) =>
    harness.gateway.call({ kind: "operator" }, `dynamodb:${operation}`, { TableName: "ledger", ...params });
  const denied = (promise: Promise<unknown>, what: string) => assert.rejects(promise, /not authorized/, what);

  it("lets it read its own queue and the source's health, and no other pool's queue", async () => {
    await ledger("Query", list(openJobsList("pool")));
    await ledger("GetItem", key(SOURCE_KEY));
    // The name of one pool may begin with that of another.
    for (const other of [openJobsList("pool-2"), openJobsList("other"), POOLS_LIST]) await denied(ledger("Query", list(other)), other);
    await denied(ledger("GetItem", key(jobKey(7))), "a job");
    await denied(ledger("UpdateItem", { ...key(SOURCE_KEY), ...setting("reconciledAt") }), "to declare the source healthy");
  });

  it("lets it record why a job waits, and change nothing of a job but that and its rank, so that it cannot take one from another pool", async () => {
    await ledger("UpdateItem", { ...key(jobKey(7)), ...setting("cause", "causeSince"), ConditionExpression: "attribute_not_exists(#a0)" });
    // IAM does not distinguish the rank that a condition compares from one that is written.
    await ledger("UpdateItem", { ...key(jobKey(7)), ...setting("rank") });
    for (const attribute of [LEDGER.indexPartitionKey, "pool", "labels", "jobStatus", LEDGER.timeToLive]) {
      await denied(ledger("UpdateItem", { ...key(jobKey(7)), ...setting(attribute) }), attribute);
    }
    await denied(ledger("UpdateItem", { ...key(jobKey(7)), ...setting("cause"), ReturnValues: "ALL_NEW" }), "to read the row by the way");
    await denied(ledger("DeleteItem", key(jobKey(7))), "to delete a job");
    await denied(ledger("PutItem", { Item: text(jobKey(8)) }), "to invent a job");
  });

  it("lets it register its own pool only", async () => {
    for (const item of ["registration", "scaler"] as const) await ledger("UpdateItem", { ...key(poolKey("pool", item)), ...setting("v") });
    for (const item of ["registration", "scaler"] as const) await ledger("DeleteItem", key(poolKey("pool", item)));
    await denied(ledger("UpdateItem", { ...key(poolKey("pool-2", "registration")), ...setting("labels") }), "another pool's registration");
    await denied(ledger("DeleteItem", key(poolKey("other", "registration"))), "another pool's registration");
  });

  it("lets it resize its own group only", async () => {
    await call("autoscaling:SetDesiredCapacity", { AutoScalingGroupName: names.group, DesiredCapacity: 0 });
    await denied(call("autoscaling:SetDesiredCapacity", { AutoScalingGroupName: "other", DesiredCapacity: 3 }), "another group");
    await denied(call("autoscaling:UpdateAutoScalingGroup", { AutoScalingGroupName: names.group, MaxSize: 9 }), "its own limits");
  });

  it("suffices for the deployed bundle to register the pool, and to launch for a job that waits", async () => {
    const variables: Record<string, string> = {
      [ENV.pool]: "pool",
      [ENV.workflowJobsTable]: "ledger",
      [ENV.demand]: JSON.stringify({ idleTimeout: 60, minIdle: 0, schedules: [] } satisfies DemandSettings),
    };
    const code = readFileSync(join(artefacts().functions("actions-runner-pool", "scale").dir, "index.mjs"), "utf8");
    const logGroup = logGroupName(names.scaleFunction);
    harness.store.put({ type: "aws:cloudwatch/logGroup:LogGroup", id: logGroup, state: { name: logGroup } });
    deployFunction(harness, names.scaleFunction, code, { statements: Statement, state: { environment: { variables } } });
    const registration: RegisterPoolInput = {
      pool: "pool",
      task: "register-pool",
      tableArn: TABLE_ARN,
      registration: { labels: ["self-hosted"], priority: 0, rerunLostJobs: true },
    };
    await operator("PutItem", { Item: { ...text({ ...SOURCE_KEY, reconciledAt: NOW }) } });
    await operator("PutItem", { Item: waitingJob(42) });
    const before = harness.denied().length;
    for (const event of [{ ...registration, tf: { action: "create", prev_input: null } }, { source: "aws.events" }]) {
      const outcome = await harness.lambda.invoke(names.scaleFunction, event);
      assert.ok("result" in outcome, JSON.stringify(outcome));
    }
    assert.deepEqual(harness.denied().slice(before), []);
    assert.ok(harness.autoscaling.group(names.group)!.desired > 0, "it launched for the waiting job");
    const { Item } = await operator("GetItem", key(poolKey("pool", "registration")));
    assert.equal((Item as any)?.list?.S, POOLS_LIST);
    const { Item: job } = await operator("GetItem", key(jobKey(42)));
    assert.ok((job as any)?.cause?.S, "the job has a cause");
  });
});

function waitingJob(jobId: number): Shape {
  const created = new Date(Date.now() - 30_000).toISOString();
  return {
    ...text({ ...jobKey(jobId), jobStatus: "queued", repository: "o/r", createdAt: created, confirmedAt: NOW, pool: "pool" }),
    ...text({ [LEDGER.indexPartitionKey]: openJobsList("pool"), [LEDGER.indexSortKey]: openJobsAt(created, jobId) }),
    ...{ jobId: { N: String(jobId) }, rank: { N: String(JOB_RANK.queued) }, runId: { N: "1" }, attempt: { N: "1" } },
    ...{ labels: { L: [{ S: "self-hosted" }] }, expiresAt: { N: String(Math.ceil(Date.now() / 1000) + 3600) } },
  };
}

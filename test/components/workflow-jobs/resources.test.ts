import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { WorkflowJobs, type WorkflowJobsArgs } from "../../../components";
import { secretArnOf } from "../../../components/workflow-jobs/setup-invocations";
import { LEDGER } from "../../../contract/workflow-jobs/ledger";
import { workflowJobsNames } from "../../../contract/workflow-jobs/names";
import { Dependencies } from "../dependencies";
import { Deployment, type Registered } from "../mocks";
import { jobsArgs } from "./jobs-args";

const TAGGABLE = new Set([
  "aws:cloudwatch/eventRule:EventRule",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:cloudwatch/metricAlarm:MetricAlarm",
  "aws:dynamodb/table:Table",
  "aws:iam/role:Role",
  "aws:lambda/function:Function",
  "aws:sqs/queue:Queue",
]);
const TABLE = "aws:dynamodb/table:Table";
const INVOCATION = "aws:lambda/invocation:Invocation";
const CHECK = `${INVOCATION} jobs-check-app`;

async function deploy(changes: Partial<WorkflowJobsArgs> = {}, opts?: pulumi.ComponentResourceOptions): Promise<Deployment> {
  const deployment = await Deployment.start();
  new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "queue", ...changes }), opts);
  await deployment.settled();
  return deployment;
}

function counts(registered: Registered[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type } of registered) found[type] = (found[type] ?? 0) + 1;
  return found;
}

describe("a source of demand", () => {
  it("consists of exactly these resources, so that no resource is added or lost unnoticed", async () => {
    assert.deepEqual(counts((await deploy()).children), {
      "aws:cloudwatch/eventRule:EventRule": 1,
      "aws:cloudwatch/eventTarget:EventTarget": 1,
      "aws:cloudwatch/logGroup:LogGroup": 3,
      "aws:cloudwatch/metricAlarm:MetricAlarm": 12,
      [TABLE]: 1,
      "aws:iam/role:Role": 3,
      "aws:iam/rolePolicy:RolePolicy": 3,
      "aws:lambda/function:Function": 3,
      "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": 3,
      "aws:lambda/functionUrl:FunctionUrl": 1,
      [INVOCATION]: 2,
      "aws:lambda/permission:Permission": 3,
      "aws:sqs/queue:Queue": 1,
      "aws:sqs/queuePolicy:QueuePolicy": 1,
    });
  });

  it("keeps its jobs in a table whose keys and index are those that the functions use, and that pays for nothing at night", async () => {
    const { inputs } = (await deploy()).only(TABLE);
    assert.deepEqual([inputs.name, inputs.billingMode, inputs.hashKey, inputs.rangeKey], ["queue", "PAY_PER_REQUEST", "pk", "sk"]);
    assert.deepEqual(inputs.globalSecondaryIndexes, [
      { name: LEDGER.index, hashKey: LEDGER.indexPartitionKey, rangeKey: LEDGER.indexSortKey, projectionType: "ALL" },
    ]);
    // DynamoDB refuses an attribute that is no key, and a key that is not declared.
    assert.deepEqual(inputs.attributes.map(({ name }: { name: string }) => name).sort(), ["at", "list", "pk", "sk"]);
    assert.deepEqual(inputs.ttl, { attributeName: LEDGER.timeToLive, enabled: true });
    assert.deepEqual(inputs.pointInTimeRecovery, { enabled: true });
  });

  it("tags every taggable child", async () => {
    const deployment = await deploy({ tags: { team: "platform" }, release: "v1.2.3-rc.1" });
    const wanted = { Name: "queue", team: "platform", "ci-runners:workflow-jobs": "queue", "ci-runners:release": "v1.2.3-rc.1" };
    for (const child of deployment.children) {
      if (TAGGABLE.has(child.type)) assert.deepEqual(child.inputs.tags, wanted, `${child.type} ${child.name}`);
      else assert.equal(child.inputs.tags, undefined, `${child.type} is taggable: add it to TAGGABLE`);
    }
  });

  it("is the parent of each child, and uses the given provider for every child and every lookup", async () => {
    const deployment = await Deployment.start();
    const provider = new aws.Provider("elsewhere", { region: "eu-central-1" });
    const jobs = new WorkflowJobs("jobs", jobsArgs(), { provider });
    const children = [...((jobs as any).__childResources as Set<pulumi.Resource>)];
    const urns = children.map(({ urn }) => new Promise<string>((resolve) => urn.apply(resolve)));
    await deployment.settled();
    assert.equal(children.length, deployment.children.length);
    for (const urn of await Promise.all(urns)) assert.match(urn, /::ci-runners:index:WorkflowJobs\$aws:/);
    for (const { type, name, provider: used } of deployment.children) assert.match(used ?? "", /::elsewhere::/, `${type} ${name}`);
    for (const { token, provider: used } of deployment.calls) assert.match(used ?? "", /::elsewhere::/, token);
  });

  it("gives a pool what it needs as plain texts, and shows no secret, only where it is", async () => {
    const deployment = await Deployment.start();
    const jobs = new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "queue" }));
    const outputs = pulumi.all([jobs.workflowJobsName, jobs.tableName, jobs.tableArn, jobs.webhookUrl, jobs.webhookSecretArn]);
    const [name, table, arn, url, secret] = await new Promise<string[]>((resolve) => outputs.apply(resolve));
    await deployment.settled();
    assert.deepEqual([name, table], ["queue", "queue"]);
    assert.match(arn!, /^arn:aws:.*table/i);
    assert.match(url!, /^https:\/\/[a-z]+\.lambda-url\.us-east-1\.on\.aws\/$/);
    assert.equal(secret, "arn:aws:secretsmanager:us-east-1:123456789012:secret:ci-runners-webhook/queue-AbCdEf");
    assert.equal(jobs.kmsKeyArn, undefined);
  });

  it("registers the same resources in a preview, where no URL is known: none is created in a callback", async () => {
    const up = await deploy();
    const preview = await Deployment.start({ preview: true });
    new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "queue" }));
    await preview.settled();
    assert.deepEqual(counts(preview.registered), counts(up.registered));
  });

  it("shares no name with a second one in the same stack", async () => {
    const deployment = await Deployment.start();
    new WorkflowJobs("one", jobsArgs());
    new WorkflowJobs("two", jobsArgs());
    await deployment.settled();
    const identities = deployment.registered.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(identities, [...new Set(identities)]);
    const physical = deployment.children.flatMap(({ type, inputs }) => (typeof inputs.name === "string" ? [`${type} ${inputs.name}`] : []));
    assert.ok(physical.length > 20);
    assert.deepEqual(physical, [...new Set(physical)]);
    assert.ok(physical.includes(`${TABLE} ci-runners-test-one`));
  });
});

describe("the check of the App", () => {
  async function dependencies(): Promise<{ deployment: Deployment; graph: Dependencies }> {
    const graph = new Dependencies();
    const deployment = await deploy({}, { transformations: [graph.transformation] });
    return { deployment, graph };
  }

  it("precedes everything but the function that checks and its queue, so that a refused App leaves nothing to undo", async () => {
    const { deployment, graph } = await dependencies();
    const before = deployment.children
      .map(({ type, name }) => `${type} ${name}`)
      .filter((identity) => identity !== CHECK && !graph.allOf(identity).has(CHECK));
    // These wait for a function by an input, its name, which no `dependsOn` shows.
    const byInput = /:(FunctionUrl|Permission|FunctionEventInvokeConfig) jobs(?!-setup)/;
    const free = before.filter((identity) => !byInput.test(identity));
    assert.deepEqual(free.sort(), [
      "aws:cloudwatch/logGroup:LogGroup jobs-setup",
      "aws:iam/role:Role jobs-setup",
      "aws:iam/rolePolicy:RolePolicy jobs-setup",
      "aws:lambda/function:Function jobs-setup",
      "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig jobs-setup",
      "aws:sqs/queue:Queue jobs-dead-letters",
      "aws:sqs/queuePolicy:QueuePolicy jobs-dead-letters",
    ]);
  });

  it("has an input that names neither a secret nor the URL, and that changes with the App, its account and what it is to do", async () => {
    const input = async (changes: Partial<WorkflowJobsArgs>) => (await deploy(changes)).named(INVOCATION, "jobs-check-app").inputs;
    const { functionName, lifecycleScope, input: text } = await input({});
    assert.deepEqual([functionName, lifecycleScope], [workflowJobsNames("queue").setupFunction, "CRUD"]);
    assert.deepEqual(JSON.parse(text), {
      workflowJobs: "queue",
      task: "check-app",
      scope: "app",
      takeOver: false,
      rerunLostJobs: false,
      app: "100001@https://api.github.com",
      account: "example-org",
    });
    const { app } = jobsArgs().github;
    const others = [
      { webhook: { takeOver: true } },
      { rerunLostJobs: true },
      { webhook: { scope: "organization" as const } },
      { github: { organization: "other", app } },
      { github: { organization: "example-org", app: { ...app, id: "100002" } } },
    ];
    const texts: string[] = [];
    for (const changes of others) texts.push((await input(changes)).input);
    assert.equal(new Set([text, ...texts]).size, 6);
  });

  it("is followed by the webhook only when the URL answers, so that GitHub's first delivery is not refused", async () => {
    const { deployment, graph } = await dependencies();
    const { input } = deployment.named(INVOCATION, "jobs-own-webhook").inputs;
    assert.deepEqual(JSON.parse(input), {
      workflowJobs: "queue",
      task: "own-webhook",
      url: "https://abcdefghijklmnop.lambda-url.us-east-1.on.aws/",
      scope: "app",
      takeOver: false,
      app: "100001@https://api.github.com",
      account: "example-org",
    });
    const needed = graph.of(`${INVOCATION} jobs-own-webhook`);
    for (const one of [
      "aws:lambda/functionUrl:FunctionUrl jobs",
      "aws:lambda/permission:Permission jobs-url",
      "aws:lambda/permission:Permission jobs-invoke",
      "aws:lambda/function:Function jobs-webhook",
      "aws:iam/rolePolicy:RolePolicy jobs-webhook",
    ]) {
      assert.ok(needed.includes(one), one);
    }
    const rule = graph.allOf("aws:cloudwatch/eventRule:EventRule jobs-reconcile");
    assert.ok(rule.has(`${INVOCATION} jobs-own-webhook`), "the first reconciliation would report a webhook that points elsewhere");
  });
});

describe("a setup function of another release", () => {
  it("fails the deployment if its answer lacks the secret's ARN, instead of leaving an output undefined", () => {
    assert.equal(secretArnOf('{"secretArn":"arn:x","left":[]}'), "arn:x");
    for (const answer of ["null", "{}", '{"left":[]}']) assert.throws(() => secretArnOf(answer), /without the ARN of the webhook's secret/);
  });
});

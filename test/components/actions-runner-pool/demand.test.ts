import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs, WorkflowJobs } from "../../../components";
import { ENV } from "../../../contract/actions-runner-pool/environment";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { DEMAND_EVENT } from "../../../contract/workflow-jobs/demand-event";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { scalingSettings } from "../../../functions/actions-runner-pool/scale/settings";
import { Dependencies } from "../dependencies";
import { emittedMetrics } from "../emitted-metrics";
import { Deployment, type Registered } from "../mocks";
import { SECRET_ARN, poolArgs } from "./pool-args";

const FUNCTION = "aws:lambda/function:Function";
const INVOCATION = "aws:lambda/invocation:Invocation";
const RULE = "aws:cloudwatch/eventRule:EventRule";
const TARGET = "aws:cloudwatch/eventTarget:EventTarget";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const SOURCE = { workflowJobsName: "queue", tableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/queue" };

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}, opts?: pulumi.ComponentResourceOptions): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: { source: SOURCE }, ...changes }), opts);
  await deployment.settled();
  return deployment;
}

function counts(registered: Registered[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type } of registered) found[type] = (found[type] ?? 0) + 1;
  return found;
}

/** What demand adds to a pool. */
async function added(changes: Partial<ActionsRunnerPoolArgs>): Promise<Record<string, number>> {
  const [without, withDemand] = [counts((await deploy({ demand: undefined })).registered), counts((await deploy(changes)).registered)];
  const more = Object.entries(withDemand).map(([type, count]): [string, number] => [type, count - (without[type] ?? 0)]);
  return Object.fromEntries(more.filter(([, count]) => count !== 0));
}

describe("a pool that follows its queue", () => {
  it("adds exactly these resources, if the source is another's", async () => {
    assert.deepEqual(await added({}), {
      "aws:cloudwatch/dashboard:Dashboard": 1,
      [RULE]: 2,
      [TARGET]: 2,
      "aws:cloudwatch/logGroup:LogGroup": 1,
      [ALARM]: 10,
      "aws:iam/role:Role": 1,
      "aws:iam/rolePolicy:RolePolicy": 1,
      [FUNCTION]: 1,
      "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": 1,
      [INVOCATION]: 1,
      "aws:lambda/permission:Permission": 2,
    });
  });

  it("makes a source of its own if none is given, named like the pool and with the pool's App, key, network and tags", async () => {
    const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
    const deployment = await deploy({
      demand: { webhook: { scope: "organization" }, ours: ["gpu-*"], rerunLostJobs: true },
      kmsKeyArn,
      functions: { subnetIds: ["subnet-f"] },
      tags: { team: "platform" },
    });
    assert.equal(deployment.only("ci-runners:index:WorkflowJobs").name, "runners-jobs");
    const table = deployment.only("aws:dynamodb/table:Table").inputs;
    assert.deepEqual([table.name, table.serverSideEncryption.kmsKeyArn, table.tags.team], ["pool-jobs", kmsKeyArn, "platform"]);
    for (const key of ["setup", "webhook", "reconcile"]) {
      const { inputs } = deployment.named(FUNCTION, `runners-jobs-${key}`);
      assert.equal(inputs.name, `pool-jobs-${key}`);
      assert.deepEqual(inputs.vpcConfig, deployment.named(FUNCTION, "runners-sweep").inputs.vpcConfig);
      if (key !== "webhook") assert.equal(inputs.environment.variables[ENV.githubPrivateKeySecretArn], SECRET_ARN);
    }
    const { scope, rerunLostJobs } = JSON.parse(deployment.named(INVOCATION, "runners-jobs-check-app").inputs.input);
    assert.deepEqual([scope, rerunLostJobs], ["organization", true]);
    const { variables } = deployment.named(FUNCTION, "runners-scale").inputs.environment;
    assert.equal(variables[ENV.workflowJobsTable], "pool-jobs");
    const pattern = JSON.parse(deployment.named(RULE, "runners-demand").inputs.eventPattern);
    assert.deepEqual(pattern.detail.workflowJobs, ["pool-jobs"]);
  });

  it("takes the outputs of a WorkflowJobs, from which another language may give null for an absent key", async () => {
    const deployment = await Deployment.start();
    const jobs = new WorkflowJobs("jobs", { github: poolArgs().github as any, workflowJobsName: "queue" });
    const source = {
      workflowJobsName: jobs.workflowJobsName,
      tableArn: jobs.tableArn,
      kmsKeyArn: pulumi.output(null as unknown as string),
    };
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: { source } }));
    await deployment.settled();
    assert.equal(deployment.named(FUNCTION, "runners-scale").inputs.environment.variables[ENV.workflowJobsTable], "queue");
    const { Statement } = JSON.parse(deployment.named("aws:iam/rolePolicy:RolePolicy", "runners-scale").inputs.policy);
    assert.ok(!JSON.stringify(Statement).includes("kms:"));
    const { kmsKeyArn } = { kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001" };
    const encrypted = await deploy({ demand: { source: { ...SOURCE, kmsKeyArn } } });
    const own = JSON.parse(encrypted.named("aws:iam/rolePolicy:RolePolicy", "runners-scale").inputs.policy);
    assert.deepEqual(own.Statement.find(({ Sid }: { Sid: string }) => Sid === "UseKeyOfTable").Resource, [kmsKeyArn]);
  });

  it("registers the same resources in a preview", async () => {
    const up = await deploy({ demand: {} });
    const preview = await Deployment.start({ preview: true });
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: {} }));
    await preview.settled();
    assert.deepEqual(counts(preview.registered), counts(up.registered));
  });

  it("gives no two resources of a type the same name, its own source's included", async () => {
    const deployment = await deploy({ demand: {} });
    const identities = deployment.registered.map(({ type, name }) => `${type} ${name}`);
    assert.deepEqual(identities, [...new Set(identities)]);
    const physical = deployment.children.flatMap(({ type, inputs }) => (typeof inputs.name === "string" ? [`${type} ${inputs.name}`] : []));
    assert.deepEqual(physical, [...new Set(physical)]);
    // The permissions of a deployment are on names that begin so.
    for (const one of physical) assert.match(one, / (\/aws\/lambda\/)?pool\b/);
  });

  it("has the scaler's name as an output, and none without demand", async () => {
    await Deployment.start();
    const pool = new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: { source: SOURCE } }));
    assert.equal(await new Promise((resolve) => pool.scaleFunctionName!.apply(resolve)), "pool-scale");
    assert.equal(new ActionsRunnerPool("other", poolArgs()).scaleFunctionName, undefined);
  });
});

describe("the scaler", () => {
  it("understands the settings that the component gives it, with its own reader", async () => {
    const schedules = [{ cron: "0 8 * * 1-5", duration: 36_000, minSize: 2 }];
    const deployment = await deploy({ demand: { source: SOURCE, idleTimeout: 300, minIdle: 1, schedules } });
    const { inputs } = deployment.named(FUNCTION, "runners-scale");
    const {
      POWERTOOLS_SERVICE_NAME: _,
      POWERTOOLS_METRICS_NAMESPACE: __,
      POWERTOOLS_LOG_LEVEL: ___,
      ...own
    } = inputs.environment.variables;
    assert.deepEqual(Object.keys(own).sort(), [ENV.demand, ENV.pool, ENV.workflowJobsTable].sort(), "no credentials of GitHub");
    const { scaling, scheduledFloor } = scalingSettings(own);
    assert.deepEqual([scaling.idleTimeout, scaling.minIdle, scaling.staleAfter], [300_000, 1, DEMAND_TIMING.staleAfter * 1000]);
    // A Tuesday; without a time zone, the schedule's is UTC.
    assert.deepEqual([Date.UTC(2026, 0, 6, 7, 59), Date.UTC(2026, 0, 6, 8, 1)].map(scheduledFloor), [0, 2]);
  });

  it("ends before its lease does, and is not repeated by Lambda: the next pass is the retry", async () => {
    const deployment = await deploy();
    assert.ok(deployment.named(FUNCTION, "runners-scale").inputs.timeout <= TIMING.scaleLease);
    const config = deployment.named("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "runners-scale").inputs;
    assert.equal(config.maximumRetryAttempts, 0);
  });

  it("runs for the signals of its own source and pool only, and each minute", async () => {
    const deployment = await deploy();
    const demand = deployment.named(RULE, "runners-demand").inputs;
    assert.equal(demand.name, "pool-demand");
    assert.deepEqual(JSON.parse(demand.eventPattern), {
      source: [DEMAND_EVENT.source],
      "detail-type": [DEMAND_EVENT.detailType],
      detail: { workflowJobs: ["queue"], pool: ["pool"] },
    });
    const scale = deployment.named(RULE, "runners-scale").inputs;
    assert.deepEqual([scale.name, scale.scheduleExpression], ["pool-scale", "rate(1 minute)"]);
    const { Statement } = JSON.parse(deployment.only("aws:sqs/queuePolicy:QueuePolicy").inputs.policy);
    const letters: string[] = Statement[0].Condition.ArnEquals["aws:SourceArn"];
    for (const rule of [demand, scale]) {
      const suffix = rule.name.replace("pool-", "");
      const target = deployment.named(TARGET, `runners-${suffix}`).inputs;
      assert.match(target.arn, /pool-scale$/);
      assert.ok(target.retryPolicy.maximumEventAgeInSeconds >= 60);
      assert.match(
        deployment.named("aws:lambda/permission:Permission", `runners-${suffix}`).inputs.sourceArn,
        new RegExp(`/${rule.name}$`),
      );
      assert.ok(letters.includes(`arn:aws:events:us-east-1:123456789012:rule/${rule.name}`), "else its dead letters are refused");
    }
  });
});

describe("the registration of a pool at its source", () => {
  async function registration(changes: Partial<ActionsRunnerPoolArgs>): Promise<any> {
    const { inputs } = (await deploy(changes)).named(INVOCATION, "runners-register-pool");
    assert.deepEqual([inputs.functionName, inputs.lifecycleScope], ["pool-scale", "CRUD"]);
    const { pool, task, registration } = JSON.parse(inputs.input);
    assert.deepEqual([pool, task], ["pool", "register-pool"]);
    return registration;
  }

  it("has the labels that its runners have at GitHub, theirs included, or jobs would wait for a pool that could run them", async () => {
    const labels = ["GPU", "linux"];
    assert.deepEqual(await registration({ labels }), { labels: ["self-hosted", "linux", "x64", "gpu"], priority: 0 });
    assert.deepEqual((await registration({ labels, noDefaultLabels: true })).labels, ["gpu", "linux"]);
    assert.deepEqual((await registration({ instanceType: "m7g.xlarge" })).labels, ["self-hosted", "linux", "arm64"]);
  });

  it("is made anew at another source, although nothing else has changed: else the pool would get no job from there", async () => {
    const inputAt = async (table: string) => {
      const source = { workflowJobsName: table, tableArn: SOURCE.tableArn.replace(/queue$/, table) };
      return (await deploy({ demand: { source } })).named(INVOCATION, "runners-register-pool").inputs.input;
    };
    assert.notEqual(await inputAt("queue"), await inputAt("other"));
    assert.equal(await inputAt("queue"), await inputAt("queue"));
  });

  it("has what limits it to some jobs: its group, its repository, its priority and whether lost jobs run again", async () => {
    const ofGroup = await registration({ runnerGroup: "Secure", demand: { source: SOURCE, priority: 5, rerunLostJobs: true } });
    assert.deepEqual([ofGroup.runnerGroup, ofGroup.priority, ofGroup.rerunLostJobs], ["Secure", 5, true]);
    const github = { repository: "o/r", app: { id: "1", privateKeySecretArn: SECRET_ARN } };
    assert.equal((await registration({ github })).repository, "o/r");
  });
});

describe("the order of a pool that follows its queue", () => {
  let graph: Dependencies;
  before(async () => {
    graph = new Dependencies();
    await deploy({ demand: {} }, { transformations: [graph.transformation] });
  });

  const GROUP = "aws:autoscaling/group:Group runners";

  it("launches nothing before its App was checked", () => {
    assert.ok(graph.of(GROUP).includes("ci-runners:index:WorkflowJobs runners-jobs"));
  });

  it("launches nothing before that of a source beside it was, and its webhook set up, of which it knows plain outputs only", async () => {
    const beside = new Dependencies();
    const deployment = await Deployment.start();
    const opts = { transformations: [beside.transformation] };
    const jobs = new WorkflowJobs("jobs", { github: poolArgs().github as any, workflowJobsName: "queue" }, opts);
    const { workflowJobsName, tableArn } = jobs;
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: { source: { workflowJobsName, tableArn } } }), opts);
    await deployment.settled();
    const needed = await beside.resolved(GROUP);
    for (const one of [`${INVOCATION} jobs-own-webhook`, "aws:dynamodb/table:Table jobs"]) assert.ok(needed.includes(one), one);
    assert.ok((await beside.resolved("aws:dynamodb/table:Table jobs")).includes(`${INVOCATION} jobs-check-app`));
  });

  it("gives it jobs only once the group exists, and scales only once it gets jobs", () => {
    const registered = graph.of(`${INVOCATION} runners-register-pool`);
    for (const one of [GROUP, "ci-runners:index:WorkflowJobs runners-jobs", `${FUNCTION} runners-scale`])
      assert.ok(registered.includes(one), one);
    for (const suffix of ["demand", "scale"]) {
      assert.ok(graph.of(`${TARGET} runners-${suffix}`).includes(`${INVOCATION} runners-register-pool`), suffix);
    }
  });

  it("deletes the check of a destroy before all of it, so that a refused destroy has deleted nothing", () => {
    const check = graph.of(`${INVOCATION} runners-destroy-check`);
    for (const one of [
      `${INVOCATION} runners-register-pool`,
      `${TARGET} runners-demand`,
      `${TARGET} runners-scale`,
      `${RULE} runners-scale`,
    ]) {
      assert.ok(check.includes(one), one);
    }
  });
});

describe("the alarms of a pool that follows its queue", () => {
  it("watch only metrics that some program of the pool emits, with the pool's dimension", async () => {
    const emitted = emittedMetrics();
    const own = (await deploy()).of(ALARM).filter(({ inputs }) => inputs.namespace === METRIC_NAMESPACE);
    assert.ok(own.length > 19);
    for (const { name, inputs } of own) {
      assert.deepEqual(inputs.dimensions, { Pool: "pool" }, name);
      assert.ok(emitted.has(`Pool/${inputs.metricName}`), `${name}: nothing emits ${inputs.metricName}`);
    }
  });

  it("compare times with the time that they are about: a wait with a launch, an age with that of a stale source", async () => {
    const deployment = await deploy({ launchTimeout: 600 });
    const threshold = (suffix: string) => deployment.named(ALARM, `runners-${suffix}`).inputs.threshold;
    assert.deepEqual([threshold("oldest-wait"), threshold("stale-demand")], [600, DEMAND_TIMING.staleAfter]);
    for (const suffix of ["jobs-not-assigned", "jobs-not-allowed", "failed-launches", "scaler-errors"]) assert.equal(threshold(suffix), 0);
  });

  it("notice silence: of the scaler, and of each schedule", async () => {
    const dead = (await deploy()).of(ALARM).filter(({ inputs }) => inputs.treatMissingData === "breaching");
    assert.deepEqual(
      dead.map(({ inputs }) => [inputs.name, inputs.metricName, ...Object.values(inputs.dimensions)]),
      [
        ["pool-scaler-stopped", "ScalerPasses", "pool"],
        ["pool-scale-schedule", "Invocations", "pool-scale"],
        ["pool-sweep-schedule", "Invocations", "pool-sweep"],
      ],
    );
    for (const { inputs } of dead) {
      assert.deepEqual([inputs.comparisonOperator, inputs.threshold], ["LessThanThreshold", 1]);
      assert.ok(inputs.evaluationPeriods >= 2, "one late run is no silence");
      assert.equal(inputs.datapointsToAlarm, inputs.evaluationPeriods);
    }
  });
});

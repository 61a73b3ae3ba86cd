import assert from "node:assert/strict";
import { WorkflowJobs, type WorkflowJobsArgs } from "../../../components";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { WORKFLOW_JOBS_ENV as ENV, WEBHOOK_SECRET_TAGS_FILE } from "../../../contract/workflow-jobs/environment";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { componentSettings, oursPatterns, webhookScope, webhookUrl } from "../../../functions/workflow-jobs/shared/settings";
import { gitHubAccount, gitHubScope } from "../../../functions/shared/github/environment";
import { emittedMetrics } from "../emitted-metrics";
import { Deployment } from "../mocks";
import { SECRET_ARN, jobsArgs } from "./jobs-args";

const FUNCTION = "aws:lambda/function:Function";
const PERMISSION = "aws:lambda/permission:Permission";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const KEYS = ["setup", "webhook", "reconcile"];

async function deploy(changes: Partial<WorkflowJobsArgs> = {}): Promise<Deployment> {
  const deployment = await Deployment.start();
  new WorkflowJobs("jobs", jobsArgs({ workflowJobsName: "queue", ...changes }));
  await deployment.settled();
  return deployment;
}

const variablesOf = (deployment: Deployment, key: string): Record<string, string> =>
  deployment.named(FUNCTION, `jobs-${key}`).inputs.environment.variables;

describe("the functions of a source", () => {
  it("understand the variables that the component sets, all of them, with their own readers", async () => {
    const deployment = await deploy({ ours: ["gpu-*"], webhook: { scope: "organization" } });
    for (const key of KEYS) assert.equal(componentSettings(variablesOf(deployment, key)).name, "queue");
    for (const key of ["webhook", "reconcile"]) assert.deepEqual(oursPatterns(variablesOf(deployment, key)), ["gpu-*"], key);
    for (const key of ["setup", "reconcile"]) {
      const variables = variablesOf(deployment, key);
      assert.equal(webhookScope(variables), "organization", key);
      assert.deepEqual(gitHubAccount(variables), {
        apiUrl: "https://api.github.com",
        scope: { organization: "example-org" },
        credentials: { appId: "100001", privateKeySecret: SECRET_ARN },
      });
    }
    assert.deepEqual(gitHubScope(variablesOf(deployment, "webhook")), { organization: "example-org" });
    assert.equal(webhookUrl(variablesOf(deployment, "reconcile")), "https://abcdefghijklmnop.lambda-url.us-east-1.on.aws/");
  });

  it("do not let the public one know the App, or where its key is", async () => {
    const { POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE, POWERTOOLS_LOG_LEVEL, ...own } = variablesOf(await deploy(), "webhook");
    assert.deepEqual(own, { [ENV.name]: "queue", [ENV.githubOrganization]: "example-org", [ENV.ours]: "[]" });
    assert.deepEqual([POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE, POWERTOOLS_LOG_LEVEL], ["webhook", METRIC_NAMESPACE, "INFO"]);
  });

  it("end before GitHub, the next reconciliation or the deployment gives up on them", async () => {
    const deployment = await deploy();
    const timeout = (key: string) => deployment.named(FUNCTION, `jobs-${key}`).inputs.timeout as number;
    assert.ok(timeout("webhook") <= 10, "GitHub waits 10 s");
    assert.ok(timeout("reconcile") < DEMAND_TIMING.reconcileInterval, "or two would overlap");
    assert.ok(timeout("setup") > DEMAND_TIMING.secretCache + 100, "a rotation waits until no process uses the old secret only");
    for (const { inputs } of deployment.of("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")) {
      assert.equal(inputs.maximumRetryAttempts, 0);
      assert.match(inputs.destinationConfig.onFailure.destination, /queue-dead-letters$/);
    }
  });

  it("tag the secret that the setup function creates like any other resource, whatever the order in the program", async () => {
    const packed = async (tags: Record<string, string>) => {
      const { assets } = await (await deploy({ tags })).named(FUNCTION, "jobs-setup").inputs.code;
      return (await assets)[WEBHOOK_SECRET_TAGS_FILE].text as Promise<string>;
    };
    const [one, two] = [await packed({ team: "build", CostCenter: "7" }), await packed({ CostCenter: "7", team: "build" })];
    assert.equal(one, two);
    assert.deepEqual(JSON.parse(one).CostCenter, "7");
    assert.deepEqual(JSON.parse(one)["ci-runners:workflow-jobs"], "queue");
  });

  it("run in the given subnets with the given security groups, all three", async () => {
    const deployment = await deploy({ functions: { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] } });
    for (const { name, inputs } of deployment.of(FUNCTION)) {
      assert.deepEqual(inputs.vpcConfig, { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] }, name);
    }
    for (const { inputs } of (await deploy()).of(FUNCTION)) assert.equal(inputs.vpcConfig, undefined);
  });
});

describe("the webhook's address", () => {
  it("admits everyone by its URL, and no one by a direct invocation: both statements, or Lambda answers 403", async () => {
    const deployment = await deploy();
    assert.deepEqual(deployment.only("aws:lambda/functionUrl:FunctionUrl").inputs, {
      functionName: "queue-webhook",
      authorizationType: "NONE",
    });
    assert.deepEqual(deployment.named(PERMISSION, "jobs-url").inputs, {
      function: "queue-webhook",
      action: "lambda:InvokeFunctionUrl",
      principal: "*",
      functionUrlAuthType: "NONE",
    });
    assert.deepEqual(deployment.named(PERMISSION, "jobs-invoke").inputs, {
      function: "queue-webhook",
      action: "lambda:InvokeFunction",
      principal: "*",
      invokedViaFunctionUrl: true,
    });
    const open = deployment.of(PERMISSION).filter(({ inputs }) => inputs.principal === "*");
    assert.deepEqual([...new Set(open.map(({ inputs }) => inputs.function))], ["queue-webhook"], "no other function is public");
  });
});

describe("the schedule of the reconciliation", () => {
  it("runs every 5 minutes, and what it could not deliver is kept", async () => {
    const deployment = await deploy();
    const rule = deployment.only("aws:cloudwatch/eventRule:EventRule").inputs;
    assert.deepEqual([rule.name, rule.scheduleExpression, rule.eventPattern], ["queue-reconcile", "rate(5 minutes)", undefined]);
    const target = deployment.only("aws:cloudwatch/eventTarget:EventTarget").inputs;
    assert.equal(target.rule, rule.name);
    assert.match(target.arn, /queue-reconcile$/);
    assert.match(target.deadLetterConfig.arn, /queue-dead-letters$/);
    assert.deepEqual(target.retryPolicy, { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 1 });
    const permission = deployment.named(PERMISSION, "jobs-reconcile").inputs;
    assert.deepEqual([permission.function, permission.principal], ["queue-reconcile", "events.amazonaws.com"]);
    assert.match(permission.sourceArn, /queue-reconcile$/);
    const { Statement } = JSON.parse(deployment.only("aws:sqs/queuePolicy:QueuePolicy").inputs.policy);
    assert.deepEqual(Statement[0].Condition.ArnEquals["aws:SourceArn"], ["arn:aws:events:us-east-1:123456789012:rule/queue-reconcile"]);
  });
});

describe("the alarms of a source", () => {
  it("watch only metrics that its functions emit, with their dimension: an alarm on another would never fire", async () => {
    const deployment = await deploy();
    const emitted = emittedMetrics();
    const own = deployment.of(ALARM).filter(({ inputs }) => inputs.namespace === METRIC_NAMESPACE);
    assert.ok(own.length >= 7);
    for (const { name, inputs } of own) {
      assert.deepEqual(inputs.dimensions, { WorkflowJobs: "queue" }, name);
      assert.ok(emitted.has(`WorkflowJobs/${inputs.metricName}`), `${name}: nothing emits ${inputs.metricName}`);
    }
    const functions = deployment.of(ALARM).filter(({ inputs }) => inputs.namespace === "AWS/Lambda");
    assert.deepEqual(functions.map(({ inputs }) => inputs.dimensions.FunctionName).sort(), [
      "queue-reconcile",
      "queue-setup",
      "queue-webhook",
    ]);
  });

  it("notice silence: a reconciler that no longer runs, or never succeeds, emits nothing at all", async () => {
    const deployment = await deploy();
    const dead = deployment.of(ALARM).filter(({ inputs }) => inputs.treatMissingData === "breaching");
    assert.deepEqual(
      dead.map(({ inputs }) => [inputs.metricName, inputs.dimensions, inputs.comparisonOperator, inputs.threshold, inputs.statistic]),
      [
        ["Reconciliations", { WorkflowJobs: "queue" }, "LessThanThreshold", 1, "Sum"],
        ["Invocations", { RuleName: "queue-reconcile" }, "LessThanThreshold", 1, "Sum"],
      ],
    );
    for (const { inputs } of dead) {
      const seconds = inputs.evaluationPeriods * inputs.period;
      assert.equal(inputs.datapointsToAlarm, inputs.evaluationPeriods, "one late run is no silence");
      assert.ok(seconds >= DEMAND_TIMING.staleAfter && seconds <= DEMAND_TIMING.staleAfter + 300, `${seconds} s`);
    }
  });

  it("stay quiet for one stranger's unsigned request, and notify the given topic for what lasts", async () => {
    const topic = "arn:aws:sns:us-east-1:123456789012:alarms";
    const deployment = await deploy({ alarmTopicArn: topic });
    const { inputs } = deployment.named(ALARM, "jobs-refused-deliveries");
    assert.deepEqual([inputs.evaluationPeriods, inputs.datapointsToAlarm, inputs.threshold], [3, 2, 0]);
    for (const alarm of deployment.of(ALARM)) assert.deepEqual(alarm.inputs.alarmActions, [topic], alarm.name);
    for (const alarm of (await deploy()).of(ALARM)) assert.equal(alarm.inputs.alarmActions, undefined);
  });
});

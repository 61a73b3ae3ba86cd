import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { freshProgram } from "../../rehearsal/engine/program";
import { readStackConfig } from "../../stack-config";
import { Deployment } from "../components/mocks";
import { configure, ROOT } from "../support/run-stack";

const RULE = "aws:cloudwatch/eventRule:EventRule";

async function run(values: Record<string, unknown>): Promise<{ deployment: Deployment; outputs: Record<string, any> }> {
  const deployment = await Deployment.start({ stack: "dev" });
  configure("dev");
  for (const [key, value] of Object.entries(values)) pulumi.runtime.setConfig(`ci-runners:${key}`, JSON.stringify(value));
  const outputs = await freshProgram(ROOT)();
  await deployment.settled();
  return { deployment, outputs };
}

describe("a stack's source of demand", () => {
  it("is deployed with the account and the App of the stack, and gives its URL and the secret's ARN as outputs", async () => {
    const { deployment, outputs } = await run({ maxSize: 0, workflowJobs: { webhook: { scope: "manual" }, workflowJobsName: "queue" } });
    assert.deepEqual(
      deployment.registered.filter(({ type }) => type.startsWith("ci-runners:")).map(({ type, name }) => `${type} ${name}`),
      ["ci-runners:index:WorkflowJobs runners-jobs"],
    );
    const { input } = deployment.named("aws:lambda/invocation:Invocation", "runners-jobs-check-app").inputs;
    const { scope, app, account } = JSON.parse(input);
    assert.deepEqual([scope, app, account], ["manual", "100001@https://api.github.com", "example-org"]);
    const value = (output: pulumi.Output<string>) => new Promise((resolve) => output.apply(resolve));
    assert.equal(await value(outputs.webhookUrl), "https://abcdefghijklmnop.lambda-url.us-east-1.on.aws/");
    assert.match((await value(outputs.webhookSecretArn)) as string, /secret:ci-runners-webhook\/queue-/);
  });

  it("gives what a pool of another stack must name to follow it, which that pool accepts", async () => {
    const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
    const { outputs } = await run({ maxSize: 0, workflowJobs: { workflowJobsName: "queue", kmsKeyArn } });
    const value = (output: pulumi.Output<string>) => new Promise<string>((resolve) => output.apply(resolve));
    const source: Record<string, string> = {};
    for (const name of ["workflowJobsName", "tableArn", "kmsKeyArn"]) source[name] = await value(outputs[name]);
    assert.deepEqual([source.workflowJobsName, source.kmsKeyArn], ["queue", kmsKeyArn]);
    assert.match(source.tableArn!, /^arn:aws:.*\/queue$/);
    source.tableArn = "arn:aws:dynamodb:us-east-1:123456789012:table/queue";
    assert.match(await value(outputs.workflowJobsDeadLetterQueueUrl), /queue-dead-letters$/);
    const { deployment } = await run({ demand: { source } });
    const { variables } = deployment.named("aws:lambda/function:Function", "runners-scale").inputs.environment;
    assert.equal(variables.WORKFLOW_JOBS_TABLE, "queue");
  });

  it("is the one that the stack's pool follows, unless the pool names another", async () => {
    const sources = async (demand: object) => {
      const { deployment } = await run({ demand, workflowJobs: { workflowJobsName: "queue" } });
      const pattern = JSON.parse(deployment.named(RULE, "runners-demand").inputs.eventPattern);
      return [deployment.of("ci-runners:index:WorkflowJobs").length, ...pattern.detail.workflowJobs];
    };
    assert.deepEqual(await sources({ minIdle: 1 }), [1, "queue"]);
    const source = { workflowJobsName: "other", tableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/other" };
    assert.deepEqual(await sources({ source }), [1, "other"]);
    const own = { demand: { webhook: { scope: "organization" } }, workflowJobs: { workflowJobsName: "queue" } };
    await assert.rejects(run(own), /demand\.webhook .* demand\.source has its own/);
  });

  it("is made by neither key if that is an empty object, which means not set, as the documents say", async () => {
    const { deployment, outputs } = await run({ demand: {}, workflowJobs: {} });
    assert.deepEqual(deployment.of("ci-runners:index:WorkflowJobs"), []);
    assert.equal(outputs.scaleFunctionName, undefined);
  });

  it("is made by the pool if the stack has none, with the same outputs", async () => {
    const { deployment, outputs } = await run({ demand: { idleTimeout: 120 } });
    assert.equal(deployment.only("ci-runners:index:WorkflowJobs").name, "runners-jobs");
    for (const name of ["webhookUrl", "webhookSecretArn", "workflowJobsName", "scaleFunctionName"]) assert.ok(outputs[name], name);
  });

  for (const [path, values, field] of [
    ["workflowJobs", { workflowJobs: { webook: {} } }, "webook"],
    ["workflowJobs.webhook", { workflowJobs: { webhook: { scpoe: "app" } } }, "scpoe"],
    ["demand", { demand: { idleTimout: 60 } }, "idleTimout"],
    ["demand.schedules[0]", { demand: { schedules: [{ cron: "0 8 * * *", timezone: "UTC" }] } }, "timezone"],
    ["demand.source", { demand: { source: { name: "queue" } } }, "name"],
  ] as const) {
    it(`is refused with a misspelt field of ${path}, which would otherwise be ignored`, async () => {
      await Deployment.start();
      configure("dev");
      for (const [key, value] of Object.entries(values)) pulumi.runtime.setConfig(`ci-runners:${key}`, JSON.stringify(value));
      assert.throws(() => readStackConfig(), {
        message: new RegExp(`^ci-runners:${path.replace(/[[\].]/g, "\\$&")} has an unknown field "${field}"; use one of `),
      });
    });
  }
});

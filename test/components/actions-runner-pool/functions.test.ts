import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { ENV } from "../../../contract/actions-runner-pool/environment";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { Deployment, settled } from "../mocks";
import { SECRET_ARN, poolArgs } from "./pool-args";

const FUNCTION = "aws:lambda/function:Function";
const GROUP = "aws:autoscaling/group:Group";
const RULE = "aws:cloudwatch/eventRule:EventRule";
const TARGET = "aws:cloudwatch/eventTarget:EventTarget";
const INVOCATION = "aws:lambda/invocation:Invocation";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}

const EVENTS = {
  launching: ["EC2 Instance-launch Lifecycle Action", "register"],
  terminating: ["EC2 Instance-terminate Lifecycle Action", "deregister"],
  terminated: ["EC2 Instance Terminate Successful", "deregister"],
} as const;

describe("the functions", () => {
  it("run on a supported runtime with a limited timeout, and receive the pool's settings as environment variables", async () => {
    const instanceRefresh = { protectedInstances: "Refresh" as const, minHealthyPercentage: 50 };
    const deployment = await deploy({ drain: { heartbeatTimeout: 600, maxDrain: 3600 }, instanceRefresh });
    const { instanceWarmup, ...others } = deployment.named(GROUP, "runners").inputs.instanceRefresh.preferences;
    const deployed = { ...others, instanceWarmup: Number(instanceWarmup) };
    assert.deepEqual([others.scaleInProtectedInstances, others.minHealthyPercentage], ["Refresh", 50]);
    for (const key of ["register", "deregister", "sweep"]) {
      const { inputs } = deployment.named(FUNCTION, `runners-${key}`);
      assert.equal(inputs.name, `pool-${key}`);
      assert.equal(inputs.runtime, "nodejs24.x");
      assert.deepEqual(inputs.architectures, ["arm64"]);
      assert.equal(inputs.handler, "index.handler");
      assert.ok(inputs.timeout >= 30 && inputs.timeout < 300, `${key}: ${inputs.timeout} s`);
      const { POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE, POWERTOOLS_LOG_LEVEL, ...given } = inputs.environment.variables;
      const { [ENV.refreshPreferences]: preferences, ...own } = given;
      // The sweep starts refreshes as the provider does.
      assert.deepEqual(preferences && JSON.parse(preferences), key === "sweep" ? deployed : undefined);
      assert.deepEqual(own, {
        [ENV.pool]: "pool",
        [ENV.githubApiUrl]: "https://api.github.com",
        [ENV.githubOrganization]: "example-org",
        [ENV.githubAppId]: "100001",
        [ENV.githubPrivateKeySecretArn]: SECRET_ARN,
        [ENV.hostRoleId]: "AROAEXAMPLEEXAMPLE123",
        [ENV.maxDrainSeconds]: "3600",
        [ENV.runnerVersion]: "2.350.0",
      });
      assert.equal(POWERTOOLS_METRICS_NAMESPACE, METRIC_NAMESPACE);
      assert.equal(POWERTOOLS_SERVICE_NAME, key);
      assert.equal(POWERTOOLS_LOG_LEVEL, "INFO");
    }
  });

  it("limit a sweep to less than the time between two sweeps, so that no two sweeps overlap", async () => {
    const deployment = await deploy();
    const minutes = Number(/^rate\((\d+) minutes\)$/.exec(deployment.named(RULE, "runners-sweep").inputs.scheduleExpression)![1]);
    assert.ok(deployment.named(FUNCTION, "runners-sweep").inputs.timeout < minutes * 60);
  });

  it("use a token for a repository if so configured", async () => {
    const { variables } = (await deploy({ github: { repository: "o/r", tokenSecretArn: SECRET_ARN } })).named(FUNCTION, "runners-register")
      .inputs.environment;
    assert.equal(variables[ENV.githubRepository], "o/r");
    assert.equal(variables[ENV.githubTokenSecretArn], SECRET_ARN);
    for (const absent of [ENV.githubOrganization, ENV.githubAppId, ENV.githubPrivateKeySecretArn, ENV.githubInstallationId]) {
      assert.ok(!(absent in variables), absent);
    }
  });

  it("lose no event silently: an event that fails after its retries goes to the dead-letter queue", async () => {
    const deployment = await deploy();
    const queue = deployment.only("aws:sqs/queue:Queue");
    const arn = `arn:aws:mock:us-east-1:123456789012:queue:Queue/${queue.inputs.name}`;
    const configs = deployment.of("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig");
    const retries = Object.fromEntries(configs.map(({ name, inputs }) => [name, inputs.maximumRetryAttempts]));
    assert.deepEqual(retries, { "runners-register": 2, "runners-deregister": 2, "runners-sweep": 0 });
    for (const { inputs } of configs) assert.equal(inputs.destinationConfig.onFailure.destination, arn);
    for (const { name, inputs } of deployment.of(TARGET)) {
      assert.equal(inputs.deadLetterConfig.arn, arn);
      assert.ok(inputs.retryPolicy.maximumEventAgeInSeconds >= 60 && inputs.retryPolicy.maximumRetryAttempts >= 1, name);
    }
    assert.equal(queue.inputs.messageRetentionSeconds, 1209600);
  });

  it("write logs that expire, to log groups that are deleted with the stack", async () => {
    const deployment = await deploy({ logRetentionDays: 7 });
    for (const key of ["register", "deregister", "sweep"]) {
      const { inputs } = deployment.named("aws:cloudwatch/logGroup:LogGroup", `runners-${key}`);
      assert.equal(inputs.name, `/aws/lambda/pool-${key}`);
      assert.equal(inputs.retentionInDays, 7);
    }
  });
});

describe("the rules", () => {
  for (const [suffix, [detailType, key]] of Object.entries(EVENTS)) {
    it(`route "${detailType}" of only this group to ${key}, and permit only this rule to invoke it`, async () => {
      const deployment = await deploy();
      const rule = deployment.named(RULE, `runners-${suffix}`).inputs;
      assert.deepEqual(JSON.parse(rule.eventPattern), {
        source: ["aws.autoscaling"],
        "detail-type": [detailType],
        detail: { AutoScalingGroupName: ["pool"] },
      });
      assert.equal(deployment.only("aws:autoscaling/group:Group").inputs.name, "pool");
      const target = deployment.named(TARGET, `runners-${suffix}`).inputs;
      assert.equal(target.rule, rule.name);
      assert.ok(target.arn.endsWith(`/pool-${key}`));
      const permission = deployment.named("aws:lambda/permission:Permission", `runners-${suffix}`).inputs;
      assert.equal(permission.function, `pool-${key}`);
      assert.equal(permission.principal, "events.amazonaws.com");
      assert.ok(permission.sourceArn.endsWith(`/${rule.name}`));
    });
  }
});

describe("the stop document", () => {
  it("contains one command, which begins a drain and does not wait for it", async () => {
    const { inputs } = (await deploy()).only("aws:ssm/document:Document");
    assert.equal(inputs.name, "pool-stop-runner");
    const content = JSON.parse(inputs.content);
    assert.equal(content.schemaVersion, "2.2");
    assert.equal(content.parameters, undefined);
    assert.deepEqual(
      content.mainSteps.map((step: any) => [step.action, step.inputs.runCommand, step.inputs.timeoutSeconds]),
      [["aws:runShellScript", ["systemctl stop --no-block actions-runner.service"], "30"]],
    );
  });
});

describe("the last sweep", () => {
  it("is an invocation on create, update and delete with a constant input, or each `pulumi up` would show a change", async () => {
    const inputs = (await deploy()).named(INVOCATION, "runners-final-sweep").inputs;
    assert.deepEqual(inputs, { functionName: "pool-sweep", input: '{"pool":"pool"}', lifecycleScope: "CRUD" });
    assert.deepEqual((await deploy()).named(INVOCATION, "runners-final-sweep").inputs, inputs);
  });

  it("depends on the functions, their permissions and the rules, and so is deleted while all of them still exist", async () => {
    let dependsOn: pulumi.Resource[] = [];
    await Deployment.start();
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }), {
      transformations: [
        ({ type, name, opts }) => {
          if (type === INVOCATION && name === "runners-final-sweep")
            dependsOn = (opts as pulumi.CustomResourceOptions).dependsOn as pulumi.Resource[];
          return undefined;
        },
      ],
    });
    await settled();
    const kinds = await Promise.all(
      dependsOn.map(({ urn }) => new Promise<string>((resolve) => urn.apply((value) => resolve(value.split("$").pop()!)))),
    );
    const wanted = ["register", "deregister", "sweep"].flatMap((key) => [
      `${FUNCTION}::runners-${key}`,
      `aws:iam/rolePolicy:RolePolicy::runners-${key}`,
    ]);
    for (const suffix of ["launching", "terminating", "terminated", "sweep"]) wanted.push(`${TARGET}::runners-${suffix}`);
    assert.deepEqual(
      wanted.filter((one) => !kinds.includes(one)),
      [],
    );
    assert.ok(!kinds.some((kind) => kind.startsWith("aws:autoscaling/")), "the group depends on it, not the other way round");
  });

  it("has at least 180 s, longer than any delay at GitHub, before its function times out", async () => {
    assert.ok((await deploy()).named(FUNCTION, "runners-sweep").inputs.timeout >= 180);
  });
});

describe("the check before the group is deleted", () => {
  it("has a constant input that no final sweep has, and depends on all that depends on the group, so that its deletion comes first", async () => {
    const { inputs } = (await deploy()).named(INVOCATION, "runners-destroy-check");
    assert.deepEqual(inputs, { functionName: "pool-sweep", input: '{"pool":"pool","check":"destroy"}', lifecycleScope: "CRUD" });
    let dependsOn: pulumi.Resource[] = [];
    await Deployment.start();
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }), {
      transformations: [
        ({ type, name, opts }) => {
          if (type === INVOCATION && name === "runners-destroy-check")
            dependsOn = (opts as pulumi.CustomResourceOptions).dependsOn as pulumi.Resource[];
          return undefined;
        },
      ],
    });
    await settled();
    const urns = await Promise.all(
      dependsOn.map(({ urn }) => new Promise<string>((resolve) => urn.apply((value) => resolve(value.split("$").pop()!)))),
    );
    assert.deepEqual(urns, ["aws:autoscaling/group:Group::runners", "aws:lambda/invocation:Invocation::runners-bundle-sweep"]);
  });
});

describe("the sweep of host bundles", () => {
  it("sweeps host bundles only after the group has its new template, so that a failed deployment deletes none", async () => {
    const { inputs } = (await deploy()).named(INVOCATION, "runners-bundle-sweep");
    const { task, bucket, deployed } = JSON.parse(inputs.input);
    assert.deepEqual([task, bucket, inputs.lifecycleScope], ["sweep-bundles", "runners-host-bundle-1a2b3c4", "CRUD"]);
    assert.match(deployed, /^host-bundles\/[0-9a-f]{64}\.tar$/);
    let dependsOn: pulumi.Resource[] = [];
    await Deployment.start();
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool" }), {
      transformations: [
        ({ type, name, opts }) => {
          if (type === INVOCATION && name === "runners-bundle-sweep")
            dependsOn = (opts as pulumi.CustomResourceOptions).dependsOn as pulumi.Resource[];
          return undefined;
        },
      ],
    });
    await settled();
    const urns = await Promise.all(
      dependsOn.map(({ urn }) => new Promise<string>((resolve) => urn.apply((value) => resolve(value.split("$").pop()!)))),
    );
    assert.deepEqual(urns, ["aws:autoscaling/group:Group::runners"]);
  });
});

describe("the alarms", () => {
  it("watch only metrics that are emitted: an alarm on a misspelt name would never fire", async () => {
    const deployment = await deploy();
    const own = deployment.of(ALARM).filter(({ inputs }) => inputs.namespace === METRIC_NAMESPACE);
    assert.deepEqual(
      own.map(({ inputs }) => inputs.metricName).sort(),
      [
        METRIC.forcedStops,
        METRIC.fullDisks,
        METRIC.busyAtTermination,
        METRIC.impostorRunners,
        METRIC.stopFailures,
        METRIC.registrationFailures,
        METRIC.outdatedInstances,
        METRIC.overdueDrains,
        METRIC.retainedInstances,
        METRIC.unregisteredInstances,
        METRIC.expiringRunnerVersions,
        METRIC.malformedEvents,
        METRIC.sweepErrors,
      ].sort(),
    );
    for (const { inputs } of own) assert.deepEqual(inputs.dimensions, { Pool: "pool" });
    const functions = deployment.of(ALARM).filter(({ inputs }) => inputs.namespace === "AWS/Lambda");
    assert.deepEqual(functions.map(({ inputs }) => inputs.dimensions.FunctionName).sort(), [
      "pool-deregister",
      "pool-register",
      "pool-sweep",
    ]);
    const [deadLetters] = deployment.of(ALARM).filter(({ inputs }) => inputs.namespace === "AWS/SQS");
    assert.deepEqual(deadLetters!.inputs.dimensions, { QueueName: "pool-dead-letters" });
  });

  it("need two of three breaching sweeps if a single one may only have found a runner briefly offline", async () => {
    const { inputs } = (await deploy()).named(ALARM, "runners-unregistered-instances");
    assert.deepEqual(
      [inputs.evaluationPeriods, inputs.datapointsToAlarm, inputs.period, inputs.statistic, inputs.threshold],
      [3, 2, 300, "Maximum", 0],
    );
  });

  it("notify the given topic, and do not fire when data is missing", async () => {
    const topic = "arn:aws:sns:us-east-1:123456789012:alarms";
    for (const { name, inputs } of (await deploy({ alarmTopicArn: topic })).of(ALARM)) {
      assert.deepEqual(inputs.alarmActions, [topic], name);
      assert.equal(inputs.treatMissingData, "notBreaching", name);
    }
    for (const { inputs } of (await deploy()).of(ALARM)) assert.equal(inputs.alarmActions, undefined);
  });
});

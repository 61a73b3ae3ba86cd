import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { operationOf, powerState, queryError } from "../../support/aws";
import { messages, metrics } from "../../support/bundle";
import { RUNNERS, TAGS, bundleRuns, listed, members, runner, NO_SHARED_TOKEN } from "../../support/bundle-runs";
import { INSTANCE, NAMES, POOL } from "../../support/events";

describe("sweep function bundle", () => {
  const functions = bundleRuns();

  it("reads group, warm pool, history, secrets and runners, and repairs what is left over", async () => {
    const [terminated, retained, trimmed, unregistered, fresh] = [
      "i-0aaaaaaaaaaaaaaaa",
      "i-0bbbbbbbbbbbbbbbb",
      "i-0cccccccccccccccc",
      "i-0dddddddddddddddd",
      "i-0eeeeeeeeeeeeeeee",
    ];
    const launched = `<member><ActivityId>l</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Launching a new EC2 instance: ${fresh}</Description><StartTime>${new Date(Date.now() - 3600_000).toISOString()}</StartTime><EndTime>${new Date().toISOString()}</EndTime><StatusCode>Successful</StatusCode></member>`;
    const refused = `<member><ActivityId>f</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Launching a new EC2 instance</Description><StartTime>${new Date(Date.now() - 60_000).toISOString()}</StartTime><EndTime>${new Date(Date.now() - 30_000).toISOString()}</EndTime><StatusCode>Failed</StatusCode><StatusMessage>Client.InternalError: Client error on launch</StatusMessage></member>`;
    const activity = (id: string, status: string) =>
      `<member><ActivityId>${id}</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Terminating EC2 instance: ${id}</Description><StartTime>${new Date(Date.now() - 3 * 3600_000).toISOString()}</StartTime><StatusCode>${status}</StatusCode></member>`;
    const result = await functions.run(
      "sweep",
      [{ source: "aws.events" }],
      {
        DescribeAutoScalingGroups: () =>
          `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName>${members("Instances", [
            [retained, "Terminating:Retained"],
            [unregistered, "InService"],
            [fresh, "InService"],
            [INSTANCE, "Terminating:Wait"],
          ])}</member></AutoScalingGroups>`,
        DescribeWarmPool: ({ NextToken }) =>
          NextToken ? members("Instances", [[trimmed, "Warmed:Terminating:Wait"]]) : `${members("Instances", [])}<NextToken>2</NextToken>`,
        DescribeScalingActivities: ({ NextToken }) =>
          NextToken
            ? `<Activities>${launched}${activity(terminated, "Successful")}${activity(retained, "MidLifecycleAction")}</Activities>`
            : `<Activities>${refused}${activity(INSTANCE, "MidLifecycleAction")}</Activities><NextToken>2</NextToken>`,
        DescribeAutoScalingInstances: () =>
          members("AutoScalingInstances", [
            [unregistered, "InService"],
            [fresh, "InService"],
          ]),
        DescribeInstances: () => powerState(trimmed, "stopped"),
        CompleteLifecycleAction: () => "",
        ListSecrets: ({ NextToken }) =>
          NextToken
            ? { SecretList: [{ Name: `${NAMES.secretPrefix}${terminated}`, LastChangedDate: Date.now() / 1000 - 1800 }] }
            : { SecretList: [], NextToken: "2" },
        DeleteSecret: () => ({}),
      },
      ({ method, query }) =>
        method === "DELETE"
          ? { status: 204 }
          : query.has("name")
            ? listed()
            : listed(runner({ name: terminated, id: 9, status: "offline" })),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      metrics(result),
      {
        OutdatedInstances: 0,
        OverdueDrains: 1,
        OrphanSecrets: 1,
        RetainedInstances: 1,
        OrphanRunners: 1,
        UnregisteredInstances: 1,
        BusyRunners: 0,
        OnlineRunners: 0,
      },
      messages(result).join("\n"),
    );
    const body = (operation: string) => new URLSearchParams(functions.aws.seen.find((one) => operationOf(one) === operation)?.body);
    assert.equal(body("CompleteLifecycleAction").get("InstanceId"), trimmed);
    assert.ok(!result.awsCalls.includes("TerminateInstanceInAutoScalingGroup"), "GitHub does not list the retained instance's runner");
    assert.equal(result.parameters("DeleteSecret").SecretId, `${NAMES.secretPrefix}${terminated}`);
    assert.ok(functions.gitHub.calls.includes(`DELETE ${RUNNERS}/9`));
    const launches = result.lines.find(({ message }) => message === "sweep: launches failed; Auto Scaling tries again");
    assert.deepEqual([launches?.reason, launches?.launches], ["Client.InternalError: Client error on launch", 1]);
  });

  it("terminates a retained instance once its runner was silent for 15 minutes, which the process remembers between sweeps", async () => {
    const retained = "i-0bbbbbbbbbbbbbbbb";
    const sweeps = (count: number) =>
      functions.run(
        "sweep",
        Array.from({ length: count }, () => ({ source: "aws.events" })),
        {
          DescribeAutoScalingGroups: () =>
            `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName>${members("Instances", [[retained, "Terminating:Retained"]])}</member></AutoScalingGroups>`,
          DescribeWarmPool: () => members("Instances", []),
          DescribeScalingActivities: () => "<Activities></Activities>",
          ListSecrets: () => ({ SecretList: [] }),
          TerminateInstanceInAutoScalingGroup: () => "<Activity></Activity>",
        },
        ({ path }) =>
          path.endsWith("/9")
            ? { body: runner({ name: retained, id: 9, status: "offline" }) }
            : listed(runner({ name: retained, id: 9, status: "offline" })),
        { MINUTES_BETWEEN_EVENTS: "5" },
      );
    const three = await sweeps(3);
    assert.equal(three.code, 0, three.stderr);
    assert.ok(!three.awsCalls.includes("TerminateInstanceInAutoScalingGroup"));
    await functions.aws.stop();
    await functions.gitHub.stop();
    const four = await sweeps(4);
    assert.equal(four.code, 0, four.stderr);
    const calls = functions.aws.seen.filter((one) => operationOf(one) === "TerminateInstanceInAutoScalingGroup");
    assert.deepEqual(
      calls.map(({ body }) => [
        new URLSearchParams(body).get("InstanceId"),
        new URLSearchParams(body).get("ShouldDecrementDesiredCapacity"),
      ]),
      [[retained, "false"]],
    );
  });

  it("asks EC2 when the group's version was created, and starts a refresh although the last one was cancelled before", async () => {
    const template = (version: number) =>
      `<LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><Version>${version}</Version></LaunchTemplate>`;
    const outdated = `<member><InstanceId>${INSTANCE}</InstanceId><LifecycleState>InService</LifecycleState>${template(6)}</member>`;
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    const version = `<item><launchTemplateId>lt-1</launchTemplateId><versionNumber>7</versionNumber><createTime>${at(3)}</createTime></item>`;
    const result = await functions.run(
      "sweep",
      Array.from({ length: 3 }, () => ({ source: "aws.events" })),
      {
        DescribeAutoScalingGroups: () =>
          `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName>${template(7)}<Instances>${outdated}</Instances></member></AutoScalingGroups>`,
        DescribeWarmPool: () => members("Instances", []),
        DescribeScalingActivities: () => "<Activities></Activities>",
        DescribeInstanceRefreshes: () =>
          `<InstanceRefreshes><member><Status>Cancelled</Status><StartTime>${at(60)}</StartTime><EndTime>${at(2)}</EndTime></member></InstanceRefreshes>`,
        DescribeLaunchTemplateVersions: () => ({
          status: 200,
          headers: { "content-type": "text/xml" },
          body: `<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>${version}</launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>`,
        }),
        StartInstanceRefresh: () => "<InstanceRefreshId>r-1</InstanceRefreshId>",
        ListSecrets: () => ({ SecretList: [] }),
      },
      () => listed(runner()),
      { MINUTES_BETWEEN_EVENTS: "5" },
    );
    assert.equal(result.code, 0, result.stderr);
    const calls = (operation: string) => functions.aws.seen.filter((one) => operationOf(one) === operation);
    const asked = calls("DescribeLaunchTemplateVersions").map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    assert.equal(asked.length, 3);
    assert.deepEqual([asked[0]?.LaunchTemplateId, asked[0]?.["LaunchTemplateVersion.1"]], ["lt-1", "$Latest"]);
    assert.equal(calls("StartInstanceRefresh").length, 1, messages(result).join("\n"));
  });

  it("reads the end of the version that the stack installs, once for many sweeps of one process, and counts it in each", async () => {
    const result = await functions.run(
      "sweep",
      Array.from({ length: 3 }, () => ({ source: "aws.events" })),
      { DescribeAutoScalingGroups: () => "<AutoScalingGroups></AutoScalingGroups>", ListSecrets: () => ({ SecretList: [] }) },
      ({ path }) =>
        path === `${RUNNERS}/deprecations/2.350.0`
          ? { body: { runner_version: "2.350.0", runtime_deprecates_at: new Date(Date.now() + 86_400_000).toISOString() } }
          : listed(),
      { [ENV.runnerVersion]: "2.350.0", MINUTES_BETWEEN_EVENTS: "5" },
    );
    assert.equal(result.code, 0, result.stderr);
    assert.equal(functions.gitHub.calls.filter((call) => call.includes("/deprecations/")).length, 1);
    const emitted = result.lines.filter((line) => METRIC.expiringRunnerVersions in line);
    assert.deepEqual(
      emitted.map((line) => line[METRIC.expiringRunnerVersions]),
      [1, 1, 1],
    );
    assert.ok(messages(result).includes("sweep: GitHub ends a version of the runner within 10 days, or has ended it"));
  });

  it("does nothing and calls neither AWS nor GitHub when the stack creates or updates its invocation", async () => {
    const lifecycle = (action: string) => ({ pool: POOL, tf: { action, prev_input: null } });
    const result = await functions.run("sweep", [lifecycle("create"), lifecycle("update")], {}, () => ({}));
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual([result.awsCalls, functions.gitHub.seen.length], [[], 0]);
    assert.deepEqual(messages(result), ["nothing to do", "nothing to do"]);
  });

  it("removes what a deleted pool left behind, according to the history of its deleted group", async () => {
    const terminated = "i-0aaaaaaaaaaaaaaaa";
    const result = await functions.run(
      "sweep",
      [{ pool: POOL, tf: { action: "delete", prev_input: { pool: POOL } } }],
      {
        DescribeAutoScalingGroups: () => "<AutoScalingGroups></AutoScalingGroups>",
        DescribeScalingActivities: ({ IncludeDeletedGroups, AutoScalingGroupName }) =>
          IncludeDeletedGroups === "true" && AutoScalingGroupName === NAMES.group
            ? `<Activities><member><ActivityId>a</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Terminating EC2 instance: ${terminated}</Description><StartTime>${new Date().toISOString()}</StartTime><StatusCode>InProgress</StatusCode></member></Activities>`
            : queryError("ValidationError", "AutoScalingGroup name not found"),
        DescribeAutoScalingInstances: () => members("AutoScalingInstances", []),
        ListSecrets: () => ({ SecretList: [{ Name: `${NAMES.secretPrefix}${terminated}`, LastChangedDate: Date.now() / 1000 }] }),
        DeleteSecret: () => ({}),
      },
      ({ method }) => (method === "DELETE" ? { status: 204 } : listed(runner({ name: terminated, id: 9 }))),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(metrics(result), { OrphanRunners: 1, OrphanSecrets: 1 }, messages(result).join("\n"));
    assert.equal(result.parameters("DeleteSecret").SecretId, `${NAMES.secretPrefix}${terminated}`);
    assert.ok(functions.gitHub.calls.includes(`DELETE ${RUNNERS}/9`));
  });

  it("treats a group that never existed as one without a history, not as an error", async () => {
    const result = await functions.run(
      "sweep",
      [{ pool: POOL, tf: { action: "delete", prev_input: { pool: POOL } } }],
      {
        DescribeAutoScalingGroups: () => "<AutoScalingGroups></AutoScalingGroups>",
        DescribeScalingActivities: () =>
          queryError("ValidationError", `AutoScalingGroup name not found - AutoScalingGroup '${NAMES.group}' not found`),
        ListSecrets: () => ({ SecretList: [] }),
      },
      () => listed(runner()),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(messages(result), ["final sweep: nothing is left"]);
    assert.ok(functions.gitHub.calls.every((call) => !call.startsWith("DELETE")));
  });

  it("keeps a token for mass launches, and stores it for an instance whose launch event was lost, readable only by its host", async () => {
    const expiry = new Date(Date.now() + 3_600_000).toISOString();
    const launched = `<member><ActivityId>a</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Launching a new EC2 instance: ${INSTANCE}</Description><StartTime>${new Date(Date.now() - 120_000).toISOString()}</StartTime><StatusCode>PreInService</StatusCode></member>`;
    const result = await functions.run(
      "sweep",
      [{ source: "aws.events" }],
      {
        DescribeAutoScalingGroups: () =>
          `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName>${members("Instances", [[INSTANCE, "Pending:Wait"]])}</member></AutoScalingGroups>`,
        DescribeWarmPool: () => members("Instances", []),
        DescribeScalingActivities: () => `<Activities>${launched}</Activities>`,
        ...NO_SHARED_TOKEN,
        ListSecrets: () => ({ SecretList: [] }),
        CreateSecret: () => ({ Name: "x" }),
      },
      ({ method }) => (method === "POST" ? { status: 201, body: { token: "AAAA", expires_at: expiry } } : listed()),
    );
    assert.equal(result.code, 0, result.stderr);
    const [shared, { Name, Tags }] = result.all("CreateSecret");
    assert.deepEqual([shared.Name, shared.Tags.at(-1).Value], [`${NAMES.secretPrefix}shared-token`, "functions"]);
    assert.equal(functions.gitHub.calls.filter((call) => call.startsWith("POST") && call.endsWith("/registration-token")).length, 1);
    assert.equal(Name, `${NAMES.secretPrefix}${INSTANCE}`);
    assert.deepEqual(Tags.at(-1), { Key: "ci-runners:owner", Value: `AROAEXAMPLE:${INSTANCE}` });
    assert.deepEqual(
      Tags.slice(0, 2),
      Object.entries(TAGS).map(([Key, Value]) => ({ Key, Value })),
    );
    assert.doesNotMatch(JSON.stringify(result.lines), /AAAA/);
  });

  it("completes all other parts when single calls are denied", async () => {
    const result = await functions.run(
      "sweep",
      [{}],
      { DescribeAutoScalingGroups: () => queryError("AccessDenied", "not authorized", 403), ListSecrets: () => ({ SecretList: [] }) },
      () => listed(),
    );
    assert.equal(result.code, 0, result.stderr);
    // One for listing the group, one for its failed launches: two values of one metric.
    const counted: Record<string, unknown> = metrics(result);
    assert.deepEqual(counted, { SweepErrors: [1, 1], OrphanSecrets: 0, OrphanRunners: 0 });
  });
});

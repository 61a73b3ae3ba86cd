import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENV } from "../../contract/environment";
import { type FunctionName, functionFile } from "../../build/layout";
import { build } from "../../build/build";
import { type Operations, awsEndpoint, awsError, operationOf, queryError } from "./support/aws";
import { messages, metrics, runBundle } from "./support/bundle";
import { INSTANCE, NAMES, POOL, TOKEN, launchEvent, terminateEvent, terminatedEvent } from "./support/events";
import { LoopbackServer, type Respond } from "./support/server";

const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const RUNNERS = "/orgs/octo-org/actions/runners";
const runner = (fields: object = {}) => ({ id: 7, name: INSTANCE, status: "online", busy: false, labels: [], ...fields });

/** GitHub with an App; `answer` handles what lies behind the log-in. */
const gitHubWith =
  (answer: Respond): Respond =>
  (request) => {
    if (request.path === "/orgs/octo-org/installation") return { body: { id: 34 } };
    if (request.path === "/app/installations/34/access_tokens") {
      return { status: 201, body: { token: "ghs_installation", expires_at: "2099-01-01T00:00:00Z", permissions: {} } };
    }
    const core = { limit: 5_000, remaining: 5_000, reset: Math.ceil(Date.now() / 1000) + 3_600 };
    if (request.path === "/rate_limit") return { body: { resources: { core }, rate: core } };
    return request.headers.authorization === "token ghs_installation" ? answer(request) : { status: 401, body: {} };
  };

const listed = (...runners: object[]) => ({ body: { total_count: runners.length, runners } });
const members = (kind: string, ids: [string, string][]) =>
  `<${kind}>${ids.map(([id, state]) => `<member><InstanceId>${id}</InstanceId><LifecycleState>${state}</LifecycleState></member>`).join("")}</${kind}>`;

/** The very bytes that are deployed, in a process of their own, against AWS's and GitHub's wire protocols. */
describe("function bundles", function () {
  this.timeout(60_000);
  let out: string;
  let aws: LoopbackServer;
  let gitHub: LoopbackServer;

  before(async () => {
    out = mkdtempSync(join(tmpdir(), "ci-runners-bundles-"));
    await build(out);
  });
  after(() => rmSync(out, { recursive: true }));

  afterEach(async () => {
    await aws.stop();
    await gitHub.stop();
  });

  async function run(name: FunctionName, events: unknown[], operations: Operations, respond: Respond, environment = {}) {
    aws = await new LoopbackServer(
      awsEndpoint({ GetSecretValue: ({ SecretId }) => ({ Name: SecretId, SecretString: KEY }), ...operations }),
    ).start();
    gitHub = await new LoopbackServer(gitHubWith(respond)).start();
    const result = await runBundle(
      join(out, functionFile(name)),
      {
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_ENDPOINT_URL: aws.url,
        // As the component sets it: it must not add a dimension to the metrics.
        POWERTOOLS_SERVICE_NAME: name,
        [ENV.pool]: POOL,
        [ENV.githubApiUrl]: gitHub.url,
        [ENV.githubOrganization]: "octo-org",
        [ENV.githubAppId]: "12",
        [ENV.githubPrivateKeySecretArn]: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key",
        [ENV.hostRoleId]: "AROAEXAMPLE",
        [ENV.maxDrainSeconds]: "3600",
        ...environment,
      },
      events,
    );
    const awsCalls = aws.seen.map(operationOf);
    const parameters = (operation: string) => JSON.parse(aws.seen.find((one) => operationOf(one) === operation)?.body ?? "{}");
    return { ...result, awsCalls, parameters };
  }

  it("register: mints a token and stores it for its host; a second event meets warm credentials and replaces it", async () => {
    let created = 0;
    const result = await run(
      "register",
      [launchEvent(), launchEvent()],
      {
        CreateSecret: () => (created++ === 0 ? { Name: "x" } : awsError("ResourceExistsException", "already exists")),
        PutSecretValue: () => ({ Name: "x" }),
      },
      () => ({ status: 201, body: { token: "AAAA", expires_at: "2026-11-22T04:00:00Z" } }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["GetSecretValue", "CreateSecret", "CreateSecret", "PutSecretValue"]);
    const { Name, SecretString, Tags } = result.parameters("CreateSecret");
    assert.equal(Name, `ci-runners/${POOL}/${INSTANCE}`);
    assert.deepEqual(JSON.parse(SecretString), { token: "AAAA", expiresAt: "2026-11-22T04:00:00Z" });
    assert.deepEqual(Tags, [
      { Key: "ci-runners:pool", Value: POOL },
      { Key: "ci-runners:owner", Value: `AROAEXAMPLE:${INSTANCE}` },
    ]);
    assert.equal(gitHub.calls.filter((call) => call.endsWith("/access_tokens")).length, 1);
    const line = result.lines.find(({ message }) => message === "registration token provided");
    assert.equal(line?.instanceId, INSTANCE);
    assert.equal(line?.lifecycleActionToken, TOKEN);
    assert.doesNotMatch(JSON.stringify(result.lines), /AAAA|ghs_installation|PRIVATE KEY/);
  });

  it("register: fails and counts it when GitHub refuses, without a secret half made or a credential in the log", async () => {
    const result = await run("register", [launchEvent()], {}, () => ({
      status: 403,
      body: { message: "Resource not accessible by integration" },
    }));
    assert.notEqual(result.code, 0);
    assert.deepEqual(result.awsCalls, ["GetSecretValue"]);
    assert.deepEqual(metrics(result), { RegistrationFailures: 1 });
    assert.doesNotMatch(JSON.stringify(result.lines) + result.stderr, /ghs_installation|PRIVATE KEY|bearer/);
  });

  it("register: survives a malformed event", async () => {
    const result = await run("register", [launchEvent({ EC2InstanceId: null }), null], {}, () => ({}));
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(metrics(result), { MalformedEvents: 1 });
    assert.deepEqual(result.awsCalls, []);
  });

  it("deregister: sends the pool's own document first, then cordons", async () => {
    let gitHubCallsBeforeStop: number | undefined;
    const result = await run(
      "deregister",
      [terminateEvent()],
      {
        SendCommand: () => {
          gitHubCallsBeforeStop = gitHub.seen.length;
          return { Command: { CommandId: "c" } };
        },
      },
      ({ method }) => (method === "GET" ? listed(runner({ busy: true })) : { body: { labels: [] } }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["SendCommand", "GetSecretValue"]);
    assert.equal(gitHubCallsBeforeStop, 0);
    const { DocumentName, InstanceIds, TimeoutSeconds } = result.parameters("SendCommand");
    assert.deepEqual([DocumentName, InstanceIds, TimeoutSeconds], [NAMES.stopDocument, [INSTANCE], 600]);
    assert.equal(gitHub.calls.at(-1), `DELETE ${RUNNERS}/7/labels`);
  });

  it("deregister: delivers the stop although GitHub hangs", async () => {
    const result = await run("deregister", [terminateEvent()], { SendCommand: () => ({ Command: {} }) }, () => "hang");
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(messages(result), ["stop sent", "cordon failed; the drain does not need it"]);
  });

  it("deregister: sends the stop although no GitHub setting is right", async () => {
    const result = await run("deregister", [terminateEvent()], { SendCommand: () => ({ Command: {} }) }, () => ({}), {
      [ENV.githubOrganization]: "",
    });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["SendCommand"]);
  });

  it("deregister: completes a pool trim that nobody can answer, also when the completion comes second", async () => {
    const completion = queryError("ValidationError", `No active Lifecycle Action found with token ${TOKEN}`);
    const result = await run(
      "deregister",
      [terminateEvent()],
      {
        SendCommand: () => awsError("InvalidInstanceId", `Instances [[${INSTANCE}]] not in a valid state for account 123456789012`),
        DescribeAutoScalingInstances: () => members("AutoScalingInstances", [[INSTANCE, "Warmed:Terminating:Wait"]]),
        CompleteLifecycleAction: () => completion,
      },
      () => ({}),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["SendCommand", "DescribeAutoScalingInstances", "CompleteLifecycleAction"]);
    assert.deepEqual(metrics(result), { StopFailures: 1 });
    assert.equal(gitHub.seen.length, 0);
  });

  it("deregister: throws when Systems Manager refuses, after the SDK's own tries and the cordon", async () => {
    const result = await run(
      "deregister",
      [terminateEvent()],
      { SendCommand: () => awsError("ThrottlingException", "Rate exceeded") },
      () => listed(),
    );
    assert.notEqual(result.code, 0);
    assert.equal(result.awsCalls.filter((call) => call === "SendCommand").length, 3);
    assert.ok(gitHub.calls.includes(`GET ${RUNNERS}`));
  });

  it("deregister: removes the runner and the secret of an instance that is gone", async () => {
    const result = await run(
      "deregister",
      [terminatedEvent()],
      {
        DeleteSecret: () => awsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        DescribeAutoScalingInstances: () => members("AutoScalingInstances", []),
      },
      ({ method }) => (method === "GET" ? listed(runner({ status: "offline" })) : { status: 204 }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.equal(gitHub.calls.at(-1), `DELETE ${RUNNERS}/7`);
    assert.equal(result.parameters("DeleteSecret").ForceDeleteWithoutRecovery, true);
  });

  it("sweep: reads group, pool, history, secrets and runners, and puts right what is left over", async () => {
    const [dead, retained, trimmed, deaf, fresh] = [
      "i-0aaaaaaaaaaaaaaaa",
      "i-0bbbbbbbbbbbbbbbb",
      "i-0cccccccccccccccc",
      "i-0dddddddddddddddd",
      "i-0eeeeeeeeeeeeeeee",
    ];
    const launched = `<member><ActivityId>l</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Launching a new EC2 instance: ${fresh}</Description><StartTime>${new Date(Date.now() - 3600_000).toISOString()}</StartTime><EndTime>${new Date().toISOString()}</EndTime><StatusCode>Successful</StatusCode></member>`;
    const activity = (id: string, status: string) =>
      `<member><ActivityId>${id}</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Terminating EC2 instance: ${id}</Description><StartTime>${new Date(Date.now() - 3 * 3600_000).toISOString()}</StartTime><StatusCode>${status}</StatusCode></member>`;
    const result = await run(
      "sweep",
      [{ source: "aws.events" }],
      {
        DescribeAutoScalingGroups: () =>
          `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName>${members("Instances", [
            [retained, "Terminating:Retained"],
            [deaf, "InService"],
            [fresh, "InService"],
            [INSTANCE, "Terminating:Wait"],
          ])}</member></AutoScalingGroups>`,
        DescribeWarmPool: ({ NextToken }) =>
          NextToken ? members("Instances", [[trimmed, "Warmed:Terminating:Wait"]]) : `${members("Instances", [])}<NextToken>2</NextToken>`,
        DescribeScalingActivities: ({ NextToken }) =>
          NextToken
            ? `<Activities>${launched}${activity(dead, "Successful")}${activity(retained, "MidLifecycleAction")}</Activities>`
            : `<Activities>${activity(INSTANCE, "MidLifecycleAction")}</Activities><NextToken>2</NextToken>`,
        DescribeAutoScalingInstances: () =>
          members("AutoScalingInstances", [
            [deaf, "InService"],
            [fresh, "InService"],
          ]),
        CompleteLifecycleAction: () => "",
        TerminateInstanceInAutoScalingGroup: () => "<Activity></Activity>",
        ListSecrets: ({ NextToken }) =>
          NextToken
            ? { SecretList: [{ Name: `${NAMES.secretPrefix}${dead}`, LastChangedDate: Date.now() / 1000 - 1800 }] }
            : { SecretList: [], NextToken: "2" },
        DeleteSecret: () => ({}),
      },
      ({ method, query }) =>
        method === "DELETE" ? { status: 204 } : query.has("name") ? listed() : listed(runner({ name: dead, id: 9, status: "offline" })),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      metrics(result),
      { OverdueDrains: 1, OrphanSecrets: 1, RetainedInstances: 1, OrphanRunners: 1, UnregisteredInstances: 1 },
      messages(result).join("\n"),
    );
    const body = (operation: string) => new URLSearchParams(aws.seen.find((one) => operationOf(one) === operation)?.body);
    assert.equal(body("CompleteLifecycleAction").get("InstanceId"), trimmed);
    assert.equal(body("TerminateInstanceInAutoScalingGroup").get("InstanceId"), retained);
    assert.equal(body("TerminateInstanceInAutoScalingGroup").get("ShouldDecrementDesiredCapacity"), "false");
    assert.equal(result.parameters("DeleteSecret").SecretId, `${NAMES.secretPrefix}${dead}`);
    assert.ok(gitHub.calls.includes(`DELETE ${RUNNERS}/9`));
  });

  it("sweep: does nothing and asks nobody when the stack creates or changes its invocation", async () => {
    const lifecycle = (action: string) => ({ pool: POOL, tf: { action, prev_input: null } });
    const result = await run("sweep", [lifecycle("create"), lifecycle("update")], {}, () => ({}));
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual([result.awsCalls, gitHub.seen.length], [[], 0]);
    assert.deepEqual(messages(result), ["nothing to do", "nothing to do"]);
  });

  it("sweep: removes what the deleted pool has left, by the history of a group that is not there any more", async () => {
    const dead = "i-0aaaaaaaaaaaaaaaa";
    const result = await run(
      "sweep",
      [{ pool: POOL, tf: { action: "delete", prev_input: { pool: POOL } } }],
      {
        DescribeAutoScalingGroups: () => "<AutoScalingGroups></AutoScalingGroups>",
        DescribeScalingActivities: ({ IncludeDeletedGroups, AutoScalingGroupName }) =>
          IncludeDeletedGroups === "true" && AutoScalingGroupName === NAMES.group
            ? `<Activities><member><ActivityId>a</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Terminating EC2 instance: ${dead}</Description><StartTime>${new Date().toISOString()}</StartTime><StatusCode>InProgress</StatusCode></member></Activities>`
            : queryError("ValidationError", "AutoScalingGroup name not found"),
        DescribeAutoScalingInstances: () => members("AutoScalingInstances", []),
        ListSecrets: () => ({ SecretList: [{ Name: `${NAMES.secretPrefix}${dead}`, LastChangedDate: Date.now() / 1000 }] }),
        DeleteSecret: () => ({}),
      },
      ({ method }) => (method === "DELETE" ? { status: 204 } : listed(runner({ name: dead, id: 9 }))),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(metrics(result), { OrphanRunners: 1, OrphanSecrets: 1 }, messages(result).join("\n"));
    assert.equal(result.parameters("DeleteSecret").SecretId, `${NAMES.secretPrefix}${dead}`);
    assert.ok(gitHub.calls.includes(`DELETE ${RUNNERS}/9`));
  });

  it("sweep: takes a group that never was for one without a history, not for an error", async () => {
    const result = await run(
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
    assert.ok(gitHub.calls.every((call) => !call.startsWith("DELETE")));
  });

  it("sweep: mints the token of an instance whose launch event got lost, for its own host", async () => {
    const launched = `<member><ActivityId>a</ActivityId><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName><Cause>c</Cause><Description>Launching a new EC2 instance: ${INSTANCE}</Description><StartTime>${new Date(Date.now() - 120_000).toISOString()}</StartTime><StatusCode>PreInService</StatusCode></member>`;
    const result = await run(
      "sweep",
      [{ source: "aws.events" }],
      {
        DescribeAutoScalingGroups: () =>
          `<AutoScalingGroups><member><AutoScalingGroupName>${NAMES.group}</AutoScalingGroupName>${members("Instances", [[INSTANCE, "Pending:Wait"]])}</member></AutoScalingGroups>`,
        DescribeWarmPool: () => members("Instances", []),
        DescribeScalingActivities: () => `<Activities>${launched}</Activities>`,
        ListSecrets: () => ({ SecretList: [] }),
        CreateSecret: () => ({ Name: "x" }),
      },
      ({ method }) => (method === "POST" ? { status: 201, body: { token: "AAAA", expires_at: "2026-11-22T04:00:00Z" } } : listed()),
    );
    assert.equal(result.code, 0, result.stderr);
    const { Name, Tags } = result.parameters("CreateSecret");
    assert.equal(Name, `${NAMES.secretPrefix}${INSTANCE}`);
    assert.deepEqual(Tags[1], { Key: "ci-runners:owner", Value: `AROAEXAMPLE:${INSTANCE}` });
    assert.doesNotMatch(JSON.stringify(result.lines), /AAAA/);
  });

  it("sweep: goes through with everything else when single calls are refused", async () => {
    const result = await run(
      "sweep",
      [{}],
      { DescribeAutoScalingGroups: () => queryError("AccessDenied", "not authorized", 403), ListSecrets: () => ({ SecretList: [] }) },
      () => listed(),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(metrics(result), { SweepErrors: 1, OrphanSecrets: 0, OrphanRunners: 0 });
  });

  it("every function says which variable is missing instead of failing in the dark", async () => {
    aws = await new LoopbackServer(() => ({})).start();
    gitHub = await new LoopbackServer(() => ({})).start();
    for (const name of ["register", "deregister", "sweep"] as const) {
      const { code, stderr } = await runBundle(join(out, functionFile(name)), { AWS_REGION: "eu-central-1" }, []);
      assert.notEqual(code, 0);
      assert.match(stderr, /environment variable POOL_NAME is not set/);
    }
  });
});

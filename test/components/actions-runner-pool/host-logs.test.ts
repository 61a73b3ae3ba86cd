import assert from "node:assert/strict";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { hostConfig } from "../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import type { PolicyDocument } from "../../../components/shared/policy";
import { ENV } from "../../../contract/actions-runner-pool/environment";
import { Deployment } from "../mocks";
import { PROGRAM, poolArgs } from "./pool-args";

const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const OTHER = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000002";
const LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const GROUP = "/ci-runners/pool";

async function deploy(changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}
const policy = (deployment: Deployment, role: string): PolicyDocument =>
  JSON.parse(deployment.named("aws:iam/rolePolicy:RolePolicy", `runners-${role}`).inputs.policy);
const variables = (deployment: Deployment, key: string) =>
  deployment.named("aws:lambda/function:Function", `runners-${key}`).inputs.environment.variables;
const hosts = (deployment: Deployment) => deployment.named(LOG_GROUP, "runners-hosts").inputs;

describe("a pool that delivers the logs of its hosts", () => {
  it("has a log group of its own, with its retention and key, or else those of the pool", async () => {
    const plain = hosts(await deploy({ hostLogs: {}, logRetentionDays: 14 }));
    assert.deepEqual([plain.name, plain.retentionInDays, plain.kmsKeyId], [GROUP, 14, undefined]);
    assert.equal(hosts(await deploy({ hostLogs: {}, kmsKeyArn: KEY })).kmsKeyId, KEY);
    const own = hosts(await deploy({ hostLogs: { retentionDays: 3, kmsKeyArn: OTHER }, kmsKeyArn: KEY }));
    assert.deepEqual([own.retentionInDays, own.kmsKeyId], [3, OTHER]);
  });

  it("gives no one a permission, an alarm or a line in the configuration without it", async () => {
    const deployment = await deploy();
    assert.deepEqual(
      deployment.of(LOG_GROUP).filter(({ name }) => name === "runners-hosts"),
      [],
    );
    for (const role of ["host", "register", "deregister", "sweep"])
      assert.ok(!JSON.stringify(policy(deployment, role)).includes(GROUP), role);
    for (const key of ["register", "deregister", "sweep"]) assert.ok(!(ENV.hostLogGroup in variables(deployment, key)), key);
    assert.deepEqual(
      deployment.of(ALARM).filter(({ name }) => name.endsWith("host-logs")),
      [],
    );
    const settings = resolveSettings("runners", poolArgs({ poolName: "pool" }), PROGRAM);
    assert.ok(!("logs" in hostConfig(settings, "us-east-1", "x64")));
  });

  it("lets a host write the streams of its group, and read none", async () => {
    const statements = policy(await deploy({ hostLogs: {} }), "host").Statement.filter(({ Action }) =>
      Action.some((one) => one.startsWith("logs:")),
    );
    assert.deepEqual(statements, [
      {
        Sid: "WriteHostLog",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [`arn:aws:logs:us-east-1:123456789012:log-group:${GROUP}:*`],
      },
    ]);
  });

  it("lets the functions that see an instance end read consoles also of one that has lost its tags, and the register function nothing", async () => {
    const deployment = await deploy({ hostLogs: {} });
    for (const role of ["deregister", "sweep"]) {
      const consoles = policy(deployment, role).Statement.find(({ Sid }) => Sid === "ReadConsoles");
      assert.deepEqual(
        [consoles!.Action, consoles!.Resource, consoles!.Condition],
        [["ec2:GetConsoleOutput"], ["arn:aws:ec2:us-east-1:123456789012:instance/*"], undefined],
        role,
      );
      assert.equal(variables(deployment, role)[ENV.hostLogGroup], GROUP);
    }
    assert.ok(!JSON.stringify(policy(deployment, "register")).includes("/ci-runners/pool:*"));
    assert.ok(!(ENV.hostLogGroup in variables(deployment, "register")));
  });

  it("says in the alarms of lost jobs where run and job are, and alarms if nothing arrives", async () => {
    const deployment = await deploy({ hostLogs: {} });
    const described = (suffix: string) => String(deployment.named(ALARM, `runners-${suffix}`).inputs.alarmDescription);
    for (const suffix of ["forced-stops", "lost-jobs"])
      assert.match(described(suffix), /; \/ci-runners\/pool has the instance's log, with run and job$/);
    assert.match(described("host-logs"), /\/ci-runners\/pool/);
    assert.doesNotMatch(String((await deploy()).named(ALARM, "runners-lost-jobs").inputs.alarmDescription), /ci-runners\/pool/);
  });

  it("has them read the group that the component makes, also with diagnostics turned off", () => {
    const configured = (hostLogs: ActionsRunnerPoolArgs["hostLogs"]) =>
      hostConfig(resolveSettings("runners", poolArgs({ poolName: "pool", hostLogs }), PROGRAM), "us-east-1", "x64").logs;
    assert.deepEqual(configured({}), { group: GROUP, diagnostics: true });
    assert.deepEqual(configured({ diagnostics: false }), { group: GROUP, diagnostics: false });
  });
});

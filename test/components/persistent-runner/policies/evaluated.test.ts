import assert from "node:assert/strict";
import { PersistentRunner, type PersistentRunnerArgs } from "../../../../components";
import { LEASE_KEY } from "../../../../contract/persistent-runner/lease";
import { METRIC_NAMESPACE } from "../../../../contract/shared/metrics";
import type { Principal } from "../../../../rehearsal/aws/api";
import { Iam } from "../../../../rehearsal/aws/iam/iam";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { Deployment } from "../../mocks";
import { machineArgs, PROVIDER_ARN } from "../machine-args";

const EC2 = "arn:aws:ec2:us-east-1:123456789012:instance";
const OWN = `${EC2}/machine-id`;
const ORDER = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ci-runners-order/e2e-AbCdEf";
const TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/e2e-lease";
const CONTROL = "arn:aws:lambda:us-east-1:123456789012:function:e2e-control";
const ISSUER = { arn: PROVIDER_ARN, host: "token.actions.githubusercontent.com" };
const SUBJECT = "repo:example-org/app:ref:refs/heads/main";

/** The deployed roles, by the suffix of their resource, and the evaluator that the rehearsal asks about every call. */
async function evaluator(changes: Partial<PersistentRunnerArgs> = {}) {
  const deployment = await Deployment.start();
  new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e", ...changes }));
  await deployment.settled();
  const store = new MemoryStore();
  for (const { name, inputs } of deployment.of("aws:iam/role:Role")) {
    const arn = `arn:aws:iam::123456789012:role/${name}`;
    store.put({ type: "aws:iam/role:Role", id: name, state: { ...inputs, name, arn, uniqueId: `AROA${name}` } });
  }
  for (const { name, inputs } of deployment.of("aws:iam/rolePolicy:RolePolicy")) {
    store.put({ type: "aws:iam/rolePolicy:RolePolicy", id: name, state: { ...inputs, name, role: name } });
  }
  const iam = new Iam(store, { region: "us-east-1", accountId: "123456789012" });
  const can = (principal: Principal, action: string, resource: string, context: Record<string, string> = {}) =>
    iam.authorise(principal, action, { resource, context }).allowed;
  return { iam, can };
}

const WORKFLOW: Principal = { kind: "session", roleName: "machine-workflow", sessionName: "e2e-4711" };
const HOST: Principal = { kind: "instance", roleName: "machine-host", instanceId: "machine-id" };
const functionOf = (key: string): Principal => ({ kind: "function", roleName: `machine-${key}`, functionName: `e2e-${key}` });

describe("the roles of a persistent runner, as IAM evaluates them", () => {
  it("are assumed by a workflow of exactly the given subject, and by no other of the same repository", async () => {
    const { iam } = await evaluator();
    const trusted = (sub: string, aud = "sts.amazonaws.com") => iam.trustsToken("machine-workflow", ISSUER, { sub, aud });
    assert.equal(trusted(SUBJECT), true);
    for (const other of [
      "repo:example-org/app:ref:refs/heads/main2",
      "repo:example-org/app:ref:refs/heads/Main",
      "repo:example-org/app:ref:refs/heads/*",
      "repo:example-org/app:pull_request",
      "repo:example-org/app:environment:e2e",
      "repo:example-org/app2:ref:refs/heads/main",
    ]) {
      assert.equal(trusted(other), false, other);
    }
    assert.equal(trusted(SUBJECT, "ci-runners:e2e"), false, "the token for the control function opens the role");
    const elsewhere = { arn: PROVIDER_ARN.replace("token.actions", "token.other"), host: ISSUER.host };
    assert.equal(iam.trustsToken("machine-workflow", elsewhere, { sub: SUBJECT, aud: "sts.amazonaws.com" }), false);
  });

  it("let a workflow ask for the machine, and neither start nor stop nor terminate any", async () => {
    const { can } = await evaluator();
    assert.equal(can(WORKFLOW, "lambda:InvokeFunction", CONTROL), true);
    assert.equal(can(WORKFLOW, "lambda:InvokeFunction", CONTROL.replace("control", "reap")), false);
    for (const action of ["ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances", "ec2:ModifyInstanceAttribute"]) {
      assert.equal(can(WORKFLOW, action, OWN), false, action);
    }
  });

  it("let a workflow with control direct start and stop this machine, and no other one", async () => {
    const { can } = await evaluator({ control: "direct" });
    for (const action of ["ec2:StartInstances", "ec2:StopInstances"]) {
      assert.equal(can(WORKFLOW, action, OWN), true, action);
      assert.equal(can(WORKFLOW, action, `${EC2}/i-0123456789abcdef0`), false, action);
    }
    for (const action of ["ec2:TerminateInstances", "ec2:RunInstances", "ec2:ModifyInstanceAttribute", "lambda:InvokeFunction"]) {
      assert.equal(can(WORKFLOW, action, OWN), false, action);
    }
    assert.equal(can(WORKFLOW, "secretsmanager:GetSecretValue", ORDER), false, "a workflow reads another run's order");
  });

  it("let the functions touch this machine alone, and terminate none", async () => {
    const { can } = await evaluator();
    for (const key of ["control", "reap"]) {
      assert.equal(can(functionOf(key), "ec2:StopInstances", OWN), true);
      assert.equal(can(functionOf(key), "ec2:StopInstances", `${EC2}/i-0123456789abcdef0`), false);
      assert.equal(can(functionOf(key), "ec2:TerminateInstances", OWN), false);
    }
    assert.equal(can(functionOf("reap"), "ec2:StartInstances", OWN), false);
  });

  it("let EC2 attach a volume under the account's own default key: the first boot needs no right of theirs, each later start does", async () => {
    const key = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000009";
    const byEc2 = { "kms:ViaService": "ec2.us-east-1.amazonaws.com", "kms:GrantIsForAWSResource": "true" };
    for (const [principal, changes] of [
      [functionOf("control"), {}],
      [functionOf("control"), { kmsKeyArn: key }],
      [functionOf("control"), { cacheVolume: { size: 100, kmsKeyArn: key } }],
      [WORKFLOW, { control: "direct" }],
    ] as [Principal, Partial<PersistentRunnerArgs>][]) {
      const { can } = await evaluator(changes);
      assert.equal(can(principal, "kms:CreateGrant", key, byEc2), true, JSON.stringify(changes));
      assert.equal(can(principal, "kms:CreateGrant", key, { ...byEc2, "kms:GrantIsForAWSResource": "false" }), false);
      assert.equal(can(principal, "kms:CreateGrant", key, { ...byEc2, "kms:ViaService": "s3.us-east-1.amazonaws.com" }), false);
      assert.equal(can(principal, "kms:Decrypt", key, { "kms:ViaService": "ec2.us-east-1.amazonaws.com" }), false);
    }
    const { can } = await evaluator({ kmsKeyArn: key.replace(/9$/, "8"), cacheVolume: { size: 100 } });
    assert.equal(can(functionOf("control"), "kms:CreateGrant", key, byEc2), false, "given keys are all that the volumes have");
  });

  it("let the machine write what it reports into its own lease, and neither a holder nor another machine's", async () => {
    const { can } = await evaluator();
    const update = (attributes: string, key = "runner#e2e") =>
      can(HOST, "dynamodb:UpdateItem", TABLE, { "dynamodb:LeadingKeys": key, "dynamodb:Attributes": attributes });
    assert.equal(update([LEASE_KEY, "phase", "generation", "bootId", "changedAt"].join()), true);
    assert.equal(update([LEASE_KEY, "phase", "holder"].join()), false);
    assert.equal(update([LEASE_KEY, "expires"].join()), false);
    assert.equal(update([LEASE_KEY, "phase"].join(), "runner#other"), false);
    for (const action of ["dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:PutItem"]) {
      assert.equal(can(HOST, action, TABLE, { "dynamodb:LeadingKeys": "runner#e2e" }), false, action);
    }
  });

  it("let the machine count its own events, and none of another namespace, which another system's alarms watch", async () => {
    const { can } = await evaluator();
    const count = (namespace: string) => can(HOST, "cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": namespace });
    assert.deepEqual([count(METRIC_NAMESPACE), count("AWS/Billing")], [true, false]);
  });

  it("let the machine open the order that is tagged with it, and no other machine's", async () => {
    const { can } = await evaluator();
    const open = (owner: string) => can(HOST, "secretsmanager:GetSecretValue", ORDER, { "aws:ResourceTag/ci-runners:owner": owner });
    assert.equal(open("AROAmachine-host:machine-id"), true);
    assert.equal(open("AROAmachine-host:i-0123456789abcdef0"), false);
    assert.equal(can(HOST, "secretsmanager:PutSecretValue", ORDER), false);
    assert.equal(can(HOST, "ec2:StopInstances", OWN), false, "the machine switches itself off by its own power");
  });
});

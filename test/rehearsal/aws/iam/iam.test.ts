import assert from "node:assert/strict";
import type { Principal } from "../../../../rehearsal/aws/api";
import { Iam } from "../../../../rehearsal/aws/iam/iam";
import { parsePolicy, UnsupportedPolicyError } from "../../../../rehearsal/aws/iam/policy";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { deployRole, document, ACCOUNT } from "../harness";

const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci-runners/p/i-1-AbCdEf";
const HOST: Principal = { kind: "instance", instanceId: "i-1", roleName: "host" };

function withPolicy(...statements: object[]): { iam: Iam; store: MemoryStore } {
  const store = new MemoryStore();
  deployRole(store, "host", statements, "ec2.amazonaws.com");
  return { iam: new Iam(store, ACCOUNT), store };
}

function allowed(iam: Iam, action: string, resource: string, context: Record<string, string> = {}, principal = HOST): boolean {
  return iam.authorise(principal, action, { resource, context }).allowed;
}

describe("the IAM evaluator", () => {
  it("must deny what no statement grants, with AWS's message", () => {
    const { iam } = withPolicy({ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" });
    const decision = iam.authorise(HOST, "ssm:SendCommand", { resource: "arn:x", context: {} });
    assert.ok(!decision.allowed);
    assert.equal(
      decision.message,
      "User: arn:aws:sts::123456789012:assumed-role/host/i-1 is not authorized to perform: ssm:SendCommand on resource: arn:x because no identity-based policy allows the ssm:SendCommand action",
    );
  });

  it("must let an explicit deny override any allow", () => {
    const { iam } = withPolicy(
      { Effect: "Allow", Action: "s3:*", Resource: "*" },
      { Effect: "Deny", Action: "s3:Get*", Resource: "arn:aws:s3:::bucket/secret/*" },
    );
    assert.ok(allowed(iam, "s3:GetObject", "arn:aws:s3:::bucket/open/x"));
    assert.ok(!allowed(iam, "s3:GetObject", "arn:aws:s3:::bucket/secret/x"));
  });

  it("must match actions case-insensitively, resources case-sensitively, and wildcards across slashes and colons", () => {
    const { iam } = withPolicy({
      Effect: "Allow",
      Action: "AutoScaling:complete*",
      Resource: "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/p?ol",
    });
    const arn = (name: string) => `arn:aws:autoscaling:eu-central-1:1:autoScalingGroup:uuid:autoScalingGroupName/${name}`;
    assert.ok(allowed(iam, "autoscaling:CompleteLifecycleAction", arn("pool")));
    assert.ok(!allowed(iam, "autoscaling:CompleteLifecycleAction", arn("Pool")));
    assert.ok(!allowed(iam, "autoscaling:CompleteLifecycleAction", arn("pool-2")));
  });

  it("must allow only its own instance to read a registration secret", () => {
    const { iam } = withPolicy({
      Effect: "Allow",
      Action: ["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"],
      Resource: "arn:aws:secretsmanager:*:*:secret:ci-runners/p/*",
      Condition: { StringEquals: { "aws:ResourceTag/ci-runners:owner": "${aws:userid}" } },
    });
    const tag = "aws:ResourceTag/ci-runners:owner";
    assert.ok(allowed(iam, "secretsmanager:GetSecretValue", SECRET, { [tag]: "AROAHOST:i-1" }));
    assert.ok(!allowed(iam, "secretsmanager:GetSecretValue", SECRET, { [tag]: "AROAHOST:i-2" }));
    assert.ok(!allowed(iam, "secretsmanager:GetSecretValue", SECRET), "no instance owns a secret without the tag");
    assert.ok(
      !allowed(iam, "secretsmanager:GetSecretValue", SECRET, { "aws:ResourceTag/CI-runners:owner": "AROAHOST:i-1" }),
      "tag keys are case-sensitive",
    );
  });

  it("must not treat a variable's value as a wildcard", () => {
    const { iam, store } = withPolicy({ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/${aws:PrincipalTag/area}/*" });
    const role = store.get("aws:iam/role:Role", "host")!;
    store.put({ ...role, state: { ...role.state, tagsAll: { area: "*" } } });
    assert.ok(!allowed(iam, "s3:GetObject", "arn:aws:s3:::b/other/x"));
    assert.ok(allowed(iam, "s3:GetObject", "arn:aws:s3:::b/*/x"));
  });

  it("must deny if a variable has no value", () => {
    const { iam } = withPolicy({ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/${aws:PrincipalTag/none}*" });
    assert.ok(!allowed(iam, "s3:GetObject", "arn:aws:s3:::b/x"));
  });

  it("must distinguish a denial because the resource does not exist from a defect of the policy", () => {
    const { iam } = withPolicy({
      Effect: "Allow",
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
      Condition: { StringEquals: { "aws:ResourceTag/ci-runners:owner": "${aws:userid}" } },
    });
    const missing = iam.authorise(HOST, "secretsmanager:GetSecretValue", { resource: SECRET, context: {}, missing: true });
    assert.ok(!missing.allowed && missing.resourceMissing);
    const foreign = iam.authorise(HOST, "secretsmanager:PutSecretValue", { resource: SECRET, context: {}, missing: true });
    assert.ok(!foreign.allowed && !foreign.resourceMissing);
  });

  const conditions: [name: string, condition: object, context: Record<string, string>, holds: boolean][] = [
    ["StringLike", { StringLike: { "secretsmanager:Name": "ci-runners/*" } }, { "secretsmanager:Name": "ci-runners/p" }, true],
    ["StringLike, absent key", { StringLike: { "secretsmanager:Name": "*" } }, {}, false],
    ["IfExists, absent key", { StringEqualsIfExists: { "secretsmanager:Name": "x" } }, {}, true],
    ["StringNotEquals, absent key", { StringNotEquals: { "secretsmanager:Name": "x" } }, {}, true],
    ["StringNotEquals, equal", { StringNotEquals: { "secretsmanager:Name": "x" } }, { "secretsmanager:Name": "x" }, false],
    [
      "Bool",
      { Bool: { "secretsmanager:ForceDeleteWithoutRecovery": true } },
      { "secretsmanager:ForceDeleteWithoutRecovery": "true" },
      true,
    ],
    ["Null, present", { Null: { "aws:RequestTag/a": "false" } }, { "aws:RequestTag/a": "1" }, true],
    ["Null, absent", { Null: { "aws:RequestTag/a": "false" } }, {}, false],
    ["ForAllValues, subset", { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, { "aws:TagKeys": "a" }, true],
    ["ForAllValues, an unlisted value", { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, { "aws:TagKeys": "a,c" }, false],
    ["ArnLike", { ArnLike: { "ec2:SourceInstanceARN": "arn:aws:ec2:*:*:instance/i-1" } }, {}, true],
    ["two keys, one false", { StringEquals: { "aws:RequestTag/a": "1", "aws:RequestTag/b": "2" } }, { "aws:RequestTag/a": "1" }, false],
  ];
  for (const [name, condition, context, holds] of conditions) {
    it(`must evaluate a condition correctly: ${name}`, () => {
      const { iam } = withPolicy({ Effect: "Allow", Action: "secretsmanager:CreateSecret", Resource: "*", Condition: condition });
      assert.equal(allowed(iam, "secretsmanager:CreateSecret", SECRET, context), holds);
    });
  }

  const unsupported: [what: string, statement: object][] = [
    ["an unknown operator", { Effect: "Allow", Action: "s3:*", Resource: "*", Condition: { IpAddress: { "aws:SourceArn": "x" } } }],
    ["an unknown condition key", { Effect: "Allow", Action: "s3:*", Resource: "*", Condition: { StringEquals: { "aws:Unheard": "x" } } }],
    ["NotAction", { Effect: "Allow", NotAction: "s3:*", Resource: "*" }],
    ["NotResource", { Effect: "Deny", Action: "s3:*", NotResource: "*" }],
    ["a missing Resource", { Effect: "Allow", Action: "s3:*" }],
    ["an invalid effect", { Effect: "allow", Action: "s3:*", Resource: "*" }],
  ];
  for (const [what, statement] of unsupported) {
    it(`must reject what it does not support rather than skip it: ${what}`, () => {
      assert.throws(() => parsePolicy(document([statement]), "policy", "identity"), UnsupportedPolicyError);
    });
  }

  it("must reject an unknown policy variable and an AWS managed policy of which it has no copy", () => {
    const { iam } = withPolicy({ Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::${aws:FederatedProvider}" });
    assert.throws(() => allowed(iam, "s3:GetObject", "arn:aws:s3:::x"), /unknown policy variable/);
    const other = withPolicy({ Effect: "Allow", Action: "s3:*", Resource: "*" });
    const state = { role: "host", policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" };
    other.store.put({ type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment", id: "x", state });
    assert.throws(
      () => allowed(other.iam, "s3:GetObject", "x"),
      /AdministratorAccess: the rehearsal has no copy of this AWS managed policy/,
    );
  });

  it("must keep a role within its permissions boundary", () => {
    const { iam, store } = withPolicy({ Effect: "Allow", Action: "*", Resource: "*" });
    const arn = "arn:aws:iam::123456789012:policy/limit";
    store.put({
      type: "aws:iam/policy:Policy",
      id: arn,
      state: { arn, policy: document([{ Effect: "Allow", Action: "s3:*", Resource: "*" }]) },
    });
    const role = store.get("aws:iam/role:Role", "host")!;
    store.put({ ...role, state: { ...role.state, permissionsBoundary: arn } });
    assert.ok(allowed(iam, "s3:GetObject", "x"));
    const decision = iam.authorise(HOST, "ssm:GetParameter", { resource: "x", context: {} });
    assert.match(decision.allowed ? "" : decision.message, /no permissions boundary allows/);
  });

  it("must apply a policy that an update of the stack changed", () => {
    const { iam, store } = withPolicy({ Effect: "Allow", Action: "s3:GetObject", Resource: "*" });
    assert.ok(allowed(iam, "s3:GetObject", "x"));
    deployRole(store, "host", [{ Effect: "Allow", Action: "s3:ListBucket", Resource: "*" }]);
    assert.ok(!allowed(iam, "s3:GetObject", "x"));
  });

  it("must report grants that no call used", () => {
    const { iam } = withPolicy({ Sid: "Bundle", Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: "*" });
    allowed(iam, "s3:GetObject", "x");
    assert.deepEqual(iam.unusedGrants(), [{ role: "host", policy: "main", statement: "Bundle", action: "s3:PutObject" }]);
  });

  it("must trust a token by the claims of its own provider, of whichever GitHub server it is, and by no others", () => {
    const hosts = [
      "token.actions.githubusercontent.com",
      "token.actions.githubusercontent.com/octocat-inc",
      "token.actions.octocorp.ghe.com",
      "github.example.com/_services/token",
    ];
    for (const host of hosts) {
      const arn = `arn:aws:iam::123456789012:oidc-provider/${host}`;
      const { iam, store } = withPolicy({ Effect: "Allow", Action: "s3:*", Resource: "*" });
      const role = store.get("aws:iam/role:Role", "host")!;
      const trust = (key: string) => {
        const Condition = { StringEquals: { [`${host}:${key}`]: "one" } };
        const statement = { Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity", Principal: { Federated: arn }, Condition };
        store.put({ ...role, state: { ...role.state, assumeRolePolicy: document([statement]) } });
      };
      trust("sub");
      assert.ok(iam.trustsToken("host", { arn, host }, { sub: "one" }));
      assert.ok(!iam.trustsToken("host", { arn, host }, { sub: "two" }));
      assert.ok(!iam.trustsToken("host", { arn: `${arn}-2`, host }, { sub: "one" }), "another provider's token");
      assert.ok(!iam.trustsToken("host", { arn, host: "stranger.example" }, { sub: "one" }));
      trust("job");
      assert.throws(() => iam.trustsToken("host", { arn, host }, { job: "one" }), UnsupportedPolicyError);
    }
  });

  it("must allow nothing to a caller without credentials", () => {
    const { iam } = withPolicy({ Effect: "Allow", Action: "*", Resource: "*" });
    assert.ok(!iam.authorise({ kind: "anonymous" }, "s3:GetObject", { resource: "x", context: {} }).allowed);
  });

  it("must not let a service assume a role that does not trust it", () => {
    const { iam } = withPolicy({ Effect: "Allow", Action: "*", Resource: "*" });
    assert.ok(iam.trusts("host", "ec2.amazonaws.com"));
    assert.ok(!iam.trusts("host", "lambda.amazonaws.com"));
  });
});

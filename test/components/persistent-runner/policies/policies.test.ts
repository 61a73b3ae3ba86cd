import assert from "node:assert/strict";
import { PersistentRunner, type PersistentRunnerArgs } from "../../../../components";
import { firstUserData } from "../../../../components/persistent-runner/user-data";
import type { PolicyDocument } from "../../../../components/shared/policy";
import { METRIC_NAMESPACE } from "../../../../contract/shared/metrics";
import { Deployment } from "../../mocks";
import { importedActions, signedCurlActions } from "../../used-actions";
import { machineArgs, machineSettings } from "../machine-args";

const ROLES = ["host", "control", "reap", "workflow"] as const;
const KEY = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const IN_NAMESPACE = { StringEquals: { "cloudwatch:namespace": METRIC_NAMESPACE } };
/** Used by Lambda on behalf of a function: for its log and its dead-letter queue. */
const LAMBDA_SERVICE = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];
/** CreateSecret with tags requires TagResource, and StartInstances with volumes under a customer's key CreateGrant. */
const IMPLIED: Record<string, string[]> = { control: ["kms:CreateGrant", "secretsmanager:TagResource"], reap: [] };

async function policies(changes: Partial<PersistentRunnerArgs> = {}): Promise<Record<(typeof ROLES)[number], PolicyDocument>> {
  const deployment = await Deployment.start();
  new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e", ...changes }));
  await deployment.settled();
  const of = (role: string) => JSON.parse(deployment.named("aws:iam/rolePolicy:RolePolicy", `machine-${role}`).inputs.policy);
  return Object.fromEntries(ROLES.map((role) => [role, of(role)])) as Record<(typeof ROLES)[number], PolicyDocument>;
}

const actions = (document: PolicyDocument) => [...new Set(document.Statement.flatMap(({ Action }) => Action))].sort();

describe("the policies of a persistent runner", () => {
  for (const key of ["control", "reap"] as const) {
    it(`grant ${key} exactly the actions that its code calls: fewer would fail in production, more would be a security risk`, async () => {
      const imported = [...importedActions(`functions/persistent-runner/${key}/index.ts`), ...IMPLIED[key]!, ...LAMBDA_SERVICE];
      assert.deepEqual(actions((await policies())[key]), [...new Set(imported)].sort());
    });
  }

  it("grant the machine exactly the actions that its agent and its boot script call, also those of which it only counts the failures", async () => {
    const script = signedCurlActions(firstUserData(machineSettings(), "us-east-1"));
    assert.ok(script.has("s3:GetObject") && script.has("secretsmanager:GetSecretValue"));
    const called = [...importedActions("host-config/persistent-runner/agent/main.ts"), ...script];
    assert.ok(called.includes("cloudwatch:PutMetricData"));
    assert.deepEqual(actions((await policies({ hostLogs: {} })).host), [...new Set(called)].sort());
  });

  it("let a workflow ask the control function and do nothing else", async () => {
    const { workflow } = await policies();
    assert.deepEqual(
      workflow.Statement.map(({ Effect, Action, Resource, Condition }) => ({ Effect, Action, Resource, Condition })),
      [
        {
          Effect: "Allow",
          Action: ["lambda:InvokeFunction"],
          Resource: ["arn:aws:lambda:us-east-1:123456789012:function:e2e-control"],
          Condition: undefined,
        },
      ],
    );
  });

  it("name this one instance wherever its power is concerned, and let no one launch or terminate any", async () => {
    const documents = await policies({ control: "direct" });
    const own = ["arn:aws:ec2:us-east-1:123456789012:instance/machine-id"];
    for (const role of ["control", "reap", "workflow"] as const) {
      const powers = documents[role].Statement.filter(({ Action }) => Action.some((action) => action.startsWith("ec2:")));
      for (const { Sid, Action, Resource } of powers) {
        if (Action.every((action) => action === "ec2:DescribeInstances")) continue;
        assert.deepEqual(Resource, own, `${role}: ${Sid}`);
      }
      assert.ok(powers.length >= 2);
    }
    const text = JSON.stringify(Object.values(documents).flatMap(actions));
    assert.doesNotMatch(text, /RunInstances|TerminateInstances|PassRole|iam:|ec2:Create|ec2:Delete/);
  });

  it("let the reaper switch the machine off, and no one but the control function and the direct way switch it on", async () => {
    const starters = async (control: "function" | "direct") =>
      Object.entries(await policies({ control })).flatMap(([role, document]) =>
        actions(document).includes("ec2:StartInstances") ? [role] : [],
      );
    assert.deepEqual(await starters("function"), ["control"]);
    assert.deepEqual(await starters("direct"), ["control", "workflow"]);
  });

  it("give each program the machine's own item of the lease, and the machine only what it reports", async () => {
    for (const [role, document] of Object.entries(await policies({ control: "direct" }))) {
      const ofTable = document.Statement.filter(({ Action }) => Action.some((action) => action.startsWith("dynamodb:")));
      assert.equal(ofTable.length, 1, role);
      const [{ Resource, Condition = {}, Action }] = ofTable as [PolicyDocument["Statement"][number]];
      assert.deepEqual(Resource, ["arn:aws:dynamodb:us-east-1:123456789012:table/e2e-lease"]);
      assert.deepEqual(Condition["ForAllValues:StringLike"], { "dynamodb:LeadingKeys": ["runner#e2e"] });
      if (role !== "host") continue;
      assert.deepEqual(Action, ["dynamodb:UpdateItem"]);
      const attributes = Condition["ForAllValues:StringEquals"]!["dynamodb:Attributes"] as string[];
      assert.ok(attributes.includes("phase") && !attributes.includes("holder") && !attributes.includes("expires"));
    }
  });

  it("let the machine open only the order that is tagged with it, and no one else read one", async () => {
    const documents = await policies({ control: "direct" });
    const readers = Object.entries(documents).flatMap(([role, { Statement }]) =>
      Statement.filter(
        ({ Action, Resource }) => Action.includes("secretsmanager:GetSecretValue") && JSON.stringify(Resource).includes("ci-runners-order"),
      ).map(({ Condition }) => ({ role, Condition })),
    );
    assert.deepEqual(readers, [{ role: "host", Condition: { StringEquals: { "aws:ResourceTag/ci-runners:owner": "${aws:userid}" } } }]);
  });

  it("let the functions alone read GitHub's secret: neither the machine nor a workflow", async () => {
    const documents = await policies();
    for (const role of ["control", "reap"] as const) assert.ok(JSON.stringify(documents[role]).includes("github-app"));
    for (const role of ["host", "workflow"] as const) assert.ok(!JSON.stringify(documents[role]).includes("github-app"));
  });

  it("let EC2 attach encrypted volumes in the name of whoever starts the machine, or it stops at once with Client.InternalError", async () => {
    const other = KEY.replace(/1$/, "2");
    const documents = await policies({ control: "direct", kmsKeyArn: KEY, cacheVolume: { size: 100, kmsKeyArn: other } });
    for (const role of ["control", "workflow"] as const) {
      const grants = documents[role].Statement.filter(({ Action }) => Action.includes("kms:CreateGrant"));
      assert.deepEqual(
        grants.map(({ Resource }) => Resource),
        [[KEY], [other]],
        role,
      );
      for (const { Condition } of grants) {
        assert.deepEqual(Condition, {
          StringEquals: { "kms:ViaService": "ec2.us-east-1.amazonaws.com" },
          Bool: { "kms:GrantIsForAWSResource": "true" },
        });
      }
    }
  });

  it("contain one statement per purpose, each with a unique Sid, a resource and no wildcard in its actions", async () => {
    for (const [role, document] of Object.entries(await policies({ control: "direct", kmsKeyArn: KEY, hostLogs: {} }))) {
      const sids = document.Statement.map(({ Sid }) => Sid);
      assert.deepEqual(sids, [...new Set(sids)], role);
      for (const { Sid, Action, Resource, Condition } of document.Statement) {
        assert.match(Sid, /^[A-Za-z]+\d?$/);
        assert.ok(!Action.some((action) => action.includes("*")), `${role}: ${Sid}`);
        if (!Resource!.includes("*") || Action.every((action) => action === "ec2:DescribeInstances")) continue;
        // It knows no resources, so the namespace is a condition.
        assert.deepEqual([Action, Condition], [["cloudwatch:PutMetricData"], IN_NAMESPACE], `${role}: ${Sid}`);
      }
    }
  });

  it("apply a given permissions boundary to every role, and attach extra policies only to the machine", async () => {
    const deployment = await Deployment.start();
    const boundary = "arn:aws:iam::123456789012:policy/boundary";
    new PersistentRunner("machine", machineArgs({ permissionsBoundaryArn: boundary, extraPolicyArns: ["arn:aws:iam::aws:policy/Extra"] }));
    await deployment.settled();
    const roles = deployment.of("aws:iam/role:Role");
    assert.equal(roles.length, 4);
    for (const { inputs } of roles) assert.equal(inputs.permissionsBoundary, boundary);
    const attachment = deployment.only("aws:iam/rolePolicyAttachment:RolePolicyAttachment").inputs;
    assert.deepEqual([attachment.policyArn, attachment.role], ["arn:aws:iam::aws:policy/Extra", "machine-host-1a2b3c4"]);
  });
});

import assert from "node:assert/strict";
import { poolNames } from "../../../../contract/actions-runner-pool/names";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../../components";
import { hostConfig } from "../../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../../components/actions-runner-pool/settings";
import type { PolicyDocument, Statement } from "../../../../components/shared/policy";
import { renderUserData } from "../../../../host-config/actions-runner-pool/user-data";
import { Deployment } from "../../mocks";
import { PROGRAM, SECRET_ARN, poolArgs } from "../pool-args";
import { importedActions, signedCurlActions } from "./used-actions";

const POLICY = "aws:iam/rolePolicy:RolePolicy";
const ROLES = ["host", "register", "deregister", "sweep"] as const;
const names = poolNames("pool");

async function policies(changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<Record<string, PolicyDocument>> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return Object.fromEntries(ROLES.map((role) => [role, JSON.parse(deployment.named(POLICY, `runners-${role}`).inputs.policy)]));
}

function actions(document: PolicyDocument): string[] {
  return [...new Set(document.Statement.flatMap(({ Action }) => Action))].sort();
}

/** Used by the SSM agent, which is not ours. */
const SSM_AGENT = [
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];
/** Used by Lambda on behalf of a function: its log, and its dead letters. */
const LAMBDA_SERVICE = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];
/** CreateSecret with tags asks for it. */
const IMPLIED: Record<string, string[]> = { "secretsmanager:CreateSecret": ["secretsmanager:TagResource"] };

/** Actions for which AWS knows no resource, from the Service Authorization Reference. */
const WITHOUT_RESOURCE = new Set([
  "autoscaling:DescribeAutoScalingGroups",
  "autoscaling:DescribeAutoScalingInstances",
  "autoscaling:DescribeScalingActivities",
  "autoscaling:DescribeWarmPool",
  "secretsmanager:ListSecrets",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
]);

function used(entry: string): string[] {
  const found = importedActions(entry);
  for (const action of [...found]) for (const implied of IMPLIED[action] ?? []) found.add(implied);
  return [...found];
}

describe("the policies", () => {
  for (const key of ["register", "deregister", "sweep"] as const) {
    it(`grant ${key} what its code calls and nothing else: less fails in the night, more is a way in`, async () => {
      assert.deepEqual(
        actions((await policies())[key]!),
        [...used(`functions/actions-runner-pool/${key}/index.ts`), ...LAMBDA_SERVICE].sort(),
      );
    });
  }

  it("grant the host what its agent and its user data call and nothing else", async () => {
    const settings = resolveSettings("runners", poolArgs({ poolName: "pool" }), PROGRAM);
    const userData = renderUserData(hostConfig(settings, "us-east-1", "x64"), { bucket: "b", key: "k", sha256: "0" });
    const wanted = new Set([...used("host-config/actions-runner-pool/agent/main.ts"), ...signedCurlActions(userData), ...SSM_AGENT]);
    assert.ok(wanted.has("s3:GetObject") && wanted.has("autoscaling:CompleteLifecycleAction"));
    assert.deepEqual(actions((await policies()).host!), [...wanted].sort());
  });

  it("name resources wherever AWS supports them", async () => {
    for (const [role, document] of Object.entries(await policies())) {
      for (const statement of document.Statement.filter(({ Resource }) => Resource!.includes("*"))) {
        // PutMetricData's resource is not the namespace, so the namespace is a condition.
        const open = statement.Action.filter(
          (action) => !WITHOUT_RESOURCE.has(action) && !(action === "cloudwatch:PutMetricData" && statement.Condition),
        );
        assert.deepEqual(open, [], `${role}: ${statement.Sid}`);
      }
    }
  });

  it("hold one statement for one purpose, each with a name of its own and no wildcard among actions", async () => {
    for (const [role, document] of Object.entries(await policies())) {
      const sids = document.Statement.map(({ Sid }) => Sid);
      assert.deepEqual(sids, [...new Set(sids)], role);
      for (const { Sid, Action } of document.Statement) {
        assert.match(Sid, /^[A-Za-z]+$/);
        assert.ok(
          Action.every((action) => !action.includes("*")),
          Sid,
        );
      }
    }
  });

  it("open to a host only the registration token that names it as its owner", async () => {
    const statement = find((await policies()).host!, "secretsmanager:GetSecretValue");
    assert.deepEqual(statement.Resource, ["arn:aws:secretsmanager:us-east-1:123456789012:secret:ci-runners/pool/*"]);
    assert.deepEqual(statement.Condition, { StringEquals: { "aws:ResourceTag/ci-runners:owner": "${aws:userid}" } });
  });

  it("let a host act on its own group only, whatever UUID AWS gives it", async () => {
    const { host } = await policies();
    for (const action of [
      "autoscaling:SetInstanceProtection",
      "autoscaling:CompleteLifecycleAction",
      "autoscaling:RecordLifecycleActionHeartbeat",
    ]) {
      assert.deepEqual(find(host!, action).Resource, [
        "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/pool",
      ]);
    }
  });

  it("let the stop be sent as the pool's own document and to the pool's own instances only", async () => {
    const statements = (await policies()).deregister!.Statement.filter(({ Action }) => Action.includes("ssm:SendCommand"));
    assert.deepEqual(
      statements.map(({ Resource, Condition }) => ({ Resource, Condition })),
      [
        { Resource: [`arn:aws:ssm:us-east-1:123456789012:document/${names.stopDocument}`], Condition: undefined },
        {
          Resource: ["arn:aws:ec2:us-east-1:123456789012:instance/*"],
          Condition: { StringEquals: { "aws:ResourceTag/ci-runners:pool": "pool" } },
        },
      ],
    );
  });

  it("open GitHub's secret and its key to the functions and to nobody else", async () => {
    const key = "arn:aws:kms:us-east-1:123456789012:key/1234";
    const documents = await policies({ github: { organization: "o", tokenSecretArn: SECRET_ARN, secretKmsKeyArn: key } });
    for (const role of ["register", "deregister", "sweep"]) {
      assert.deepEqual(documents[role]!.Statement.find(({ Sid }) => Sid === "ActAtGithub")!.Resource, [SECRET_ARN]);
      assert.deepEqual(find(documents[role]!, "kms:Decrypt").Resource, [key]);
    }
    assert.ok(!JSON.stringify(documents.host).includes("github-app"));
  });

  it("bound every role when a boundary is given, and attach extra policies to the host alone", async () => {
    const deployment = await Deployment.start();
    const boundary = "arn:aws:iam::123456789012:policy/boundary";
    new ActionsRunnerPool("runners", poolArgs({ permissionsBoundaryArn: boundary, extraPolicyArns: ["arn:aws:iam::aws:policy/Extra"] }));
    await deployment.settled();
    const roles = deployment.of("aws:iam/role:Role");
    assert.equal(roles.length, 4);
    for (const { inputs } of roles) assert.equal(inputs.permissionsBoundary, boundary);
    const attachment = deployment.only("aws:iam/rolePolicyAttachment:RolePolicyAttachment").inputs;
    assert.equal(attachment.policyArn, "arn:aws:iam::aws:policy/Extra");
    assert.equal(attachment.role, "runners-host-1a2b3c4");
  });
});

function find(document: PolicyDocument, action: string): Statement {
  const statement = document.Statement.find(({ Action }) => Action.includes(action));
  assert.ok(statement, `no statement allows ${action}`);
  return statement;
}

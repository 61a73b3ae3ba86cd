import assert from "node:assert/strict";
import { poolNames } from "../../../../contract/actions-runner-pool/names";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../../components";
import { hostConfig } from "../../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../../components/actions-runner-pool/settings";
import type { PolicyDocument, Statement } from "../../../../components/shared/policy";
import { renderUserData } from "../../../../host-config/actions-runner-pool/user-data";
import { Deployment } from "../../mocks";
import { PROGRAM, SECRET_ARN, poolArgs } from "../pool-args";
import { importedActions, signedCurlActions } from "../../used-actions";

const POLICY = "aws:iam/rolePolicy:RolePolicy";
const ROLES = ["host", "register", "deregister", "sweep"] as const;
const names = poolNames("pool");
/** Whatever makes a program call AWS for more. */
const ALL: Partial<ActionsRunnerPoolArgs> = { hostLogs: {} };

async function policies(changes: Partial<ActionsRunnerPoolArgs> = {}): Promise<Record<string, PolicyDocument>> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return Object.fromEntries(ROLES.map((role) => [role, JSON.parse(deployment.named(POLICY, `runners-${role}`).inputs.policy)]));
}

function actions(document: PolicyDocument): string[] {
  return [...new Set(document.Statement.flatMap(({ Action }) => Action))].sort();
}

/** Used by the SSM agent, which is AWS's. */
const SSM_AGENT = [
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];
/** Used by Lambda on behalf of a function: for its log and its dead-letter queue. */
const LAMBDA_SERVICE = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];
/** CreateSecret with tags requires it. */
const IMPLIED: Record<string, string[]> = { "secretsmanager:CreateSecret": ["secretsmanager:TagResource"] };

/** Actions without resource-level permissions, from the Service Authorization Reference. */
const WITHOUT_RESOURCE = new Set([
  "autoscaling:DescribeAutoScalingGroups",
  "autoscaling:DescribeAutoScalingInstances",
  "autoscaling:DescribeInstanceRefreshes",
  "autoscaling:DescribeScalingActivities",
  "autoscaling:DescribeWarmPool",
  "ec2:DescribeInstances",
  "ec2:DescribeLaunchTemplateVersions",
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
    it(`grant ${key} exactly the actions that its code calls: fewer would fail in production, more would be a security risk`, async () => {
      assert.deepEqual(
        actions((await policies(ALL))[key]!),
        [...new Set([...used(`functions/actions-runner-pool/${key}/index.ts`), ...LAMBDA_SERVICE])].sort(),
      );
    });
  }

  it("grant the host exactly the actions that its agent and its user data call", async () => {
    const settings = resolveSettings("runners", poolArgs({ poolName: "pool", ...ALL }), PROGRAM);
    const userData = renderUserData(hostConfig(settings, "us-east-1", "x64"), { bucket: "b", key: "k", sha256: "0" });
    const wanted = new Set([...used("host-config/actions-runner-pool/agent/main.ts"), ...signedCurlActions(userData), ...SSM_AGENT]);
    assert.ok(wanted.has("s3:GetObject") && wanted.has("autoscaling:CompleteLifecycleAction"));
    assert.deepEqual(actions((await policies(ALL)).host!), [...wanted].sort());
  });

  it("name resources wherever AWS supports resource-level permissions", async () => {
    for (const [role, document] of Object.entries(await policies(ALL))) {
      for (const statement of document.Statement.filter(({ Resource }) => Resource!.includes("*"))) {
        // PutMetricData's resource is not the namespace, so the namespace is a condition.
        const unrestricted = statement.Action.filter(
          (action) => !WITHOUT_RESOURCE.has(action) && !(action === "cloudwatch:PutMetricData" && statement.Condition),
        );
        assert.deepEqual(unrestricted, [], `${role}: ${statement.Sid}`);
      }
    }
  });

  it("contain one statement per purpose, each with a unique Sid and no wildcard in its actions", async () => {
    for (const [role, document] of Object.entries(await policies(ALL))) {
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

  it("let a host read only the registration token that is tagged with it as the owner", async () => {
    const statement = find((await policies()).host!, "secretsmanager:GetSecretValue");
    assert.deepEqual(statement.Resource, ["arn:aws:secretsmanager:us-east-1:123456789012:secret:ci-runners/pool/*"]);
    assert.deepEqual(statement.Condition, { StringEquals: { "aws:ResourceTag/ci-runners:owner": "${aws:userid}" } });
  });

  it("let a host act only on its own group, whatever UUID AWS assigns", async () => {
    const { host } = await policies();
    for (const action of [
      "autoscaling:SetInstanceProtection",
      "autoscaling:SetInstanceHealth",
      "autoscaling:CompleteLifecycleAction",
      "autoscaling:RecordLifecycleActionHeartbeat",
    ]) {
      assert.deepEqual(find(host!, action).Resource, [
        "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/pool",
      ]);
    }
  });

  it("let the deregister function send only the pool's own stop document, and only to the pool's own instances", async () => {
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

  it("let the sweep start and cancel refreshes of its own group only, and list and delete nothing but the pool's host bundles", async () => {
    const { sweep } = await policies();
    const pool = ["arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/pool"];
    for (const action of ["autoscaling:StartInstanceRefresh", "autoscaling:CancelInstanceRefresh"]) {
      assert.deepEqual(find(sweep!, action).Resource, pool);
    }
    const bucket = "arn:aws:mock:us-east-1:123456789012:bucket:Bucket/runners-host-bundle-1a2b3c4";
    assert.deepEqual(find(sweep!, "s3:ListBucket").Resource, [bucket]);
    assert.deepEqual(find(sweep!, "s3:ListBucket").Condition, { StringEquals: { "s3:prefix": "host-bundles/" } });
    assert.deepEqual(find(sweep!, "s3:DeleteObject").Resource, [`${bucket}/host-bundles/*`]);
  });

  it("let only the functions use GitHub's secret and its KMS key", async () => {
    const key = "arn:aws:kms:us-east-1:123456789012:key/1234";
    const documents = await policies({ github: { organization: "o", tokenSecretArn: SECRET_ARN, secretKmsKeyArn: key } });
    for (const role of ["register", "deregister", "sweep"]) {
      assert.deepEqual(documents[role]!.Statement.find(({ Sid }) => Sid === "ReadGithubSecret")!.Resource, [SECRET_ARN]);
      assert.deepEqual(find(documents[role]!, "kms:Decrypt").Resource, [key]);
    }
    assert.ok(!JSON.stringify(documents.host).includes("github-app"));
  });

  it("apply a given permissions boundary to every role, and attach extra policies only to the host", async () => {
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

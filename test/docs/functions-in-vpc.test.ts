import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type FunctionGrants,
  deregisterPolicy,
  registerPolicy,
  sweepPolicy,
} from "../../components/actions-runner-pool/policies/functions";
import { poolNames } from "../../contract/actions-runner-pool/names";
import { ACCOUNT } from "../rehearsal/aws/harness";

const ROOT = join(__dirname, "../..");
/** Statements for what Lambda does with a function's role, outside of the VPC. */
const OF_LAMBDA = ["WriteOwnLog", "SendToDeadLetterQueue", "EncryptDeadLetters"];
/** Through Secrets Manager alone. */
const THROUGH_OTHERS = ["kms"];
/** As the docstring of the argument names them. */
const SERVICES: Record<string, string> = {
  secretsmanager: "Secrets Manager",
  ec2: "EC2",
  autoscaling: "EC2 Auto Scaling",
  ssm: "Systems Manager",
  s3: "S3",
  logs: "CloudWatch Logs",
};

/** The services that the functions themselves call. */
function called(hostLogs: boolean): string[] {
  const grants: FunctionGrants = {
    environment: { ...ACCOUNT, partition: "aws" },
    names: poolNames("pool"),
    poolName: "pool",
    githubSecretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github",
    kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001",
    deadLetterQueueArn: "arn:aws:sqs:eu-central-1:123456789012:letters",
    bundleBucketArn: "arn:aws:s3:::bundles",
    hostLogs,
  };
  const statements = [registerPolicy, deregisterPolicy, sweepPolicy].flatMap((policy) => policy(grants).Statement);
  const actions = statements.filter(({ Sid = "" }) => !OF_LAMBDA.includes(Sid)).flatMap(({ Action }) => Action);
  return [...new Set(actions.map((action) => action.split(":")[0]!))].filter((service) => !THROUGH_OTHERS.includes(service)).sort();
}

describe("the guide to functions in a VPC", () => {
  const guide = readFileSync(join(ROOT, "docs/organizations.md"), "utf8").replaceAll(/\s+/g, " ");
  const [, subnets = ""] = /- The subnets need routes to GitHub(.*?) - The instances' subnets/.exec(guide) ?? [];
  const { description } = JSON.parse(readFileSync(join(ROOT, "schema.json"), "utf8")).types["ci-runners:index:FunctionsArgs"].properties
    .subnetIds;

  it("names an endpoint for each service that the functions call, or each termination would wait for one without", () => {
    assert.deepEqual(called(true), Object.keys(SERVICES).sort());
    for (const service of called(false)) assert.ok(subnets.split("With `hostLogs`")[0]!.includes(`\`${service}\``), service);
    for (const service of called(true)) {
      assert.ok(subnets.includes(`\`${service}\``), service);
      assert.ok(description.replaceAll("\n", " ").includes(SERVICES[service]), service);
    }
  });

  it("names that of CloudWatch Logs only with hostLogs", () => {
    assert.ok(!called(false).includes("logs"));
    assert.match(subnets, /With `hostLogs` also `logs`/);
    assert.match(description.replaceAll("\n", " "), /with `hostLogs` also to CloudWatch Logs/);
  });
});

import assert from "node:assert/strict";
import { importedActions } from "../../components/used-actions";

/** What the policies have to grant for each function; those of the component are compared with the same imports. */
const USED = {
  control: [
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "ec2:DescribeInstances",
    "ec2:GetConsoleOutput",
    "ec2:ModifyInstanceAttribute",
    "ec2:StartInstances",
    "ec2:StopInstances",
    "s3:DeleteObject",
    "s3:ListBucket",
    "secretsmanager:CreateSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:TagResource",
  ],
  reap: [
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "ec2:DescribeInstances",
    "ec2:StopInstances",
    "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
  ],
};

describe("the AWS calls of a PersistentRunner's functions", () => {
  for (const [name, actions] of Object.entries(USED))
    it(`are these alone, so that ${name} needs no power to launch or terminate a machine`, () => {
      assert.deepEqual([...importedActions(`functions/persistent-runner/${name}/index.ts`)].sort(), actions);
    });
});

import { poolArgs } from "../pool-args";
import { rejects } from "./bad-input";

const { github } = poolArgs();

rejects([
  {
    danger: "an alias as the key of the pool, which no permission of its roles would match",
    changes: { kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/ci" },
    field: "kmsKeyArn",
    value: "alias/ci",
    remedy: /key\/ID, also for a key with an alias/,
  },
  {
    danger: "the id of a key, which no permission would match either",
    changes: { kmsKeyArn: "0f6b2c1d-0000-4000-8000-000000000001" },
    field: "kmsKeyArn",
    value: "0f6b2c1d",
    remedy: /arn:PARTITION:kms:REGION:ACCOUNT:key\/ID/,
  },
  {
    danger: "an alias as the key of GitHub's secret, with which the functions could not read it",
    changes: { github: { ...github, secretKmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/github" } },
    field: "github.secretKmsKeyArn",
    value: "arn:aws:kms:us-east-1:123456789012:",
    remedy: /key\/ID/,
  },
]);

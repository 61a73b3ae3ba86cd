import { rejects } from "./bad-input";

rejects([
  {
    danger: "functions in subnets without a security group, which Lambda refuses at the end of the deployment",
    changes: { functions: { subnetIds: ["subnet-1"] } },
    field: "functions.securityGroupIds",
    value: "is missing",
    remedy: /Set one that lets HTTPS out/,
  },
  {
    danger: "security groups without subnets",
    changes: { functions: { securityGroupIds: ["sg-1"] } },
    field: "functions.securityGroupIds",
    value: "sg-1",
    remedy: /Set functions\.subnetIds as well/,
  },
  {
    danger: "an empty list of subnets",
    changes: { functions: { subnetIds: [], securityGroupIds: ["sg-1"] } },
    field: "functions.subnetIds",
    value: "[]",
    remedy: /Set at least one/,
  },
  {
    danger: "the alias of a key, which no policy matches",
    changes: { kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/mine" },
    field: "kmsKeyArn",
    value: "alias/mine",
    remedy: /key\/ID/,
  },
  {
    danger: "a re-run of jobs by the text false, which counts as true",
    changes: { rerunLostJobs: "false" as unknown as boolean },
    field: "rerunLostJobs",
    value: "false",
    remedy: /without quotes/,
  },
  {
    danger: "a retention that CloudWatch Logs does not know",
    changes: { logRetentionDays: 31 },
    field: "logRetentionDays",
    value: "31",
    remedy: /Choose one of/,
  },
  {
    danger: "a tag that the component sets itself",
    changes: { tags: { "ci-runners:workflow-jobs": "other" } },
    field: "tags",
    value: "ci-runners:workflow-jobs",
    remedy: /neither aws: nor ci-runners:/,
  },
  {
    danger: "a release that is none",
    changes: { release: "latest" },
    field: "release",
    value: "latest",
    remedy: /v1\.2\.3/,
  },
]);

import { rejects } from "./bad-input";

const repository = { repository: "example-org/app", tokenSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" };

rejects([
  {
    danger: "a subject with a wildcard, by which any branch could start the machine and have its role",
    changes: { subjects: ["repo:example-org/app:*"] },
    field: "subjects[0]",
    value: "repo:example-org/app:*",
    remedy: /Name each branch or environment exactly/,
  },
  {
    danger: "a wildcard for one character, which IAM knows as well",
    changes: { subjects: ["repo:example-org/app:ref:refs/heads/main", "repo:example-org/app:ref:refs/heads/v?"] },
    field: "subjects[1]",
    value: "heads/v?",
    remedy: /Name each branch/,
  },
  {
    danger: "a repository alone, which is the subject of no token",
    changes: { subjects: ["repo:example-org/app"] },
    field: "subjects[0]",
    value: "repo:example-org/app",
    remedy: /Append one, such as :ref:refs\/heads\/main/,
  },
  {
    danger: "another organization's repository, whose jobs the machine never gets",
    changes: { subjects: ["repo:someone-else/app:ref:refs/heads/main"] },
    field: "subjects[0]",
    value: "someone-else",
    remedy: /Name a repository of that organization/,
  },
  {
    danger: "another repository than the one for which the machine registers",
    changes: { github: repository, subjects: ["repo:example-org/app2:ref:refs/heads/main"] },
    field: "subjects[0]",
    value: "app2",
    remedy: /Set github\.organization/,
  },
  {
    danger: "the organization in another case, which IAM takes for another one",
    changes: { subjects: ["repo:Example-Org/app:ref:refs/heads/main"] },
    field: "subjects[0]",
    value: "Example-Org",
    remedy: /in the same case/,
  },
  {
    danger: "no subject at all",
    changes: { subjects: [] },
    field: "subjects",
    value: "[]",
    remedy: /Add one such as/,
  },
  {
    danger: "a text in the place of the list, each of whose letters would pass as a subject",
    changes: { subjects: "repo:example-org/app:ref:refs/heads/main" },
    field: "subjects",
    value: "repo:",
    remedy: /Write it as a list/,
  },
  {
    danger: "a subject twice",
    changes: { subjects: ["repo:example-org/app:pull_request", "repo:example-org/app:pull_request"] },
    field: "subjects[1]",
    value: "pull_request",
    remedy: /Remove one/,
  },
  {
    danger: "more subjects than a function's variables have room for",
    changes: { subjects: Array.from({ length: 50 }, (_, index) => `repo:example-org/app:environment:${"x".repeat(40)}${index}`) },
    field: "subjects",
    value: "50 subjects",
    remedy: /environment that several workflows share/,
  },
]);

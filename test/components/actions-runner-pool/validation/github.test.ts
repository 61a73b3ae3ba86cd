import { SECRET_ARN } from "../pool-args";
import { rejects } from "./bad-input";

const app = { id: "100001", privateKeySecretArn: SECRET_ARN };

rejects([
  {
    danger: "neither organization nor repository, which leaves the runners without jobs",
    changes: { github: { app } },
    field: "github",
    value: "{}",
    remedy: /Set one/,
  },
  {
    danger: "both organization and repository, which leaves it ambiguous where the runners register",
    changes: { github: { organization: "o", repository: "o/r", app } },
    field: "github",
    value: "o/r",
    remedy: /Keep one/,
  },
  {
    danger: "neither App nor token, without which no runner can be registered",
    changes: { github: { organization: "o" } },
    field: "github",
    value: "{}",
    remedy: /Set one/,
  },
  {
    danger: "both App and token, which leaves it ambiguous which credentials apply",
    changes: { github: { organization: "o", app, tokenSecretArn: SECRET_ARN } },
    field: "github",
    value: "tokenSecretArn",
    remedy: /Keep one/,
  },
  {
    danger: "a token in place of its secret's ARN, which would be stored in the state and in the function's environment",
    changes: { github: { organization: "o", tokenSecretArn: "not-an-arn" } },
    field: "github.tokenSecretArn",
    value: "10 characters, not shown",
    remedy: /set its ARN/,
  },
  {
    danger: "a repository without its owner",
    changes: { github: { repository: "name", app } },
    field: "github.repository",
    value: "name",
    remedy: /owner\/name/,
  },
  {
    danger: "a runner group for a repository, which has none",
    changes: { github: { repository: "o/r", app }, runnerGroup: "big" },
    field: "runnerGroup",
    value: "big",
    remedy: /Remove it/,
  },
  {
    danger: "an API URL from which the runners' URL cannot be derived",
    changes: { github: { organization: "o", app, apiUrl: "https://github.example.com" } },
    field: "github.apiUrl",
    value: "https://github.example.com",
    remedy: /api\/v3/,
  },
  {
    danger: "a label with a space, which would become two labels",
    changes: { labels: ["big machine"] },
    field: "labels",
    value: "big machine",
    remedy: /Rename/,
  },
  {
    danger: "a label with a comma, which would become two labels",
    changes: { labels: ["a,b"] },
    field: "labels",
    value: "a,b",
    remedy: /Rename/,
  },
  {
    danger: "a runner without any label, which would receive no job",
    changes: { noDefaultLabels: true },
    field: "noDefaultLabels",
    value: "true",
    remedy: /at least one/,
  },
]);

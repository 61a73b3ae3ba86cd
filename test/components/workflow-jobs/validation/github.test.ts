import type { WorkflowJobsGithubArgs } from "../../../../components";
import { SECRET_ARN } from "../jobs-args";
import { rejects } from "./bad-input";

const app = { id: "100001", privateKeySecretArn: SECRET_ARN };

rejects([
  {
    danger: "a token instead of an App, which has neither a webhook nor a limit that suffices",
    changes: { github: { organization: "o", tokenSecretArn: SECRET_ARN } as unknown as WorkflowJobsGithubArgs },
    field: "github.app",
    value: "is missing",
    remedy: /only an App.*Set github\.app/,
  },
  {
    danger: "an App without its key",
    changes: { github: { organization: "o", app: { id: "1" } as WorkflowJobsGithubArgs["app"] } },
    field: "github.app.privateKeySecretArn",
    value: "is missing",
    remedy: /Set the ARN of its secret/,
  },
  {
    danger: "both an organization and a repository",
    changes: { github: { organization: "o", repository: "o/r", app } },
    field: "github",
    value: "o/r",
    remedy: /Keep one of them/,
  },
  {
    danger: "the page of a server instead of its API",
    changes: { github: { organization: "o", app, apiUrl: "https://ghe.acme.io" } },
    field: "github.apiUrl",
    value: "https://ghe.acme.io",
    remedy: /api\/v3/,
  },
  {
    danger: "a server in a private network, which functions outside of a VPC cannot reach",
    changes: { github: { organization: "o", app, apiUrl: "https://ghe.corp.internal/api/v3" } },
    field: "github.apiUrl",
    value: "ghe.corp.internal",
    remedy: /no job would ever be read.*functions\.subnetIds/,
  },
]);

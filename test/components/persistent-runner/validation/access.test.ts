import { rejects } from "./bad-input";

const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:github-AbCdEf";
const PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

rejects([
  {
    danger: "no OIDC provider, without which no workflow could assume the role",
    changes: { oidcProviderArn: undefined },
    field: "oidcProviderArn",
    value: "is missing",
    remedy: /createOidcProvider if it has none/,
  },
  {
    danger: "an OIDC provider beside one that is to be made, which AWS refuses half-way",
    changes: { createOidcProvider: true },
    field: "createOidcProvider",
    value: "true",
    remedy: /Remove one of the two/,
  },
  {
    danger: "the text false, which counts as true",
    changes: { createOidcProvider: "false" },
    field: "createOidcProvider",
    value: "false",
    remedy: /without quotes/,
  },
  {
    danger: "the URL of a provider in the place of its ARN",
    changes: { oidcProviderArn: "https://token.actions.githubusercontent.com" },
    field: "oidcProviderArn",
    value: "https://token.actions",
    remedy: /oidc-provider\/token/,
  },
  {
    danger: "actions of a branch, which whoever pushes to it would exchange under the workflows' role",
    changes: { actions: { repository: "example-org/ci-runners", ref: "main" } },
    field: "actions.ref",
    value: "main",
    remedy: /40 hex digits of a commit/,
  },
  {
    danger: "actions of a URL",
    changes: { actions: { repository: "https://github.com/example-org/ci-runners", ref: "0".repeat(40) } },
    field: "actions.repository",
    value: "https:",
    remedy: /owner\/name/,
  },
  {
    danger: "a registration as a service by workflows, which have no part in the machine's life beyond their own run",
    changes: { control: "direct", registration: "service", oidcProviderArn: PROVIDER },
    field: "registration",
    value: "service",
    remedy: /Use jit, or control function/,
  },
  {
    danger: "a way of control that does not exist",
    changes: { control: "lambda" },
    field: "control",
    value: "lambda",
    remedy: /function or direct/,
  },
  {
    danger: "fallback types for workflows that may not change the machine's type",
    changes: { control: "direct", fallbackInstanceTypes: ["m6i.large"] },
    field: "fallbackInstanceTypes",
    value: "m6i.large",
    remedy: /use control function/,
  },
  {
    danger: "a runner group of a repository, where GitHub has none and would refuse each start",
    changes: { github: { repository: "example-org/app", tokenSecretArn: SECRET }, runnerGroup: "e2e" },
    field: "runnerGroup",
    value: "e2e",
    remedy: /use github.organization/,
  },
  {
    danger: "a runner group without a name",
    changes: { runnerGroup: " " },
    field: "runnerGroup",
    value: '" "',
    remedy: /or omit it/,
  },
  {
    danger: "neither App nor token",
    changes: { github: { organization: "example-org" } },
    field: "github",
    value: "{}",
    remedy: /Set one of them/,
  },
]);

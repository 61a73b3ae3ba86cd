import type { WebhookScope } from "../../../../components";
import { SECRET_ARN } from "../jobs-args";
import { rejects } from "./bad-input";

const app = { id: "100001", privateKeySecretArn: SECRET_ARN };

rejects([
  {
    danger: "a webhook of an organization for a repository, which has no right to make one",
    changes: { github: { repository: "o/r", app }, webhook: { scope: "organization" } },
    field: "webhook.scope",
    value: "organization",
    remedy: /github\.repository is given.*Use repository, or set github\.organization/,
  },
  {
    danger: "a webhook of one repository for an organization, whose other repositories would be unseen",
    changes: { webhook: { scope: "repository" } },
    field: "webhook.scope",
    value: "repository",
    remedy: /no other's jobs.*Use organization/,
  },
  {
    danger: "an unknown scope",
    changes: { webhook: { scope: "enterprise" as WebhookScope } },
    field: "webhook.scope",
    value: "enterprise",
    remedy: /Use app, organization, repository or manual/,
  },
  {
    danger: "a takeover of a webhook that no one else can own, which suggests that it was meant for the App's",
    changes: { webhook: { scope: "manual", takeOver: true } },
    field: "webhook.takeOver",
    value: "true",
    remedy: /webhook\.scope is manual.*Remove it/,
  },
  {
    danger: "a takeover by the text false, which counts as true",
    changes: { webhook: { takeOver: "false" as unknown as boolean } },
    field: "webhook.takeOver",
    value: "false",
    remedy: /not a boolean.*without quotes/,
  },
  {
    danger: "a pattern that makes the jobs of GitHub's own runners ours",
    changes: { ours: ["gpu-*", "*"] },
    field: "ours",
    value: "*",
    remedy: /every label.*Name a part of your labels/,
  },
  {
    danger: "patterns as a text, of which each character would be one, and the functions could not read",
    changes: { ours: "gpu" as unknown as string[] },
    field: "ours",
    value: "gpu",
    remedy: /not a list.*also with a single element/,
  },
  {
    danger: "a pattern that no label can match",
    changes: { ours: ["gpu runner"] },
    field: "ours",
    value: "gpu runner",
    remedy: /no space/,
  },
  {
    danger: "more patterns than a function's variables have room for",
    changes: { ours: Array.from({ length: 40 }, (_, index) => `${"x".repeat(60)}-${index}-*`) },
    field: "ours",
    value: "40 patterns",
    remedy: /room for 2000.*Use fewer or shorter/,
  },
]);

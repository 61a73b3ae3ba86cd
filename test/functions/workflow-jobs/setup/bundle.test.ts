import assert from "node:assert/strict";
import { awsError } from "../../support/aws";
import type { Respond } from "../../support/server";
import { KEY } from "../../support/bundle-runs";
import { NAME, workflowJobsBundles } from "../support/bundle-runs";
import { URL_OF_WEBHOOK } from "../support/harness";

const PERMISSIONS = { actions: "read", organization_self_hosted_runners: "read" };

describe("setup function bundle", () => {
  const functions = workflowJobsBundles();
  const input = { workflowJobs: NAME, scope: "app", takeOver: false };
  const own = { ...input, task: "own-webhook", url: URL_OF_WEBHOOK };

  it("checks the App, makes the secret, points the webhook here, and removes both", async () => {
    let hook = { url: "https://ci-runners.invalid/unused", secret: "" };
    const stored: string[] = [];
    const gitHub: Respond = ({ path, method, body }) => {
      if (path === "/app") return { body: { slug: "ci", permissions: PERMISSIONS, events: ["workflow_job"] } };
      if (path === "/app/hook/config" && method === "PATCH") hook = { ...hook, ...JSON.parse(body) };
      return path === "/app/hook/config"
        ? { body: { url: hook.url, content_type: "json", secret: "********" } }
        : { status: 404, body: {} };
    };
    const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-a1B2c3";
    const result = await functions.run(
      "setup",
      [
        { ...input, task: "check-app" },
        { ...own, tf: { action: "create", prev_input: null } },
        { ...own, tf: { action: "delete", prev_input: own } },
      ],
      {
        GetSecretValue: ({ SecretId }) =>
          String(SecretId).startsWith("arn:") ? { SecretString: KEY } : awsError("ResourceNotFoundException", "none"),
        CreateSecret: ({ SecretString }) => (stored.push(SecretString), { ARN: arn }),
        PutSecretValue: ({ SecretString }) => (stored.push(SecretString), {}),
        DeleteSecret: () => (stored.push("deleted"), {}),
      },
      gitHub,
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.results, [{ left: [] }, { secretArn: arn, left: [] }, { left: [] }]);
    assert.match(hook.secret, /^[0-9a-f]{64}$/);
    assert.equal(hook.url, "https://ci-runners.invalid/unused");
    assert.deepEqual(
      stored.map((text) => (text === "deleted" ? text : JSON.parse(text))),
      [{ current: hook.secret }, { current: hook.secret, url: URL_OF_WEBHOOK }, "deleted"],
    );
    assert.ok(!JSON.stringify(result.lines).includes(hook.secret), "in no log line and no result");
  });

  it("fails the deployment with the remedy if the App's webhook is another's", async () => {
    const gitHub: Respond = ({ path }) =>
      path === "/app"
        ? { body: { slug: "ci", permissions: PERMISSIONS, events: ["workflow_job"] } }
        : { body: { url: "https://other.example.com/x?token=abc" } };
    const result = await functions.run("setup", [{ ...input, task: "check-app" }], {}, gitHub);
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /other\.example\.com, and an App has only one/);
    assert.doesNotMatch(result.stderr, /token=abc/);
  });
});

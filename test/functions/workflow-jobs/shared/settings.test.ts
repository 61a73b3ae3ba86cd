import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WEBHOOK_SECRET_TAGS_FILE } from "../../../../contract/workflow-jobs/environment";
import { componentSettings, oursPatterns, webhookScope, webhookSecretSettings } from "../../../../functions/workflow-jobs/shared/settings";
import { parseSecrets } from "../../../../functions/workflow-jobs/shared/webhook-secrets";

describe("the settings of the source's functions", () => {
  it("name the component, from which every other name follows", () => {
    assert.equal(componentSettings({ WORKFLOW_JOBS_NAME: "jobs" }).names.webhookSecret, "ci-runners-webhook/jobs");
    assert.throws(() => componentSettings({}), /WORKFLOW_JOBS_NAME is not set/);
  });

  it("fail with the variable and its value if they are wrong", () => {
    assert.deepEqual(oursPatterns({}), []);
    assert.deepEqual(oursPatterns({ OURS: '["gpu-*"]' }), ["gpu-*"]);
    for (const OURS of ["gpu-*", '{"a":1}', "[1]"]) assert.throws(() => oursPatterns({ OURS }), /OURS is ".*": must be a JSON list/);
    assert.equal(webhookScope({ WEBHOOK_SCOPE: "organization" }), "organization");
    assert.throws(() => webhookScope({ WEBHOOK_SCOPE: "team" }), /WEBHOOK_SCOPE is "team": must be one of app, organization/);
  });

  it("have the tags of the webhook's secret beside the code, and none without the file", () => {
    const folder = mkdtempSync(join(tmpdir(), "ci-runners-tags-"));
    try {
      assert.deepEqual(webhookSecretSettings({ LAMBDA_TASK_ROOT: folder }), { tags: {} });
      writeFileSync(join(folder, WEBHOOK_SECRET_TAGS_FILE), '{"team":"build"}');
      const key = { WEBHOOK_SECRET_KMS_KEY_ARN: "arn:key" };
      assert.deepEqual(webhookSecretSettings({ LAMBDA_TASK_ROOT: folder, ...key }), { tags: { team: "build" }, kmsKeyArn: "arn:key" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the webhook's secrets", () => {
  it("are never empty, or anyone could sign", () => {
    for (const text of ["", "{}", '{"current":""}', '{"current":7}', "plain-text-secret", "null"]) {
      assert.throws(
        () => parseSecrets(text, "ci-runners-webhook/jobs"),
        (error: Error) => {
          assert.match(error.message, /ci-runners-webhook\/jobs/);
          assert.doesNotMatch(error.message, /plain-text-secret/);
          return true;
        },
      );
    }
    assert.deepEqual(parseSecrets('{"current":"a","previous":""}', "x"), { current: "a" });
  });
});

import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { awsError } from "../../support/aws";
import { metrics } from "../../support/bundle";
import { bundleRuns, NO_SHARED_TOKEN, TAGS } from "../../support/bundle-runs";
import { INSTANCE, POOL, TOKEN, launchEvent } from "../../support/events";

describe("register function bundle", () => {
  const functions = bundleRuns();

  it("creates a token for all functions and stores it for its host; a second event reuses it and replaces the host's", async () => {
    const expiry = new Date(Date.now() + 3_600_000).toISOString();
    let created = 0;
    const result = await functions.run(
      "register",
      [launchEvent(), launchEvent()],
      {
        ...NO_SHARED_TOKEN,
        CreateSecret: () => (created++ < 2 ? { Name: "x" } : awsError("ResourceExistsException", "already exists")),
        PutSecretValue: () => ({ Name: "x" }),
      },
      () => ({ status: 201, body: { token: "AAAA", expires_at: expiry } }),
    );
    assert.equal(result.code, 0, result.stderr);
    const calls = ["GetSecretValue", "GetSecretValue", "CreateSecret", "CreateSecret", "CreateSecret", "PutSecretValue"];
    assert.deepEqual(result.awsCalls, calls);
    assert.equal(functions.gitHub.calls.filter((call) => call.endsWith("/registration-token")).length, 1);
    const [shared, own] = result.all("CreateSecret");
    assert.equal(shared.Name, `ci-runners/${POOL}/shared-token`);
    assert.deepEqual(shared.Tags.at(-1), { Key: "ci-runners:owner", Value: "functions" });
    const { Name, SecretString, Tags, KmsKeyId } = own;
    assert.equal(KmsKeyId, undefined, "AWS's own key, unless the pool has one");
    assert.equal(Name, `ci-runners/${POOL}/${INSTANCE}`);
    assert.deepEqual(JSON.parse(SecretString), { token: "AAAA", expiresAt: expiry });
    assert.deepEqual(Tags, [
      ...Object.entries(TAGS).map(([Key, Value]) => ({ Key, Value })),
      { Key: "ci-runners:pool", Value: POOL },
      { Key: "ci-runners:owner", Value: `AROAEXAMPLE:${INSTANCE}` },
    ]);
    assert.equal(functions.gitHub.calls.filter((call) => call.endsWith("/access_tokens")).length, 1);
    const line = result.lines.find(({ message }) => message === "registration token provided");
    assert.equal(line?.instanceId, INSTANCE);
    assert.equal(line?.lifecycleActionToken, TOKEN);
    assert.doesNotMatch(JSON.stringify(result.lines), /AAAA|ghs_installation|PRIVATE KEY/);
  });

  it("asks GitHub for nothing while the functions have a token, or a mass launch would exhaust its limits", async () => {
    const result = await functions.run("register", [launchEvent()], { CreateSecret: () => ({ Name: "x" }) }, () => ({ status: 500 }));
    assert.equal(result.code, 0, result.stderr);
    assert.equal(JSON.parse(result.parameters("CreateSecret").SecretString).token, "SHARED");
    assert.deepEqual([functions.gitHub.calls, result.awsCalls], [[], ["GetSecretValue", "CreateSecret"]]);
    assert.doesNotMatch(JSON.stringify(result.lines), /SHARED/);
  });

  it("creates the secret under the pool's own key, whose use an organization may demand", async () => {
    const key = "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
    const minted = () => ({ status: 201, body: { token: "AAAA", expires_at: "2026-11-22T04:00:00Z" } });
    const operations = { ...NO_SHARED_TOKEN, CreateSecret: () => ({ Name: "x" }) };
    const result = await functions.run("register", [launchEvent()], operations, minted, { [ENV.secretKmsKeyArn]: key });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      result.all("CreateSecret").map(({ KmsKeyId }) => KmsKeyId),
      [key, key],
    );
  });

  it("fails and counts the failure when GitHub refuses, and neither creates a secret nor logs a credential", async () => {
    const result = await functions.run("register", [launchEvent()], NO_SHARED_TOKEN, () => ({
      status: 403,
      body: { message: "Resource not accessible by integration" },
    }));
    assert.notEqual(result.code, 0);
    assert.deepEqual(result.awsCalls, ["GetSecretValue", "GetSecretValue"]);
    assert.deepEqual(metrics(result), { RegistrationFailures: 1 });
    assert.doesNotMatch(JSON.stringify(result.lines) + result.stderr, /ghs_installation|PRIVATE KEY|bearer/);
  });

  it("does not fail on a malformed event", async () => {
    const result = await functions.run("register", [launchEvent({ EC2InstanceId: null }), null], {}, () => ({}));
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(metrics(result), { MalformedEvents: 1 });
    assert.deepEqual(result.awsCalls, []);
  });
});

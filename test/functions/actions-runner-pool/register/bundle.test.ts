import assert from "node:assert/strict";
import { awsError } from "../../support/aws";
import { metrics } from "../../support/bundle";
import { bundleRuns } from "../../support/bundle-runs";
import { INSTANCE, POOL, TOKEN, launchEvent } from "../../support/events";

describe("register function bundle", () => {
  const functions = bundleRuns();

  it("mints a token and stores it for its host; a second event reuses the credentials and replaces the token", async () => {
    let created = 0;
    const result = await functions.run(
      "register",
      [launchEvent(), launchEvent()],
      {
        CreateSecret: () => (created++ === 0 ? { Name: "x" } : awsError("ResourceExistsException", "already exists")),
        PutSecretValue: () => ({ Name: "x" }),
      },
      () => ({ status: 201, body: { token: "AAAA", expires_at: "2026-11-22T04:00:00Z" } }),
    );
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["GetSecretValue", "CreateSecret", "CreateSecret", "PutSecretValue"]);
    const { Name, SecretString, Tags } = result.parameters("CreateSecret");
    assert.equal(Name, `ci-runners/${POOL}/${INSTANCE}`);
    assert.deepEqual(JSON.parse(SecretString), { token: "AAAA", expiresAt: "2026-11-22T04:00:00Z" });
    assert.deepEqual(Tags, [
      { Key: "ci-runners:pool", Value: POOL },
      { Key: "ci-runners:owner", Value: `AROAEXAMPLE:${INSTANCE}` },
    ]);
    assert.equal(functions.gitHub.calls.filter((call) => call.endsWith("/access_tokens")).length, 1);
    const line = result.lines.find(({ message }) => message === "registration token provided");
    assert.equal(line?.instanceId, INSTANCE);
    assert.equal(line?.lifecycleActionToken, TOKEN);
    assert.doesNotMatch(JSON.stringify(result.lines), /AAAA|ghs_installation|PRIVATE KEY/);
  });

  it("fails and counts the failure when GitHub refuses, and neither creates a secret nor logs a credential", async () => {
    const result = await functions.run("register", [launchEvent()], {}, () => ({
      status: 403,
      body: { message: "Resource not accessible by integration" },
    }));
    assert.notEqual(result.code, 0);
    assert.deepEqual(result.awsCalls, ["GetSecretValue"]);
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

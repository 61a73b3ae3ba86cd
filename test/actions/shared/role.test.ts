import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assumeRole } from "../../../actions/shared/role";

describe("the role that an action assumes", () => {
  const folder = mkdtempSync(join(tmpdir(), "ci-runners-role-"));
  after(() => rmSync(folder, { recursive: true }));

  it("comes from the token alone, whatever credentials an earlier step has left", () => {
    const env: NodeJS.ProcessEnv = { RUNNER_TEMP: folder, AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s", AWS_PROFILE: "admin" };
    const role = assumeRole("arn:aws:iam::123456789012:role/e2e", "e2e-4711", "t0ken", env);
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]) assert.equal(env[name], undefined, name);
    assert.deepEqual([env["AWS_CONFIG_FILE"], env["AWS_SHARED_CREDENTIALS_FILE"]], ["/dev/null", "/dev/null"]);
    assert.equal(env["AWS_ROLE_ARN"], "arn:aws:iam::123456789012:role/e2e");
    const file = env["AWS_WEB_IDENTITY_TOKEN_FILE"]!;
    assert.equal(readFileSync(file, "utf8"), "t0ken");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    role.renew("t0ken-2");
    assert.equal(readFileSync(file, "utf8"), "t0ken-2", "a start of more than an hour ends with an expired token");
    role.forget();
    assert.ok(!existsSync(file), "the token outlives its use");
  });

  it("has a session that STS accepts and that names the run", () => {
    const env: NodeJS.ProcessEnv = { RUNNER_TEMP: folder };
    assumeRole("arn", `a name with spaces/${"x".repeat(80)}`, "t", env).forget();
    assert.match(env["AWS_ROLE_SESSION_NAME"]!, /^[\w+=,.@-]{2,64}$/);
  });
});

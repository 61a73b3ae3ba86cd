import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { accountOf, configArguments, registrar } from "../../../host-config/actions-runner-pool/agent/registrar";
import { CONFIG, FakeHost } from "./fake-host";

describe("config.sh", () => {
  it("gets exactly the arguments that the pool's configuration implies", () => {
    const config = { ...CONFIG, noDefaultLabels: true, runnerGroup: "big ones" };
    assert.deepEqual(configArguments(config, "i-1"), [
      "--unattended",
      "--replace",
      "--url",
      "https://github.com/acme",
      "--name",
      "i-1",
      "--work",
      "_work",
      "--labels",
      "linux,x64",
      "--no-default-labels",
      "--runnergroup",
      "big ones",
    ]);
    assert.ok(!configArguments({ ...config, labels: [] }, "i-1").includes("--no-default-labels"), "config.sh refuses it without labels");
  });

  it("gets the token where no other user can read it, and its output is reported without the token", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    try {
      const user = userInfo().username;
      const script = `#!/bin/bash\necho "$*" >arguments\necho "$ACTIONS_RUNNER_INPUT_TOKEN" >token\necho "$PATH" >path\necho "refused: T0KEN"\nexit 1\n`;
      writeFileSync(join(folder, "config.sh"), script);
      chmodSync(join(folder, "config.sh"), 0o755);
      const runner = registrar({ ...CONFIG, runnerUser: user }, new FakeHost().imds, folder);
      assert.equal(await runner.registered(), false);
      await assert.rejects(runner.register("T0KEN"), { message: "config.sh: exit code 1: refused: ***" });
      assert.ok(!readFileSync(join(folder, "arguments"), "utf8").includes("T0KEN"));
      assert.equal(readFileSync(join(folder, "token"), "utf8"), "T0KEN\n");
      assert.match(readFileSync(join(folder, "path"), "utf8"), /\/usr\/local\/bin:.*\/bin/);
      writeFileSync(join(folder, ".runner"), "{}");
      assert.equal(await runner.registered(), true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("runs as the job's user, which must exist", () => {
    const passwd = "root:x:0:0::/root:/bin/bash\nrunner:x:1001:1002::/home/runner:/bin/bash\n";
    assert.deepEqual(accountOf("runner", passwd), { uid: 1001, gid: 1002, home: "/home/runner" });
    assert.throws(() => accountOf("run", passwd), /runnerUser run: no such local user/);
  });
});

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostProxy } from "../../../contract/shared/host-setup";
import { configArguments, registrar } from "../../../host-config/actions-runner-pool/agent/registrar";
import { accountOf } from "../../../host-config/shared/account";
import { inOwnUnit } from "../../../host-config/shared/config-script";
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
    const storage = { volumes: [{ device: "/dev/sdf", mountPoint: HOST_PATHS.work }] };
    assert.equal(configArguments({ ...config, storage }, "i-1")[7], HOST_PATHS.work, "the runner takes an absolute folder as it is");
    assert.ok(!configArguments({ ...config, labels: [] }, "i-1").includes("--no-default-labels"), "config.sh refuses it without labels");
  });

  it("gets the token where no other user can read it, and its output is reported without the token", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    try {
      const user = userInfo().username;
      const script = `#!/bin/bash\necho "$*" >arguments\necho "$ACTIONS_RUNNER_INPUT_TOKEN" >token\ntest -t 0 || cat >input\necho "refused: T0KEN"\nexit 1\n`;
      writeFileSync(join(folder, "config.sh"), script);
      chmodSync(join(folder, "config.sh"), 0o755);
      const starts: string[][] = [];
      const here = (_config: unknown, _folder: string, command: string[]) => {
        starts.push(command);
        return command;
      };
      const config = { ...CONFIG, runnerUser: user, runnerGroup: "big ones" };
      const runner = registrar(config, new FakeHost().imds, folder, here as typeof inOwnUnit);
      assert.equal(await runner.registered(), false);
      await assert.rejects(runner.register("T0KEN"), { message: "config.sh: exit code 1: refused: ***" });
      assert.equal(readFileSync(join(folder, "arguments"), "utf8"), `${configArguments(config, "i-0123456789abcdef0").join(" ")}\n`);
      assert.ok(!starts.flat().join(" ").includes("T0KEN"));
      assert.equal(readFileSync(join(folder, "token"), "utf8"), "T0KEN\n");
      assert.equal(readFileSync(join(folder, "input"), "utf8"), "");
      writeFileSync(join(folder, ".runner"), "{}");
      assert.equal(await runner.registered(), true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("runs nothing of the home that jobs wrote, although bash reads ~/.bashrc where its input is a socket", async () => {
    const home = mkdtempSync(join(tmpdir(), "home-"));
    try {
      writeFileSync(join(home, "config.sh"), "#!/bin/bash\n");
      chmodSync(join(home, "config.sh"), 0o755);
      for (const file of [".bashrc", ".bash_profile", ".bash_login", ".profile"]) writeFileSync(join(home, file), `touch ~/ran${file}\n`);
      const asUnit = ["env", "--ignore-environment", `HOME=${home}`, "PATH=/usr/bin:/bin"];
      const here = (_config: unknown, _folder: string, command: string[]) => [...asUnit, ...command];
      await registrar(CONFIG, new FakeHost().imds, home, here as typeof inOwnUnit).register("T0KEN");
      assert.deepEqual(
        readdirSync(home).filter((name) => name.startsWith("ran")),
        [],
      );
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("reaches GitHub by the stack's proxy, which is not yet in a unit of the runner's", () => {
    const words = (proxy?: HostProxy) => inOwnUnit({ ...CONFIG, proxy }, "/opt/actions-runner", ["bash"]);
    const given = words({ https: "http://proxy.corp:3128", noProxy: [".corp"] });
    assert.ok(given.includes("--setenv=https_proxy=http://proxy.corp:3128"), given.join(" "));
    assert.ok(given.some((word) => /^--setenv=no_proxy=.*169\.254\.169\.254.*,\.corp$/.test(word)));
    assert.ok(given.indexOf("--") > given.findIndex((word) => word.startsWith("--setenv=NO_PROXY=")));
    assert.ok(!words().some((word) => /proxy/i.test(word)));
  });

  it("is kept from the instance's credentials, because a job may have replaced it", () => {
    const words = (config: typeof CONFIG) => inOwnUnit(config, "/opt/actions-runner", ["bash", "-c", 'exec ./config.sh "$@"']);
    const unit = words(CONFIG);
    assert.ok(unit.includes("--property=IPAddressDeny=169.254.169.254 fd00:ec2::254"), unit.join(" "));
    assert.ok(!words({ ...CONFIG, jobsMayUseInstanceRole: true }).some((word) => word.includes("IPAddressDeny")));
    for (const word of [
      "--uid=runner",
      "--working-directory=/opt/actions-runner",
      "--property=NoNewPrivileges=yes",
      "--property=RuntimeMaxSec=180",
    ])
      assert.ok(unit.includes(word), word);
    assert.match(unit.join(" "), /--setenv=PATH=\S*\/usr\/local\/bin:\S*\/bin /, "a job takes its PATH from here");
    assert.equal(unit.at(-1), 'exec ./config.sh "$$@"', "systemd would replace a single dollar sign");
  });

  it("does not count as done where a job mounted a file system over the runner's folder, and asks nothing of that", async () => {
    const folder = mkdtempSync(join(tmpdir(), "covered-"));
    try {
      mkdirSync(join(folder, "proc/self"), { recursive: true });
      writeFileSync(join(folder, ".runner"), "{}");
      const registered = (mounts: string) => {
        writeFileSync(join(folder, "proc/self/mountinfo"), mounts);
        return registrar(CONFIG, new FakeHost().imds, folder, inOwnUnit, join(folder, "proc")).registered();
      };
      assert.equal(await registered(`91 22 0:51 / ${folder} rw shared:2 - fuse.x x rw\n`), false);
      assert.equal(await registered(`91 22 0:51 / ${folder}/_work/data rw shared:2 - fuse.sshfs x rw\n`), true, "a job's own business");
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

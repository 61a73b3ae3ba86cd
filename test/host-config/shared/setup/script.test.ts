import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { HOST_UNITS } from "../../../../contract/shared/host-units";
import { boundedExec } from "../../../../host-config/shared/prepare/exec";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import type { Exec, PrepareContext } from "../../../../host-config/shared/prepare/stage";
import { setupScript } from "../../../../host-config/shared/setup/script";

const INSTANCE = "i-0123456789abcdef0";
const SHA = "a".repeat(64);

/** Without systemd: the script runs as a child, with the variables that the unit would have. test/proofs/team has the real one. */
describe("the stage of the setup script", () => {
  let folder: string;
  let said: string[];
  let commands: string[][];
  let over: AbortController;
  /** What systemd would record of the script's end, if not what a child shows of it. */
  let recorded: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "setup-"));
    said = [];
    commands = [];
    recorded = undefined;
    over = new AbortController();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const paths = () => ({ script: join(folder, "script"), prepared: join(folder, "state/prepared"), end: join(folder, "end") });
  const systemctl: Exec = async (file, args) => {
    commands.push([file, ...args]);
    return { code: 0, stdout: "", stderr: "" };
  };
  /** The command that the shell would run, with the script in place of its unit, which systemd-run takes for a success. */
  const exec: Exec = async (file, args, options) => {
    const command = args.slice(args.indexOf("systemd-run"));
    commands.push(command);
    const variables = command.filter((arg) => arg.startsWith("--setenv=")).map((arg) => arg.slice("--setenv=".length));
    const shell = args.slice(0, args.indexOf("systemd-run"));
    const { code, ...outputs } = await boundedExec(over.signal)(file, [...shell, "env", "-i", ...variables, command.at(-1)!], options);
    const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
    const end = recorded ?? (signal === undefined ? `exited ${code}` : `killed ${signal.slice("SIG".length)}`);
    if (end !== "") writeFileSync(paths().end, `${end}\n`);
    return { code: 0, ...outputs };
  };

  async function run(script: string, { setup = {}, instance = INSTANCE }: { setup?: object; instance?: string } = {}): Promise<void> {
    writeFileSync(paths().script, script, { mode: 0o700 });
    const context: PrepareContext = {
      setup: { setupTimeout: 300, script: { key: "k", sha256: SHA }, ...setup },
      user: { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" },
      instance,
      deadline: over.signal,
      say: (line) => void said.push(line),
      exec,
    };
    await setupScript(paths(), systemctl).run(context);
  }

  async function reason(script: string): Promise<string> {
    const error = await run(script).then(
      () => assert.fail("it did not fail"),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof PrepareError, String(error));
    return error.message.replace(/after \d+ s/, "after N s");
  }

  it("reaches the network by the pool's proxy, without which its downloads hang where there is no other way", async () => {
    const proxy = { http: "http://web.corp:3128", https: "http://proxy.corp:3128", noProxy: [".corp"] };
    await run('#!/bin/sh\necho "$http_proxy $https_proxy $HTTPS_PROXY"; echo "$no_proxy"\n', { setup: { proxy } });
    assert.equal(said[0], "setup: http://web.corp:3128 http://proxy.corp:3128 http://proxy.corp:3128");
    assert.match(said[1]!, /^setup: .*169\.254\.169\.254.*,\.corp$/);
  });

  it("has a fixed environment, whatever the bootstrap's is, and names user and instance to the script", async () => {
    await run("#!/bin/sh\nenv | grep -vE '^(_|PWD|SHLVL)=' | sort\n", { setup: { docker: "rootless" } });
    assert.deepEqual(
      said,
      [
        `CI_RUNNERS_INSTANCE=${INSTANCE}`,
        "CI_RUNNERS_USER=runner",
        "DOCKER_HOST=unix:///run/ci-runners/docker/docker.sock",
        "HOME=/root",
        "LANG=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ].map((line) => `setup: ${line}`),
    );
  });

  it("is a unit whose bound and whose end systemd keeps, also if the bootstrap is killed", async () => {
    await run("#!/bin/sh\n");
    const command = commands.find(([file]) => file === "systemd-run")!;
    for (const part of [
      `--unit=${HOST_UNITS.setup}`,
      "--pipe",
      "--wait",
      "--property=RuntimeMaxSec=330",
      "--property=KillMode=control-group",
      `--property=ExecStopPost=/bin/sh -c 'echo $EXIT_CODE $EXIT_STATUS >${paths().end}'`,
    ]) {
      assert.ok(command.includes(part), part);
    }
    const before = commands.slice(0, commands.indexOf(command)).map((one) => one[1]);
    assert.deepEqual(before, ["kill", "stop", "reset-failed"], "one that a killed bootstrap has left would refuse the name");
  });

  it("runs once per machine, but again on a machine made from this one's image, and with another script", async () => {
    const script = "#!/bin/sh\necho ran\n";
    await run(script);
    assert.equal(readFileSync(paths().prepared, "utf8"), `${INSTANCE} ${SHA}\n`);
    await run(script);
    assert.deepEqual(said, ["setup: ran", "setup: has run on this machine before"]);
    await run(script, { instance: "i-0fedcba9876543210" });
    await run(script, { instance: "i-0fedcba9876543210", setup: { script: { key: "k", sha256: "b".repeat(64) } } });
    assert.equal(said.filter((line) => line === "setup: ran").length, 3);
  });

  it("does not count a script that failed as run", async () => {
    await reason("#!/bin/sh\nexit 3\n");
    assert.equal(existsSync(paths().prepared), false);
  });

  it("keeps its mark from jobs", async () => {
    await run("#!/bin/sh\n");
    assert.equal(statSync(paths().prepared).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, "state")).mode & 0o777, 0o700);
  });

  it("leaves a disk that the script has filled to the stage that has a reason for it", async () => {
    mkdirSync(join(folder, "state"));
    symlinkSync("/dev/full", `${paths().prepared}.new`);
    await run("#!/bin/sh\n");
    assert.deepEqual(said, ["setup: its mark could not be written, the disk is full"]);
  });

  it("gives exit code and last lines of a script that fails as the reason", async () => {
    const script = "#!/bin/sh\nfor n in 1 2 3; do echo line $n; done\necho 'no route to mirror' >&2\nexit 3\n";
    assert.equal(await reason(script), "setupScript: exit code 3 after N s: line 2 | line 3 | no route to mirror");
    assert.equal(await reason("#!/bin/sh\nexit 4\n"), "setupScript: exit code 4 after N s: it wrote nothing");
  });

  it("writes both outputs into one pipe, or an error might come before the lines that led to it", async () => {
    await run("#!/bin/bash\n[ /proc/$$/fd/1 -ef /proc/$$/fd/2 ]\n");
  });

  it("has a reason of at most three lines of 200 characters: a console shows no more", async () => {
    const found = await reason("#!/bin/sh\nhead -c 5000 /dev/zero | tr '\\0' x\nexit 1\n");
    assert.equal(found.length, "setupScript: exit code 1 after N s: ".length + 200);
  });

  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]) {
    it(`does not take ${signal} for a success, as systemd does, or a machine without its setup would take jobs`, async () => {
      const script = `#!/bin/sh\necho big\nkill -${signal.slice("SIG".length)} $$\n`;
      assert.equal(await reason(script), `setupScript: killed by ${signal} after N s: big`);
      assert.equal(existsSync(paths().prepared), false);
    });
  }

  it("counts by the script's own end: to systemd, one that leaves a process which ignores its end has failed", async () => {
    recorded = "exited 0";
    await run("#!/bin/sh\nexit 1\n");
  });

  it("fails if its end was not recorded, not even by an earlier script", async () => {
    writeFileSync(paths().end, "exited 0\n");
    recorded = "";
    await assert.rejects(run("#!/bin/sh\necho no bus\n"), /^Error: runner-setup\.service has left no exit status: no bus$/);
  });

  it("may open its inputs and outputs by name, as scripts do: Node.js's are sockets, which no program can open", async () => {
    await run("#!/bin/sh\nset -e\necho one >/dev/stderr\necho two | tee /dev/stderr >/dev/null\ncat /dev/stdin\n");
    assert.deepEqual(said, ["setup: one", "setup: two"]);
  });

  it("is ended with setupTimeout, with its last lines as the reason", async () => {
    const waiting = run("#!/bin/sh\necho waiting for the mirror\nsleep 600\n");
    const until = setInterval(() => said.length > 0 && over.abort(), 5);
    await assert.rejects(waiting, /^Error: setupScript: took longer than setupTimeout = 300 s: waiting for the mirror$/);
    clearInterval(until);
    const after = commands.slice(commands.findIndex(([file]) => file === "systemd-run") + 1);
    assert.deepEqual(after[0], ["systemctl", "kill", "--signal=KILL", HOST_UNITS.setup], "all its processes, at once");
  });

  it("names an interpreter that the image lacks, for which systemd has only a number", async () => {
    assert.equal(await reason("#!/opt/zsh -e\n"), "setupScript: this image has no /opt/zsh, which the script's first line names");
  });
});

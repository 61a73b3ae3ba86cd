import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { signsInChild } from "../../../host-config/actions-runner-pool/agent/signs-in-child";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { bundleEntries, bundleInputs } from "../../../host-config/actions-runner-pool/bundle";
import { hookServer } from "../../../host-config/actions-runner-pool/agent/hook-server";
import { jobCompletedHook, jobStartedHook } from "../../../host-config/actions-runner-pool/units/hooks";

describe("the host bundle", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "bundle-"));
    for (const { path, content } of bundleEntries()) writeFileSync(join(root, path), content);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const agent = (...args: string[]) => spawnSync(process.execPath, [join(root, "agent.cjs"), ...args], { encoding: "utf8" });

  it("has the same bytes each time and lists its sources", () => {
    const again = bundleEntries();
    assert.deepEqual(bundleEntries(), again);
    for (const input of [
      "host-config/actions-runner-pool/agent/main.ts",
      "host-config/actions-runner-pool/install.sh",
      "contract/actions-runner-pool/host.ts",
    ])
      assert.ok(bundleInputs().includes(input), input);
  });

  it("contains nothing of a pool or of this machine", () => {
    const text = bundleEntries()
      .map(({ content }) => content.toString())
      .join("\n");
    assert.ok(!text.includes(process.cwd()));
    assert.ok(!text.includes(process.env.HOME === "/root" ? "/root/" : process.env.HOME!));
  });

  it("rejects an unknown command, including names that every JavaScript object has", () => {
    for (const command of ["frobnicate", "constructor", ""]) {
      const result = agent(command);
      assert.equal(result.status, 64, command);
      assert.match(
        result.stderr,
        new RegExp(
          `unknown command "${command}"; one of: daemon, drain, reap, complete, heartbeat, install, prepare, storage, engine, logs, diagnostics, signs\\n`,
        ),
      );
    }
  });

  it("prints the job signs for the heartbeat, and nothing else", async () => {
    const program = [process.execPath, join(root, "agent.cjs"), "signs"];
    // This machine may run a unit of that name; its cgroup is not the test's business.
    assert.equal(typeof (await signsInChild(program, 60_000).read()).workers, "number");
  });

  it("does nothing on a machine without a configuration and exits 0, so that mixed versions are safe", () => {
    for (const command of ["complete", "heartbeat", "install", "prepare", "storage", "engine", "logs", "diagnostics", "daemon"]) {
      const result = agent(command);
      assert.equal(result.status, 0, `${command}: ${result.stderr}`);
      assert.match(result.stderr, /no configuration, nothing to do/);
      assert.equal(result.stdout, "", "standard output is the listener's log");
    }
  });
});

describe("the job hooks", () => {
  let root: string;
  let server: Server | undefined;
  const sockets: Socket[] = [];
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "hooks-"))));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    rmSync(root, { recursive: true, force: true });
  });

  /** Like the runner: `bash -e`, waiting for the end of the process and of its output. */
  function runHook(text: string): Promise<{ code: number; output: string }> {
    const path = join(root, "hook.sh");
    writeFileSync(path, text.replaceAll(PATHS.socket, join(root, "agent.sock")));
    return new Promise((resolve) => {
      execFile("bash", ["-e", path], { env: { PATH: process.env.PATH, RUNNER_TRACKING_ID: "github_x" } }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      );
    });
  }

  it("notify the agent once per hook, each on its own route", async () => {
    const received: string[] = [];
    let done = () => {};
    const both = new Promise<void>((resolve) => (done = resolve));
    server = hookServer((route) => received.push(route) === 2 && done());
    await new Promise<void>((resolve) => server!.listen(join(root, "agent.sock"), resolve));
    assert.deepEqual(await runHook(jobStartedHook()), { code: 0, output: "" });
    assert.deepEqual(await runHook(jobCompletedHook()), { code: 0, output: "" });
    await both;
    assert.deepEqual(received.sort(), ["/job-completed", "/job-started"]);
  });

  it("print nothing into the job's log if the request has ended before bash goes on, as on a busy machine", async () => {
    const ended = jobStartedHook().replace("\ndisown", "\nwait\ndisown");
    assert.notEqual(ended, jobStartedHook());
    assert.deepEqual(await runHook(ended), { code: 0, output: "" });
  });

  it("succeed without an agent", async () => {
    assert.deepEqual(await runHook(jobStartedHook()), { code: 0, output: "" });
    assert.deepEqual(await runHook(jobCompletedHook()), { code: 0, output: "" });
  });

  it("do not wait for an agent that accepts and never answers", async () => {
    let hungUp = false;
    const connected = new Promise<void>((resolve) => {
      server = createServer((socket) => {
        sockets.push(socket);
        socket
          .on("close", () => (hungUp = true))
          .on("error", () => undefined)
          .resume();
        resolve();
      }).listen(join(root, "agent.sock"));
    });
    const result = await runHook(jobStartedHook());
    assert.deepEqual(result, { code: 0, output: "" });
    await connected;
    assert.equal(hungUp, false, "the hook ended only when curl gave up");
  });

  it("run the user's own hook last and exit with its code", async () => {
    writeFileSync(join(root, "user.sh"), 'echo "user hook, arguments: $#"\nfalse\necho unreachable\n');
    const result = await runHook(jobStartedHook(join(root, "user.sh")));
    assert.deepEqual(result, { code: 1, output: "user hook, arguments: 0\n" });
    writeFileSync(join(root, "it's mine"), "#!/bin/sh\necho done; exit 0\n", { mode: 0o755 });
    assert.deepEqual(await runHook(jobCompletedHook(join(root, "it's mine"))), { code: 0, output: "done\n" });
  });

  it("do not fail the job of a user who has no process left, and still run the user's own hook", async function () {
    if (process.getuid!() !== 0) return this.skip();
    chmodSync(root, 0o755);
    writeFileSync(join(root, "user.sh"), "echo 'the hook of the user'\n");
    const withoutProcesses = (text: string) => {
      const path = join(root, "starved.sh");
      writeFileSync(path, text);
      const user = ["--reuid=12345", "--regid=12345", "--clear-groups"];
      return promisify(execFile)("setpriv", [...user, "bash", "-c", `ulimit -u 1; exec bash -e ${path}`]);
    };
    const [plain, own] = await Promise.all([jobStartedHook(), jobCompletedHook(join(root, "user.sh"))].map(withoutProcesses));
    assert.match(plain!.stderr, /fork: Resource temporarily unavailable/, "else the limit had no effect");
    assert.equal(own!.stdout, "the hook of the user\n");
  });

  it("can only make the agent read the job signs: other routes and methods are rejected", async () => {
    const received: string[] = [];
    server = hookServer((route) => received.push(route));
    await new Promise<void>((resolve) => server!.listen(join(root, "agent.sock"), resolve));
    const curl = (...args: string[]) =>
      new Promise<string>((resolve) =>
        execFile("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", join(root, "agent.sock"), ...args], (_e, out) =>
          resolve(out),
        ),
      );
    assert.equal(await curl("-X", "POST", "http://agent/stop"), "404");
    assert.equal(await curl("http://agent/job-started"), "404");
    assert.equal(await curl("-X", "POST", "http://agent/job-started"), "202");
    assert.deepEqual(received, ["/job-started"]);
  });
});

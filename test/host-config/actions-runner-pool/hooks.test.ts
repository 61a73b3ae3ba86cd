import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { hookText, jobCompletedHook, jobStartedHook } from "../../../host-config/actions-runner-pool/units/hooks";

describe("a job hook that cleans up after the job", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "hooks-"));
    chmodSync(root, 0o777);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const text = (cleanUp: string, userHook?: string) =>
    hookText({ route: "/job-completed", what: "After a job's last step", userHook, cleanUp }).replaceAll(
      PATHS.socket,
      join(root, "none.sock"),
    );
  const userHook = (content: string) => {
    writeFileSync(join(root, "user.sh"), content);
    return join(root, "user.sh");
  };
  const write = (content: string) => {
    writeFileSync(join(root, "hook.sh"), content);
    return join(root, "hook.sh");
  };
  /** Like the runner. */
  const run = (content: string, command: readonly string[] = ["bash", "-e", write(content)]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) =>
      execFile(command[0]!, command.slice(1), (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })),
    );

  it("is the same as ever without anything to clean up: the user's hook is executed in its place", () => {
    for (const hook of [jobStartedHook, jobCompletedHook]) {
      assert.equal(hook(), hook(undefined, ""));
      assert.match(hook("/opt/user.sh"), /^ {2}exec \/bin\/bash -e '\/opt\/user\.sh'$/m);
      assert.ok(hook("/opt/user.sh").endsWith("|| true\ngo_on\n"));
      assert.ok(!hook("/opt/user.sh").includes("clean_up"));
    }
  });

  it("passes shellcheck", () => {
    for (const user of [undefined, "/opt/it's here.sh", "/opt/done"])
      execFileSync("shellcheck", ["--shell=bash", "-"], { input: text("  echo cleaned\n", user) });
  });

  it("cleans up after the user's own hook, and exits with that hook's status", async () => {
    const user = userHook("echo user\nexit 7\n");
    assert.deepEqual(await run(text("  echo cleaned\n", user)), { code: 7, stdout: "user\ncleaned\n", stderr: "" });
    assert.deepEqual(await run(text("  echo cleaned\n")), { code: 0, stdout: "cleaned\n", stderr: "" });
  });

  it("does not fail the job whose clean-up fails, exits or is killed", async () => {
    for (const cleanUp of ["  false\n  return 9\n", "  exit 9\n", "  bash -c 'kill -9 $$'\n"]) {
      const { code, stdout } = await run(text(cleanUp, userHook("echo user\n")));
      assert.deepEqual([code, stdout], [0, "user\n"], cleanUp);
      assert.equal((await run(text(cleanUp, userHook("exit 4\n")))).code, 4, cleanUp);
    }
  });

  it("runs the user's hook in its place if the job has left no process to start it, and skips the clean-up", async function () {
    if (process.getuid!() !== 0) return this.skip();
    const hook = write(text("  echo cleaned\n", userHook("echo user\nexit 5\n")));
    const starved = `ulimit -u 1; exec bash -e ${hook}`;
    const result = await run("", ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "bash", "-c", starved]);
    assert.match(result.stderr, /fork: Resource temporarily unavailable/, "else the limit had no effect");
    assert.deepEqual([result.code, result.stdout], [5, "user\n"]);
  });

  it("does not fail the job that leaves no process for the clean-up alone", async function () {
    if (process.getuid!() !== 0) return this.skip();
    // The limit begins after the user's hook, as if that had used up what was left.
    const hook = write(text("  /bin/echo cleaned\n", userHook("echo user\n")).replace("clean_up || true", "ulimit -u 1\nclean_up || true"));
    const result = await run("", ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "bash", "-e", hook]);
    assert.match(result.stderr, /fork: Resource temporarily unavailable/, "else the limit had no effect");
    assert.deepEqual([result.code, result.stdout], [0, "user\n"]);
  });

  const first = (cleanUp: string, user?: string) => jobStartedHook(user, cleanUp).replaceAll(PATHS.socket, join(root, "none.sock"));

  it("cleans up before the user's own hook at the start of a job, or what that has started for the job would be gone", async () => {
    execFileSync("shellcheck", ["--shell=bash", "-"], { input: first("  echo cleaned\n", "/opt/user.sh") });
    const user = userHook("echo user\nexit 7\n");
    assert.deepEqual(await run(first("  echo cleaned\n", user)), { code: 7, stdout: "cleaned\nuser\n", stderr: "" });
    assert.deepEqual(await run(first("  echo cleaned\n")), { code: 0, stdout: "cleaned\n", stderr: "" });
    const last = jobCompletedHook(user, "  echo cleaned\n").replaceAll(PATHS.socket, join(root, "none.sock"));
    assert.deepEqual((await run(last)).stdout, "user\ncleaned\n");
  });

  it("runs the user's hook at the start of a job whatever becomes of the clean-up, and not for a job that is cancelled meanwhile", async () => {
    for (const cleanUp of ["  return 9\n", "  exit 9\n", "  bash -c 'kill -9 $$'\n"])
      assert.deepEqual((await run(first(cleanUp, userHook("echo user\n")))).stdout, "user\n", cleanUp);
    const child = spawn("bash", ["-e", write(first("  echo begun\n  sleep 0.5\n", userHook("echo user\n")))]);
    let output = "";
    child.stdout.on("data", (text: Buffer) => {
      output += text.toString();
      child.kill("SIGTERM");
    });
    assert.equal(await new Promise((resolve) => child.on("exit", resolve)), 143);
    assert.equal(output, "begun\n");
  });

  it("does not run the user's hook twice when the runner cancels the job during it", async () => {
    const count = join(root, "count");
    const hook = write(text("  echo cleaned\n", userHook(`echo x >>${count}\necho started\nsleep 0.5\n`)));
    const child = spawn("bash", ["-e", hook], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGTERM");
    assert.equal(await ended, 143);
    assert.ok(existsSync(count));
    assert.equal(readFileSync(count, "utf8"), "x\n");
  });
});

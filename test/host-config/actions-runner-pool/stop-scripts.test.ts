import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FORCED_STOP_MARKS, PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { afterStopScript, stopAgainScript, UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";
import { CONFIG } from "./fake-host";

/** Runs the real scripts; only the folders that they read and the programs that they call are replaced. */
describe("the unit's shell scripts", () => {
  let folder: string;
  let living: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stop-scripts-"));
    mkdirSync(join(folder, "cgroup", UNIT_CGROUP), { recursive: true });
    for (const name of ["run", "disk"]) mkdirSync(join(folder, name));
    put("systemctl", `echo "$@" >>${join(folder, "asked")}`);
  });

  afterEach(() => {
    living?.kill("SIGKILL");
    living = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (name: string, lines: string) => {
    writeFileSync(join(folder, name), `#!/bin/bash\n${lines}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const drains = () => (existsSync(join(folder, "drains")) ? readFileSync(join(folder, "drains"), "utf8").length : 0);

  /** Starts a process of that name in the unit's cgroup. */
  function live(comm: string): void {
    copyFileSync("/bin/sleep", join(folder, comm));
    chmodSync(join(folder, comm), 0o755);
    living = spawn(join(folder, comm), ["600"], { stdio: "ignore" });
    writeFileSync(join(folder, "cgroup", UNIT_CGROUP, "cgroup.procs"), `${living.pid}\n`);
  }

  /** @param drain shell code that the drain runs after it has been counted */
  async function run(script: string, drain: string): Promise<number | null> {
    put("node", `printf x >>${join(folder, "drains")}\ncount=$(wc -c <${join(folder, "drains")})\n${drain}`);
    const text = script
      .replaceAll("/sys/fs/cgroup/systemd", join(folder, "none"))
      .replaceAll("/sys/fs/cgroup", join(folder, "cgroup"))
      .replaceAll(PATHS.node, join(folder, "node"))
      .replaceAll("/proc/[0-9]*", join(folder, "proc/[0-9]*"))
      .replaceAll(PATHS.runtime, join(folder, "run"))
      .replaceAll(PATHS.home, join(folder, "disk"));
    put("script.sh", text);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    // Not spawnSync: this process must reap what the script waits for. SIGKILL, because the script ignores other signals. The
    // timeout is a bound on hangs.
    const child = spawn("bash", [join(folder, "script.sh")], { env, timeout: 200_000, killSignal: "SIGKILL", stdio: "ignore" });
    return ((await once(child, "exit")) as [number | null])[0];
  }

  it("restart a drain as often as it is killed, because otherwise systemd would signal the job", async () => {
    live("Runner.Listener");
    assert.equal(await run(stopAgainScript(CONFIG), '[ "$count" -lt 3 ] && kill -KILL $$; exit 0'), 0);
    assert.equal(drains(), 3);
  });

  it("start no drain when no process is left, nor after a forced stop", async () => {
    assert.equal(await run(stopAgainScript(CONFIG), "exit 0"), 0);
    live("Runner.Worker");
    for (const mark of FORCED_STOP_MARKS) {
      const place = join(folder, mark.startsWith(PATHS.runtime) ? "run" : "disk", "forced-stop");
      writeFileSync(place, "");
      assert.equal(await run(stopAgainScript(CONFIG), "exit 0"), 0);
      rmSync(place);
    }
    assert.equal(drains(), 0);
    assert.equal(await run(stopAgainScript(CONFIG), "exit 0"), 0);
    assert.equal(drains(), 1, "without a mark it drains what is left");
  });

  it("see a runner that a job moved out of the unit's cgroup, but not one of another service", async () => {
    const process = (pid: number, comm: string, cgroup: string) => {
      mkdirSync(join(folder, "proc", String(pid)), { recursive: true });
      writeFileSync(join(folder, "proc", String(pid), "comm"), `${comm}\n`);
      writeFileSync(join(folder, "proc", String(pid), "cgroup"), `0::${cgroup}\n`);
    };
    process(21, "Runner.Listener", "/system.slice/another-runner.service");
    process(22, "Runner.Listener", "/user.slice/user-0.slice/session-1.scope");
    process(23, "bash", "/user.slice/user-1001.slice/user@1001.service/app.slice/x.service");
    assert.equal(await run(afterStopScript(), "exit 0"), 0);
    assert.equal(drains(), 0);
    process(24, "Runner.Listener", "/user.slice/user-1001.slice/user@1001.service/app.slice/x.service");
    assert.equal(await run(afterStopScript(), "exit 0"), 0);
    assert.equal(await run(stopAgainScript(CONFIG), "exit 0"), 0);
    assert.equal(drains(), 2);
    rmSync(join(folder, "proc/24/cgroup"));
    assert.equal(await run(stopAgainScript(CONFIG), "exit 0"), 0);
    assert.equal(drains(), 3, "a path that the kernel does not show counts as moved");
  });

  it("wait for a worker when the agent cannot run at all", async () => {
    live("Runner.Worker");
    const ends = `kill -KILL ${living!.pid}; exit 1`;
    assert.equal(await run(stopAgainScript(CONFIG), ends), 0);
    assert.equal(drains(), 1);
  });

  describe("when the agent cannot run at all and an idle listener is left", () => {
    const perf = () => join(folder, "run/perf/Runner.perf");
    /** A message of so many milliseconds ago, at the time of the call: a test may run long after this file was loaded. */
    const received =
      (ms: number, type = "RunnerJobRequest") =>
      () =>
        `MessageReceived_${type}:${new Date(Date.now() - ms).toISOString()}\n`;
    const served = () => `${received(1_000)()}StartingWorkerProcess:x\n`;
    const slept = () => readFileSync(join(folder, "slept"), "utf8").length;
    beforeEach(() => {
      live("Runner.Listener");
      mkdirSync(join(folder, "run/perf"));
    });
    /** A second passes at once; after 30 of them the command runs. */
    const afterThirty = (command: string) =>
      put("sleep", `printf x >>${join(folder, "slept")}\n[ $(wc -c <${join(folder, "slept")}) -eq 30 ] && ${command}\nexit 0`);

    for (const [what, log, seconds] of [
      ["for as long as its last message may bring a job", received(1_000), 40],
      ["10 s if it has received none", undefined, 10],
      ["10 s if its last message was no job", received(1_000, "JobCancellation"), 10],
      ["10 s after the acquisition can no longer succeed", received(601_000), 10],
      ["10 s if the worker of its last message was started before", served, 10],
    ] as const) {
      it(`wait ${what}`, async () => {
        if (log !== undefined) writeFileSync(perf(), log());
        afterThirty(`echo StartingWorkerProcess:x >>${perf()}`);
        assert.equal(await run(stopAgainScript(CONFIG), "exit 1"), 0);
        assert.equal(slept(), seconds);
      });
    }

    it("wait while its log cannot be read, because a job may hide a message there", async () => {
      mkdirSync(perf());
      afterThirty(`rmdir ${perf()}`);
      assert.equal(await run(stopAgainScript(CONFIG), "exit 1"), 0);
      assert.equal(slept(), 40);
    });
  });

  it("drain what a crash of runsvc.sh left behind before the unit counts as stopped, then start the completion", async () => {
    const asked = () => readFileSync(join(folder, "asked"), "utf8");
    assert.equal(await run(afterStopScript(), "exit 0"), 0);
    assert.equal(drains(), 0, "a normal stop leaves nothing behind");
    live("Runner.Listener");
    assert.equal(await run(afterStopScript(), "exit 1"), 0);
    assert.equal(drains(), 1);
    assert.equal(asked(), `start --no-block ${UNITS.complete}\n`.repeat(2));
  });
});

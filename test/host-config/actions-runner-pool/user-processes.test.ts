import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcessesOf, killAllBy, processesOf } from "../../../host-config/actions-runner-pool/agent/user-processes";
import { FakeHost } from "./fake-host";

const RUNNER = { user: "runner", uid: 1001, gid: 1001 };
/** Of no account: all processes of this uid are killed here. */
const REAL = { user: "reuse-test", uid: 64_937, gid: 64_937 };

describe("the processes of the job's user", () => {
  let folder: string;
  let files: { proc: string; subordinates: string };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "processes-"));
    files = { proc: join(folder, "proc"), subordinates: join(folder, "subuid") };
    mkdirSync(files.proc);
    writeFileSync(files.subordinates, "other:100000:65536\nrunner:165536:65536\n1001:300000:10\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(
    pid: number,
    uids: string,
    { state = "S (sleeping)", threads = 1, pids = `${pid}`, cgroup = "/system.slice/actions-runner.service" } = {},
  ): void {
    mkdirSync(join(files.proc, `${pid}`), { recursive: true });
    const lines = [`Name:\tp${pid}`, `State:\t${state}`, `NSpid:\t${pids}`, `Uid:\t${uids.split(" ").join("\t")}`, `Threads:\t${threads}`];
    writeFileSync(join(files.proc, `${pid}/status`), `${lines.join("\n")}\n`);
    writeFileSync(join(files.proc, `${pid}/cgroup`), `0::${cgroup}\n`);
  }
  const found = () => processesOf(RUNNER, files).map(({ pid }) => pid);

  it("are found by any of their uids, also a subordinate one: a program of root's that a job started, a rootless container", () => {
    put(1, "0 0 0 0");
    put(10, "1001 1001 1001 1001");
    put(11, "1001 0 0 0");
    put(12, "0 0 1001 0");
    put(13, "165536 165536 165536 165536");
    put(14, "300009 300009 300009 300009");
    put(15, "231072 231072 231072 231072");
    put(16, "100000 100000 100000 100000");
    put(17, "10010 10010 10010 10010");
    assert.deepEqual(found(), [10, 11, 12, 13, 14]);
  });

  it("count until their last thread has ended, and no longer: nothing ends a process that its parent does not wait for", () => {
    put(10, "1001 1001 1001 1001", { state: "Z (zombie)", threads: 2 });
    put(11, "1001 1001 1001 1001", { state: "Z (zombie)" });
    assert.deepEqual(found(), [10]);
  });

  it("count in a process namespace of their own, such as a setuid sandbox gives them, wherever a job can put them", () => {
    const manager = "/user.slice/user-1001.slice/user@1001.service";
    for (const [pid, cgroup] of [
      [10, "/system.slice/actions-runner.service"],
      [11, `${manager}/docker-0123.scope`],
      [12, `${manager}/machine.slice/libpod-0123.scope`],
      [13, "/system.slice/cron.service"],
    ] as const)
      put(pid, "1001 1001 1001 1001", { pids: `${pid} 1`, cgroup });
    assert.deepEqual(found(), [10, 11, 12, 13]);
  });

  it("do not count in a container of root's that knows that uid: its engine may start it again at once", () => {
    for (const cgroup of [
      "/system.slice/docker-0123.scope",
      "/machine.slice/libpod-0123.scope/container",
      "/docker/0123",
      "/kubepods.slice/pod",
    ])
      put(10, "1001 1001 1001 1001", { pids: "10 1", cgroup });
    assert.deepEqual(found(), []);
    put(10, "1001 1001 1001 1001", { cgroup: "/docker/0123" });
    assert.deepEqual(found(), [10], "no container has the machine's process namespace");
  });

  it("are not taken for ended because they cannot be read", () => {
    mkdirSync(join(files.proc, "10/status"), { recursive: true });
    assert.throws(found, /EISDIR/);
  });

  it("are reported by name if they survive for 10 s, or if the call that reaches all of them fails for as long", async () => {
    const { clock, ...host } = new FakeHost();
    await assert.rejects(
      endProcessesOf(RUNNER, clock, () => Promise.reject(new Error("EAGAIN")), files),
      /0 processes of runnerUser runner .*EAGAIN/,
    );
    // Above the highest pid of any kernel, so that the test signals nothing.
    put(2 ** 22 + 1, "1001 1001 1001 1001");
    await assert.rejects(
      endProcessesOf(RUNNER, clock, async () => undefined, files),
      /1 processes of runnerUser runner are left.*p4194305 \(4194305\)/,
    );
    assert.ok(host.logged.length === 0);
  });

  it("are never those of root, which the same call would end with the machine", async () => {
    for (const uid of [0, Number.NaN]) {
      const never = () => assert.fail("called");
      await assert.rejects(endProcessesOf({ ...RUNNER, uid }, new FakeHost().clock, never, files), /not that of an unprivileged user/);
    }
  });

  it("end as chains of forks in the cgroup of another service, such as cron's, where no reading finds them", async function () {
    if (process.getuid!() !== 0) return this.skip();
    const chain = "import os,time\nwhile True:\n  try:\n    if os.fork(): os._exit(0)\n  except OSError: pass";
    const options = { uid: REAL.uid, gid: REAL.gid, detached: true, stdio: "ignore", cwd: "/" } as const;
    const chains = [1, 2, 3].map(() => spawn("python3", ["-c", chain], options));
    const sleeper = spawn("sleep", ["1000"], options);
    await Promise.all(chains.map((one) => once(one, "exit")));
    const clock = { now: () => performance.now(), sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
    const ended = once(sleeper, "exit");
    const identity = ["setpriv", `--reuid=${REAL.uid}`, `--regid=${REAL.gid}`, "--clear-groups"];
    await endProcessesOf(
      REAL,
      clock,
      killAllBy((_folder, _seconds, command) => [...identity, ...command]),
    );
    assert.deepEqual(processesOf(REAL), []);
    await ended;
  });
});

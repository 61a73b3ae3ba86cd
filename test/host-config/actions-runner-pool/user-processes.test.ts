import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcessesOf, processesOf } from "../../../host-config/actions-runner-pool/agent/user-processes";
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
    mkdirSync(join(files.proc, "self/ns"), { recursive: true });
    symlinkSync("user:[1]", join(files.proc, "self/ns/user"));
    writeFileSync(files.subordinates, "other:100000:65536\nrunner:165536:65536\n1001:300000:10\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(pid: number, uids: string, { state = "S (sleeping)", threads = 1, pids = `${pid}`, namespace = 1 } = {}): void {
    mkdirSync(join(files.proc, `${pid}/ns`), { recursive: true });
    const lines = [`Name:\tp${pid}`, `State:\t${state}`, `NSpid:\t${pids}`, `Uid:\t${uids.split(" ").join("\t")}`, `Threads:\t${threads}`];
    writeFileSync(join(files.proc, `${pid}/status`), `${lines.join("\n")}\n`);
    symlinkSync(`user:[${namespace}]`, join(files.proc, `${pid}/ns/user`));
  }
  const found = () => processesOf(RUNNER, files).map(({ pid }) => pid);

  it("are found by any of their uids, also a subordinate one: a program of root's that a job started, a rootless container", () => {
    put(1, "0 0 0 0");
    put(10, "1001 1001 1001 1001");
    put(11, "1001 0 0 0");
    put(12, "0 0 1001 0");
    put(13, "165536 165536 165536 165536", { namespace: 2 });
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

  it("count in a namespace of their own, which a job can make, but not in a container of root's that knows that uid", () => {
    put(10, "1001 1001 1001 1001", { pids: "10 1", namespace: 2 });
    put(11, "1001 1001 1001 1001", { pids: "11 1" });
    assert.deepEqual(found(), [10]);
  });

  it("are not taken for ended because they cannot be read", () => {
    mkdirSync(join(files.proc, "10/status"), { recursive: true });
    assert.throws(found, /EISDIR/);
  });

  it("are reported by name if they survive for 10 s, or if the call that reaches all of them fails for as long", async () => {
    const { clock, ...host } = new FakeHost();
    await assert.rejects(
      endProcessesOf(RUNNER, clock, files, () => Promise.reject(new Error("EAGAIN"))),
      /0 processes of runnerUser runner .*EAGAIN/,
    );
    // Above the highest pid of any kernel, so that the test signals nothing.
    put(2 ** 22 + 1, "1001 1001 1001 1001");
    await assert.rejects(
      endProcessesOf(RUNNER, clock, files, async () => undefined),
      /1 processes of runnerUser runner are left.*p4194305 \(4194305\)/,
    );
    assert.ok(host.logged.length === 0);
  });

  it("are never those of root, which the same call would end with the machine", async () => {
    for (const uid of [0, Number.NaN]) {
      const never = () => assert.fail("called");
      await assert.rejects(endProcessesOf({ ...RUNNER, uid }, new FakeHost().clock, files, never), /not that of an unprivileged user/);
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
    await endProcessesOf(REAL, clock);
    assert.deepEqual(processesOf(REAL), []);
    await ended;
  });
});

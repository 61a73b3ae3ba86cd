import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inFlight } from "../../../host-config/actions-runner-pool/agent/in-flight";
import { listenerAmong, unitProcesses, type UnitProcess } from "../../../host-config/actions-runner-pool/agent/processes";
import { jobSigns } from "../../../host-config/actions-runner-pool/agent/job-signs";
import { UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";
import { START } from "./fake-host";

describe("a job in flight", () => {
  const idle = { listener: 7, workers: 0, announced: "idle" as const, announcedAt: START };

  it("is shown by any one of three signs", () => {
    assert.equal(inFlight(idle, START), undefined);
    assert.equal(inFlight({ ...idle, workers: 1 }, START), "worker");
    assert.equal(inFlight({ ...idle, announced: "busy" }, START), "announced");
    assert.equal(inFlight({ ...idle, messageAt: START + 5 }, START + 9), "message");
  });

  it("is not shown by the announcement of a dead listener, but is shown by its worker", () => {
    assert.equal(inFlight({ workers: 0, announced: "busy" }, START), undefined);
    assert.equal(inFlight({ workers: 1 }, START), "worker");
  });

  it("is waited for during all of the listener's tries to acquire it, and no longer than GitHub waits", () => {
    assert.equal(inFlight({ ...idle, messageAt: START + 5 }, START + 590_000), "message");
    assert.equal(inFlight({ ...idle, messageAt: START + 5 }, START + 601_000), undefined);
  });

  it("is never shown without a bound, not even by an announcement without a time", () => {
    assert.equal(inFlight({ listener: 7, workers: 0, announced: "busy" }, START), undefined);
    assert.equal(inFlight({ listener: 7, workers: 0, announced: "busy" }, START, START - 1_000), "announced");
  });

  it("may be a message of the same second as the announcement, because the timestamps cannot order the two", () => {
    assert.equal(inFlight({ ...idle, messageAt: START }, START + 100), "message");
    assert.equal(inFlight({ ...idle, messageAt: START - 1 }, START + 100), undefined);
  });

  it("may be a message that seems older than an announcement from before the clock was set back", () => {
    const setBack = { ...idle, announcedAt: START, messageAt: START - 18_000 };
    assert.equal(inFlight(setBack, START - 17_000), "message");
    assert.equal(inFlight(setBack, START), undefined);
  });
});

describe("the reading of the job signs", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "signs-"));
    mkdirSync(join(folder, "proc", "self"), { recursive: true });
    mounted("self", "tmpfs", join(folder, "perf"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The kernel's list has this mount after the root's. */
  const mounted = (pid: string, type: string, at: string) =>
    writeFileSync(
      join(folder, "proc", pid, "mountinfo"),
      `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n91 22 0:51 / ${at} rw,nosuid shared:2 - ${type} source rw\n`,
    );
  const signs = (processes: UnitProcess[]) =>
    jobSigns({
      processes: () => processes,
      listenerLog: join(folder, "listener.log"),
      perfLog: join(folder, "Runner.perf"),
      proc: join(folder, "proc"),
    }).read();
  const listener = [{ pid: 7, comm: "Runner.Listener", parent: 6, started: 100 }];

  it("reads only the end of a log of several megabytes", async () => {
    writeFileSync(
      join(folder, "listener.log"),
      `${"2026-11-22 10:00:00Z: Running job: x\n".repeat(50_000)}2026-11-22 10:00:09Z: Listening for Jobs\n`,
    );
    assert.equal((await signs(listener)).announced, "idle");
  });

  it("counts a message only if it arrived after the current listener started, because a dead listener's brings no job", async () => {
    const minuteAgo = new Date(Date.now() - 60_000).toISOString().replace("Z", "0000Z");
    writeFileSync(join(folder, "Runner.perf"), `MessageReceived_RunnerJobRequest:${minuteAgo}\n`);
    const log = `${minuteAgo.slice(0, 19).replace("T", " ")}Z: Running job: x\nStarted listener process, pid: `;
    const successor = spawn("sleep", ["60"]);
    try {
      writeFileSync(join(folder, "listener.log"), `${log}${successor.pid}\n`);
      const seen = await signs([{ pid: successor.pid!, comm: "Runner.Listener", parent: 1, started: 0 }]);
      assert.ok(Math.abs(seen.announcedAt! - Date.now()) < 30_000, "the listener has only just started");
      assert.equal(inFlight(seen, Date.now()), undefined);
      // Its own message counts.
      writeFileSync(join(folder, "Runner.perf"), `MessageReceived_RunnerJobRequest:${new Date().toISOString()}\n`);
      assert.equal(inFlight(await signs([{ pid: successor.pid!, comm: "Runner.Listener", parent: 1, started: 0 }]), Date.now()), "message");
    } finally {
      successor.kill();
    }
  });

  describe("with the listener's diagnostic log", () => {
    const second = Math.floor(Date.now() / 1000) * 1000;
    const stamp = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
    const log = () => join(folder, "_diag", "Runner_20261122-100000-utc.log");
    beforeEach(() => {
      mkdirSync(join(folder, "_diag"));
      for (const name of ["fd", "fdinfo"]) mkdirSync(join(folder, "proc", "7", name), { recursive: true });
      writeFileSync(join(folder, "proc", "7", "fdinfo", "21"), "pos:\t0\nflags:\t0100001\nmnt_id:\t91\n");
      mounted("7", "ext4", "/opt");
      writeFileSync(join(folder, "Runner.perf"), `MessageReceived_RunnerJobRequest:${new Date(second).toISOString()}\n`);
      writeFileSync(
        log(),
        `[${stamp(second)} INFO BrokerMessageListener] Acknowledging runner request '1'.\n[${stamp(second)} INFO Runner] Skipping message Job. x\n`,
      );
    });

    it("does not wait for a message that the listener says it skips, and tells that GitHub refused the job", async () => {
      symlinkSync(log(), join(folder, "proc", "7", "fd", "21"));
      const seen = await signs(listener);
      assert.deepEqual([seen.messageAt, seen.skippedMessageAt, seen.skippedAt], [undefined, second, second]);
    });

    it("waits for the message if the listener holds no such log open, whatever lies in the folder", async () => {
      symlinkSync(join(folder, "Runner.perf"), join(folder, "proc", "7", "fd", "20"));
      const seen = await signs(listener);
      assert.deepEqual([seen.messageAt, seen.skippedMessageAt, seen.skippedAt], [second, undefined, undefined]);
    });

    it("asks no file system of the job's user for a log that the listener has open there, and waits for the message", async () => {
      symlinkSync(log(), join(folder, "proc", "7", "fd", "21"));
      mounted("7", "fuse.x", "/opt/actions-runner");
      assert.equal((await signs(listener)).messageAt, second);
    });

    it("does not block on a pipe with the log's name", async () => {
      rmSync(log());
      execFileSync("mkfifo", [log()]);
      symlinkSync(log(), join(folder, "proc", "7", "fd", "21"));
      assert.equal((await signs(listener)).messageAt, second);
    });
  });

  it("neither blocks on nor follows what the job's user puts in place of the performance log, nor takes it for an empty one", async () => {
    const perfLog = join(folder, "Runner.perf");
    writeFileSync(join(folder, "secret"), "MessageReceived_RunnerJobRequest:2026-11-22T10:00:00.0000000Z\n");
    symlinkSync(join(folder, "secret"), perfLog);
    await assert.rejects(signs(listener), /ELOOP/);
    rmSync(perfLog);
    execFileSync("mkfifo", [perfLog]);
    await assert.rejects(signs(listener), /Runner\.perf is not a regular file/);
    rmSync(perfLog);
    mkdirSync(perfLog);
    await assert.rejects(signs(listener), /Runner\.perf is not a regular file/);
  });

  it("does not take a message that the job hides behind a mount for none, nor asks the mounted file system", async () => {
    assert.equal((await signs(listener)).messageAt, undefined, "a runner that has received nothing has no such file yet");
    for (const covered of [folder, join(folder, "Runner.perf")]) {
      mounted("self", "fuse.x", covered);
      await assert.rejects(signs(listener), new RegExp(`${covered} is covered by a file system of type fuse.x`));
      const worker = { pid: 8, comm: "Runner.Worker", parent: 7, started: 200 };
      assert.equal((await signs([...listener, worker])).workers, 1, "the job that shows must still be protected");
      assert.deepEqual(await signs([]), { workers: 0 }, "without a listener no message counts, so nothing is waited for");
    }
  });

  it("finds the unit's processes in its cgroup and child cgroups, without zombies", () => {
    const unit = join(folder, "cgroup", UNIT_CGROUP);
    mkdirSync(join(unit, "inner"), { recursive: true });
    writeFileSync(join(unit, "cgroup.procs"), "11\n12\n13\n");
    writeFileSync(join(unit, "inner", "cgroup.procs"), "14\n");
    const stat = (pid: number, comm: string, state: string, started: number) =>
      `${pid} (${comm}) ${state} 9${" 0".repeat(17)} ${started} 0 0\n`;
    const stats = {
      11: stat(11, "Runner.Listener", "S", 100),
      12: stat(12, "odd ) name", "R", 101),
      13: stat(13, "Runner.Worker", "Z", 102),
      14: stat(14, "Runner.Worker", "S", 103),
    };
    for (const [pid, stat] of Object.entries(stats)) {
      mkdirSync(join(folder, "proc", pid), { recursive: true });
      writeFileSync(join(folder, "proc", pid, "stat"), stat);
    }
    const found = unitProcesses([join(folder, "cgroup"), join(folder, "absent")], join(folder, "proc"));
    assert.deepEqual(found, [
      { pid: 11, comm: "Runner.Listener", parent: 9, started: 100 },
      { pid: 12, comm: "odd ) name", parent: 9, started: 101 },
      { pid: 14, comm: "Runner.Worker", parent: 9, started: 103 },
    ]);
  });

  it("finds the runner's programs that a job moved to its user's slice, and no others there", () => {
    const user = "/user.slice/user-1001.slice/user@1001.service/app.slice/x.service";
    const put = (pid: number, comm: string, parent: number, cgroup: string, more: { exe?: string; nspid?: string } = {}) => {
      const at = join(folder, "proc", String(pid));
      mkdirSync(at, { recursive: true });
      writeFileSync(join(at, "stat"), `${pid} (${comm}) S ${parent} ${"0 ".repeat(17)}${pid} 0\n`);
      writeFileSync(join(at, "cgroup"), `0::${cgroup}\n`);
      writeFileSync(join(at, "status"), `Name:\t${comm}\nNSpid:\t${more.nspid ?? pid}\n`);
      symlinkSync(more.exe ?? "/usr/bin/x", join(at, "exe"));
    };
    mkdirSync(join(folder, "cgroup", UNIT_CGROUP), { recursive: true });
    writeFileSync(join(folder, "cgroup", UNIT_CGROUP, "cgroup.procs"), "10\n");
    put(10, "node", 1, `/${UNIT_CGROUP}`);
    put(11, "runsvc.sh", 1, user);
    put(12, "node", 11, user);
    put(13, "Runner.Listener", 12, user);
    put(14, "Runner.Worker", 13, user);
    put(15, "MainThread", 1, user, { exe: "/opt/actions-runner/externals/node20/bin/node" });
    put(20, "bash", 1, user);
    put(21, "Runner.Worker", 20, user, { nspid: "21\t1" });
    put(22, "Runner.Listener", 1, "/system.slice/runner-agent.service");
    put(23, "Runner.Listener", 1, "/user.slice/user-0.slice/session-1.scope");
    const found = () => unitProcesses([join(folder, "cgroup"), join(folder, "absent")], join(folder, "proc"));
    assert.deepEqual(
      found().map(({ pid }) => pid),
      [10],
      "nobody is logged in, so nothing can have been moved",
    );
    mkdirSync(join(folder, "cgroup/user.slice/user-1001.slice"), { recursive: true });
    assert.deepEqual(
      found().map(({ pid, moved }) => [pid, moved ?? false]),
      [
        [10, false],
        [11, true],
        [12, true],
        [13, true],
        [14, true],
        [15, true],
      ],
    );
    assert.equal(listenerAmong(found(), 11), 13);
  });

  it("is not misled by a decoy beside the user's service manager, although the whole service was moved there", () => {
    const one = (pid: number, comm: string, parent: number, started: number): UnitProcess => ({ pid, comm, parent, started, moved: true });
    const decoy = [one(40, "runsvc.sh", 1, 10), one(41, "node", 40, 11), one(42, "Runner.Listener", 41, 12)];
    const own = [one(50, "runsvc.sh", 1, 100), one(51, "node", 50, 101), one(70, "Runner.Listener", 51, 500)];
    const drain: UnitProcess = { pid: 90, comm: "node", parent: 1, started: 900 };
    assert.equal(listenerAmong([...decoy, ...own, drain], 50), 70, "systemd tells the stop commands the main process");
    const inUnit = own.map(({ moved, ...process }) => process);
    assert.equal(listenerAmong([...decoy, ...inUnit, drain]), 70, "an older process outside of the unit is not its first");
  });

  it("is not misled by processes of a job that have the listener's name", () => {
    const one = (pid: number, comm: string, parent: number, started: number): UnitProcess => ({ pid, comm, parent, started });
    const service = [one(50, "runsvc.sh", 1, 100), one(51, "node", 50, 101)];
    const own = one(70, "Runner.Listener", 51, 500);
    const orphan = one(60, "Runner.Listener", 1, 300);
    const child = one(80, "Runner.Listener", 79, 600);
    const job = [one(78, "Runner.Worker", 70, 590), one(79, "bash", 78, 595)];
    // An orphan may be older than the listener that was relaunched meanwhile.
    assert.equal(listenerAmong([orphan, child, ...job, own, ...service]), 70);
    assert.equal(listenerAmong([own]), 70);
    assert.equal(listenerAmong([...service, orphan]), 60, "with no other candidate, it may be a listener whose service was killed");
    assert.equal(listenerAmong([orphan, { ...own, parent: 1 }]), 60, "the oldest one when the service is gone");
    assert.equal(listenerAmong(service), undefined);
  });
});

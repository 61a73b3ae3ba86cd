import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastAnnouncement, lastJobMessage } from "../../../host-config/actions-runner-pool/agent/announcements";
import { inFlight } from "../../../host-config/actions-runner-pool/agent/in-flight";
import { listenerAmong, unitProcesses, type UnitProcess } from "../../../host-config/actions-runner-pool/agent/processes";
import { jobSigns } from "../../../host-config/actions-runner-pool/agent/job-signs";
import { UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";
import { START } from "./fake-host";

describe("the parser of the runner's announcements and messages", () => {
  it("takes the last announcement and ignores what runsvc and the update print in between", () => {
    const log = [
      "Starting Runner listener with startup type: service",
      "2026-11-22 10:00:00Z: Listening for Jobs",
      "2026-11-22 10:01:00Z: Running job: build (linux)",
      "2026-11-22 10:02:00Z: Job build (linux) completed with result: Succeeded",
      "Runner listener exited with error code 3",
      "",
    ];
    assert.equal(lastAnnouncement(log.join("\n"))?.state, "idle");
    assert.equal(lastAnnouncement(log.slice(0, 3).join("\n"))?.state, "busy");
    assert.equal(lastAnnouncement(log.slice(0, 3).join("\n"))?.at, Date.parse("2026-11-22T10:01:00Z"));
    assert.equal(lastAnnouncement(log[0]!), undefined);
  });

  it("does not attribute an announced job to the listener that was started after a crash", () => {
    const log = "2026-11-22 10:01:00Z: Running job: build\nRunner listener exited with error code null\n";
    assert.equal(lastAnnouncement(log)?.state, "busy");
    assert.equal(lastAnnouncement(`${log}Started listener process, pid: 4711\n`)?.state, "idle");
  });

  it("ignores a message once its worker has started, even within the same second, but not a later message", () => {
    const log = ["MessageReceived_RunnerJobRequest:2026-11-22T10:00:05.1000000Z", "StartingWorkerProcess:2026-11-22T10:00:05.4000000Z"];
    assert.equal(lastJobMessage(`${log[0]}\n`), Date.parse("2026-11-22T10:00:05.100Z"));
    assert.equal(lastJobMessage(`${log.join("\n")}\n`), undefined);
    const next = [
      ...log,
      "SentJobToWorker_1:2026-11-22T10:00:05.5000000Z",
      "MessageReceived_RunnerJobRequest:2026-11-22T10:00:05.9000000Z",
    ];
    assert.equal(lastJobMessage(`${next.join("\n")}\n`), Date.parse("2026-11-22T10:00:05.900Z"));
  });

  it("does not mistake the name of a job for an announcement of its end", () => {
    for (const name of ["x completed with result: Succeeded", "Listening for Jobs", "Job a completed with result: Failed"]) {
      assert.equal(lastAnnouncement(`2026-11-22 10:01:00Z: Running job: ${name}\n`)?.state, "busy", name);
    }
  });

  it("finds the last message that may carry a job, of both protocols and of unknown types", () => {
    const line = (type: string, time: string) => `MessageReceived_${type}:2026-11-22T${time}.1234567Z\n`;
    for (const type of ["RunnerJobRequest", "PipelineAgentJobRequest", "SomethingNew"]) {
      assert.equal(lastJobMessage(line(type, "10:00:05")), Date.parse("2026-11-22T10:00:05.123Z"), type);
    }
    for (const type of ["JobCancellation", "BrokerMigration", "AgentRefresh", "ForceTokenRefresh"]) {
      assert.equal(lastJobMessage(line(type, "10:00:05")), undefined, type);
    }
    assert.equal(lastJobMessage("MessageReceived_RunnerJobRequest:rubbish\n"), undefined);
  });
});

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
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "signs-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const signs = (processes: UnitProcess[]) =>
    jobSigns({ processes: () => processes, listenerLog: join(folder, "listener.log"), perfLog: join(folder, "Runner.perf") }).read();
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

  it("neither blocks on nor follows what the job's user puts in place of the performance log", async () => {
    writeFileSync(join(folder, "secret"), "MessageReceived_RunnerJobRequest:2026-11-22T10:00:00.0000000Z\n");
    symlinkSync(join(folder, "secret"), join(folder, "Runner.perf"));
    assert.equal((await signs(listener)).messageAt, undefined);
    rmSync(join(folder, "Runner.perf"));
    execFileSync("mkfifo", [join(folder, "Runner.perf")]);
    assert.equal((await signs(listener)).messageAt, undefined);
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

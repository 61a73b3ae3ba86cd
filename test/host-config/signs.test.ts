import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastAnnouncement, lastJobMessage } from "../../host-config/agent/announcements";
import { inFlight } from "../../host-config/agent/in-flight";
import { unitProcesses } from "../../host-config/agent/processes";
import { jobSigns } from "../../host-config/agent/signs";
import { parseUnitState } from "../../host-config/agent/systemd";
import { UNIT_CGROUP } from "../../host-config/units/runner-unit";
import { START } from "./fake-host";

describe("announcements of the listener", () => {
  it("takes the last one, through all that runsvc and the update print between them", () => {
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

  it("takes nothing for true that a listener announced which has crashed and been replaced meanwhile", () => {
    const crashed = [
      "Starting Runner listener with startup type: service",
      "Started listener process, pid: 20",
      "2026-11-22 10:00:00Z: Listening for Jobs",
      "2026-11-22 10:01:00Z: Running job: build (linux)",
      "Runner listener exited with error code null",
    ];
    assert.equal(lastAnnouncement(crashed.join("\n"))?.state, "busy", "nobody else has begun");
    const replaced = [...crashed, "Starting Runner listener with startup type: service", "Started listener process, pid: 40"];
    assert.equal(lastAnnouncement(replaced.join("\n")), undefined);
    assert.equal(lastAnnouncement([...replaced, "A session for this runner already exists."].join("\n")), undefined);
    assert.equal(lastAnnouncement([...replaced, "2026-11-22 10:01:30Z: Listening for Jobs"].join("\n"))?.state, "idle");
  });

  it("forgets a message once its worker is begun, also within one second, but not the message after it", () => {
    const log = ["MessageReceived_RunnerJobRequest:2026-11-22T10:00:05.1000000Z", "StartingWorkerProcess:2026-11-22T10:00:05.4000000Z"];
    assert.equal(lastJobMessage(`${log[0]}\n`), Date.parse("2026-11-22T10:00:05.100Z"));
    assert.equal(lastJobMessage(`${log.join("\n")}\n`), undefined);
    const next = [...log, "SentJobToWorker_1:2026-11-22T10:00:05.5000000Z", "MessageReceived_RunnerJobRequest:2026-11-22T10:00:05.9000000Z"];
    assert.equal(lastJobMessage(`${next.join("\n")}\n`), Date.parse("2026-11-22T10:00:05.900Z"));
  });

  it("does not take the name of a job for an announcement of its end", () => {
    for (const name of ["x completed with result: Succeeded", "Listening for Jobs", "Job a completed with result: Failed"]) {
      assert.equal(lastAnnouncement(`2026-11-22 10:01:00Z: Running job: ${name}\n`)?.state, "busy", name);
    }
  });

  it("finds the last message that may hold a job, of either protocol and of one not known yet", () => {
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

  it("is one sign of three", () => {
    assert.equal(inFlight(idle, START), undefined);
    assert.equal(inFlight({ ...idle, workers: 1 }, START), "worker");
    assert.equal(inFlight({ ...idle, announced: "busy" }, START), "announced");
    assert.equal(inFlight({ ...idle, messageAt: START + 5 }, START + 9), "message");
  });

  it("is not what a dead listener said, but is what its worker does", () => {
    assert.equal(inFlight({ workers: 0, announced: "busy" }, START), undefined);
    assert.equal(inFlight({ workers: 1 }, START), "worker");
  });

  it("may be a message of the same second as the announcement, for the stamps cannot tell", () => {
    assert.equal(inFlight({ ...idle, messageAt: START }, START + 100), "message");
    assert.equal(inFlight({ ...idle, messageAt: START - 1 }, START + 100), undefined);
  });
});

describe("the look at the machine", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "signs-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const signs = (processes: { pid: number; comm: string }[]) =>
    jobSigns({ processes: () => processes, listenerLog: join(folder, "listener.log"), perfLog: join(folder, "Runner.perf") }).read();
  const listener = [{ pid: 7, comm: "Runner.Listener" }];

  it("reads only the end of a log of megabytes", async () => {
    writeFileSync(join(folder, "listener.log"), `${"2026-11-22 10:00:00Z: Running job: x\n".repeat(50_000)}2026-11-22 10:00:09Z: Listening for Jobs\n`);
    assert.equal((await signs(listener)).announced, "idle");
  });

  it("is not held up or led astray by what the job's user puts in place of the performance log", async () => {
    writeFileSync(join(folder, "secret"), "MessageReceived_RunnerJobRequest:2026-11-22T10:00:00.0000000Z\n");
    symlinkSync(join(folder, "secret"), join(folder, "Runner.perf"));
    assert.equal((await signs(listener)).messageAt, undefined);
    rmSync(join(folder, "Runner.perf"));
    execFileSync("mkfifo", [join(folder, "Runner.perf")]);
    assert.equal((await signs(listener)).messageAt, undefined);
  });

  it("finds the unit's processes in its cgroup and those below, and skips the dead", () => {
    const unit = join(folder, "cgroup", UNIT_CGROUP);
    mkdirSync(join(unit, "inner"), { recursive: true });
    writeFileSync(join(unit, "cgroup.procs"), "11\n12\n13\n");
    writeFileSync(join(unit, "inner", "cgroup.procs"), "14\n");
    const stats = { 11: "11 (Runner.Listener) S 1", 12: "12 (odd ) name) R 1", 13: "13 (Runner.Worker) Z 1", 14: "14 (Runner.Worker) S 1" };
    for (const [pid, stat] of Object.entries(stats)) {
      mkdirSync(join(folder, "proc", pid), { recursive: true });
      writeFileSync(join(folder, "proc", pid, "stat"), stat);
    }
    const found = unitProcesses([join(folder, "cgroup"), join(folder, "absent")], join(folder, "proc"));
    assert.deepEqual(found, [
      { pid: 11, comm: "Runner.Listener" },
      { pid: 12, comm: "odd ) name" },
      { pid: 14, comm: "Runner.Worker" },
    ]);
  });

  it("knows a unit that never started from one that an operator stopped", () => {
    const show = (active: string, pid: number, left: number) => `MainPID=${pid}\nActiveState=${active}\nInactiveExitTimestampMonotonic=${left}\n`;
    assert.deepEqual(parseUnitState(show("inactive", 0, 0)), { active: "inactive", mainAlive: false, everStarted: false });
    assert.deepEqual(parseUnitState(show("inactive", 0, 123)), { active: "inactive", mainAlive: false, everStarted: true });
    assert.deepEqual(parseUnitState(show("deactivating", 9, 123)), { active: "deactivating", mainAlive: true, everStarted: true });
    assert.throws(() => parseUnitState(""), /said nothing/);
  });
});

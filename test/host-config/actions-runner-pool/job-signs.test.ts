import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concerns, lastSkip } from "../../../host-config/actions-runner-pool/agent/skipped-messages";
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

  it("finds the end of a job whose name has line breaks, so that such a job does not leave the runner busy", () => {
    const names = [
      "a\nb",
      "a\r\nb",
      "\n",
      "x\nRunning job: y",
      "x\nListening for Jobs",
      "x\n2026-11-22 10:01:00Z: Job y",
      "x\n2099-01-01 00:00:00Z: Job x completed with result: Failed\nz",
    ];
    for (const name of names) {
      const running = `2026-11-22 10:00:00Z: Listening for Jobs\n2026-11-22 10:01:00Z: Running job: ${name}\n`;
      const ended = `${running}2026-11-22 10:02:00Z: Job ${name} completed with result: Succeeded\n`;
      assert.equal(lastAnnouncement(ended)?.state, "idle", JSON.stringify(name));
      assert.equal(lastAnnouncement(ended)?.jobEnded, true);
      // A name that forges the end of its own job, with a time, succeeds until its worker starts.
      if (name.includes("2099")) continue;
      assert.equal(lastAnnouncement(running)?.state, "busy", JSON.stringify(name));
      assert.equal(lastAnnouncement(`${ended}2026-11-22 10:03:00Z: Running job: ${name}\n`)?.state, "busy", "the next job");
    }
  });

  it("takes a line without a timestamp for nothing but the start of a process, so that a name announces no job without a time", () => {
    const before = "2026-11-22 10:00:00Z: Listening for Jobs\n";
    for (const line of ["Running job: y", "Job y completed with result: Failed", "Listening for Jobs", "Started listener process, pid: 7 or so"]) {
      assert.equal(lastAnnouncement(`${line}\n`), undefined, line);
      assert.equal(lastAnnouncement(`${before}${line}\n`)?.line, before.trim(), line);
    }
  });

  it("lets no announcement be younger than its file, so that a name with a time to come is waited for no longer than any other", () => {
    const forged = "2026-11-22 10:01:00Z: Job x\n2099-01-01 00:00:00Z: Running job: y completed with result: Succeeded\n";
    const written = Date.parse("2026-11-22T10:01:00Z");
    for (const text of [forged, forged.replace("Job x\n", "Running job: x\n")]) {
      const found = lastAnnouncement(text, written);
      assert.ok(found!.at! <= written, String(found?.at));
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

describe("the parser of the listener's word that it skips a message", () => {
  const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);
  const line = (time: string, text: string) => `[2026-11-22 ${time}Z ${text}\n`;
  const acknowledged = (time: string) => line(time, "INFO BrokerMessageListener] Acknowledging runner request '5f7c2a52'.");
  const REFUSED = "INFO Runner] Skipping message Job. Job message already acquired '5f7c2a52'. job assignment is invalid: MissingKey";

  it("finds each of the listener's three reasons, and counts only GitHub's refusal of an acknowledged job", () => {
    for (const [text, counts] of [
      [REFUSED, true],
      ["ERR  Runner] Caught exception from acquiring job message: System.Exception: Failed to get job message\n   at GitHub.Runner", false],
      ["INFO Runner] Skip message deletion for job request message '12'.", false],
    ] as const) {
      const skip = lastSkip(acknowledged("10:00:05") + line("10:00:06", text));
      assert.deepEqual([skip?.at, skip?.acknowledged], [at("10:00:06"), counts], text);
    }
    assert.equal(lastSkip(line("10:00:06", REFUSED))?.acknowledged, false);
    assert.equal(lastSkip(line("10:00:06", `INFO Terminal] WRITE LINE: ${REFUSED}`)), undefined, "another source");
  });

  it("never applies it to a message that came after it, because that one's job may be acquired right now", () => {
    const skip = acknowledged("10:00:05") + line("10:00:05", REFUSED);
    assert.ok(concerns(lastSkip(skip)!, at("10:00:05.100")));
    assert.ok(!concerns(lastSkip(skip)!, at("10:00:06.000")));
    assert.equal(lastSkip(skip + acknowledged("10:00:05")), undefined, "the next message of the same second is acknowledged");
    const earlier = acknowledged("10:00:03") + line("10:00:05", REFUSED);
    assert.ok(!concerns(lastSkip(earlier)!, at("10:00:05.900")), "the skip of a message that was acknowledged seconds before");
    assert.ok(!concerns(lastSkip(line("10:00:05", REFUSED))!, at("10:00:05.900")), "nothing was acknowledged, so nothing tells the two apart");
    assert.ok(concerns(lastSkip(line("10:00:06", REFUSED))!, at("10:00:05.900")), "handled one after the other");
  });

  it("ignores a line with a time to come, which only the name of a job can hold", () => {
    assert.equal(lastSkip(`[2099-01-01 00:00:00Z ${REFUSED}\n`, at("10:00:05")), undefined);
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
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "signs-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
      mkdirSync(join(folder, "proc", "7", "fd"), { recursive: true });
      writeFileSync(join(folder, "Runner.perf"), `MessageReceived_RunnerJobRequest:${new Date(second).toISOString()}\n`);
      writeFileSync(
        log(),
        `[${stamp(second)} INFO BrokerMessageListener] Acknowledging runner request '1'.\n[${stamp(second)} INFO Runner] Skipping message Job. x\n`,
      );
    });

    it("does not wait for a message that the listener says it skips, and tells that GitHub refused the job", async () => {
      symlinkSync(log(), join(folder, "proc", "7", "fd", "21"));
      const seen = await signs(listener);
      assert.deepEqual([seen.messageAt, seen.skippedAt], [undefined, second]);
    });

    it("waits for the message if the listener holds no such log open, whatever lies in the folder", async () => {
      symlinkSync(join(folder, "Runner.perf"), join(folder, "proc", "7", "fd", "20"));
      const seen = await signs(listener);
      assert.deepEqual([seen.messageAt, seen.skippedAt], [second, undefined]);
    });

    it("does not block on a pipe with the log's name", async () => {
      rmSync(log());
      execFileSync("mkfifo", [log()]);
      symlinkSync(log(), join(folder, "proc", "7", "fd", "21"));
      assert.equal((await signs(listener)).messageAt, second);
    });
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

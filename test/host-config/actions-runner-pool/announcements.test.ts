import assert from "node:assert/strict";
import { lastAnnouncement, lastJobMessage } from "../../../host-config/actions-runner-pool/agent/announcements";
import { concerns, lastSkip } from "../../../host-config/actions-runner-pool/agent/skipped-messages";

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
    for (const line of [
      "Running job: y",
      "Job y completed with result: Failed",
      "Listening for Jobs",
      "Started listener process, pid: 7 or so",
    ]) {
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
    assert.ok(
      !concerns(lastSkip(line("10:00:05", REFUSED))!, at("10:00:05.900")),
      "nothing was acknowledged, so nothing tells the two apart",
    );
    assert.ok(concerns(lastSkip(line("10:00:06", REFUSED))!, at("10:00:05.900")), "handled one after the other");
  });

  it("ignores a line with a time to come, which only the name of a job can hold", () => {
    assert.equal(lastSkip(`[2099-01-01 00:00:00Z ${REFUSED}\n`, at("10:00:05")), undefined);
  });

  it("does not believe such a line once its time has come either, or it would void a message that arrives until then", () => {
    const name = line("10:00:00", `INFO Terminal] WRITE LINE: Running job: x\n${line("10:09:00", REFUSED)}y`);
    const quiet = line("10:00:01", "INFO JobDispatcher] Start renew job request 1.");
    const later = line("10:09:30", "INFO MessageListener] No message retrieved from session '1' within last 30 minutes.");
    assert.equal(lastSkip(name + quiet + later, at("10:09:31")), undefined);
    const own = line("10:09:30", REFUSED);
    assert.equal(lastSkip(name + quiet + own + later, at("10:09:31"))?.at, at("10:09:30"), "the listener's own word counts as before");
  });
});

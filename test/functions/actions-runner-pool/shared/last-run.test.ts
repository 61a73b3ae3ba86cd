import assert from "node:assert/strict";
import { LOG } from "../../../../contract/actions-runner-pool/host";
import type { HostLogPorts } from "../../../../functions/actions-runner-pool/shared/host-logs";
import { lastRun, runIn } from "../../../../functions/actions-runner-pool/shared/last-run";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { RecordingObserver } from "../../support/observer";

const ID = "i-0123456789abcdef0";

describe("the run of a lost job", () => {
  const observer = () => new RecordingObserver();
  const started = (run: number) =>
    JSON.stringify({
      source: "runner-agent.service",
      log: {
        message: LOG.jobStarted,
        time: "2026-11-29T12:00:00.000Z",
        repository: "o/r",
        run,
        job: "build",
        url: "https://u",
        claimed: true,
      },
    });

  it("is that of the last job that started on the instance", () => {
    assert.deepEqual(runIn([started(1), started(2), '{"source":"listener","message":"x"}']), {
      repository: "o/r",
      run: "2",
      job: "build",
      url: "https://u",
      // An earlier job's, if the host was killed before it could deliver the start of its last one: it shows by the time.
      startedAt: "2026-11-29T12:00:00.000Z",
      claimed: true,
    });
    assert.equal(runIn(["not JSON", "{}", ""]), undefined);
  });

  it("is found before the diagnostics of hours, which fill the last pages", async () => {
    const pages = [["{}", "{}"], ["{}"], [started(1), started(2), "{}"], [started(3)]];
    let read = 0;
    const hostLogs = {
      async *pagesBackward() {
        for (const page of pages) {
          read += 1;
          yield page;
        }
      },
    } as unknown as HostLogPorts;
    assert.equal((await lastRun(ID, { hostLogs, clock: systemClock }, observer()))["run"], "2");
    assert.equal(read, 3, "and not beyond");
    pages.splice(2);
    assert.deepEqual(await lastRun(ID, { hostLogs, clock: systemClock }, observer()), {});
  });

  it("is not one that a job has written into the journal or its diagnostics", () => {
    for (const line of [
      { source: "actions-runner.service", uid: 1001 },
      { source: "diagnostics", file: "Worker_1.log" },
    ])
      assert.deepEqual(runIn([JSON.stringify({ ...line, message: started(666) })]), undefined);
  });

  it("has bounds, whatever root on a host of the pool has written", () => {
    const odd = JSON.stringify({ log: { message: LOG.jobStarted, run: { a: 1 }, job: "x".repeat(9999) } });
    const { repository, run, job, url } = runIn([odd])!;
    assert.deepEqual([repository, run, job, url], [undefined, undefined, "x".repeat(300), undefined]);
  });

  it("must not hide the loss: without the log, or if it cannot be read, there is none", async () => {
    assert.deepEqual(await lastRun(ID, { hostLogs: undefined, clock: systemClock }, observer()), {});
    const hostLogs = { pagesBackward: () => assert.fail("denied") } as unknown as HostLogPorts;
    const seen = observer();
    assert.deepEqual(await lastRun(ID, { hostLogs, clock: systemClock }, seen), {});
    assert.equal(seen.lines[0]!.message, "the last job of an instance cannot be read from its log");
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyLongLog, LISTENER_LOG_LIMIT } from "../../../host-config/actions-runner-pool/agent/listener-log";
import { listenerLogMount } from "../../../host-config/actions-runner-pool/units/system-files";

describe("the listener's log before a listener starts", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "log-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is emptied once a job's flood has made it long, because a listener that cannot write ends at each of its starts", () => {
    const log = join(folder, "listener.log");
    writeFileSync(log, "x".repeat(11));
    assert.equal(emptyLongLog(log, 10), 11);
    assert.equal(statSync(log).size, 0);
  });

  it("keeps what an operator reads after a crash, as long as it is short, and may be missing", () => {
    const log = join(folder, "listener.log");
    assert.equal(emptyLongLog(log), undefined);
    writeFileSync(log, "x".repeat(10));
    assert.equal(emptyLongLog(log, 10), undefined);
    assert.equal(statSync(log).size, 10);
  });

  it("is emptied before its file system is full", () => {
    const megabytes = Number(/size=(\d+)m/.exec(listenerLogMount())?.[1]);
    assert.ok(LISTENER_LOG_LIMIT <= (megabytes * 1024 * 1024) / 2, `${megabytes} MB`);
  });
});

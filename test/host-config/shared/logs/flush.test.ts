import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flushServer, listenOn } from "../../../../host-config/shared/logs/flush-server";
import { hostLogs } from "../../../../host-config/shared/logs/flush";

const SETUP = { logs: { group: "g", diagnostics: true } };

describe("the flush that a completion asks for", () => {
  let root: string;
  let socket: string;
  let server: Server | undefined;
  let warnings: string[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "flush-"));
    socket = join(root, "logs.sock");
    warnings = [];
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    rmSync(root, { recursive: true, force: true });
  });

  const log = {
    info: () => undefined,
    warn: (_: string, fields: object = {}) => void warnings.push(JSON.stringify(fields)),
    error: () => undefined,
  };
  const flush = (boundMs = 5_000) => hostLogs(SETUP, log, { socket, boundMs }).flush();
  async function serve(answer: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
    server = flushServer(answer);
    await listenOn(server, socket);
  }

  it("ends when all is delivered", async () => {
    let flushed = 0;
    await serve(async () => ((flushed += 1), true));
    await flush();
    assert.deepEqual([flushed, warnings], [1, []]);
  });

  it("asks no one on a host without hostLogs", async () => {
    await hostLogs({}, log, { socket }).flush();
    assert.deepEqual(warnings, []);
  });

  it("never fails the termination: not without a shipper, not if it cannot deliver, not if it hangs", async () => {
    await flush(50);
    await serve(async () => false);
    await flush();
    server!.close();
    await serve(() => new Promise(() => undefined));
    await flush(200);
    server!.closeAllConnections();
    server!.close();
    await serve(async () => assert.fail("broken"));
    await flush(200);
    assert.equal(warnings.length, 4);
    assert.match(warnings[0]!, /ENOENT/);
    assert.match(warnings[1]!, /HTTP 504/);
  });

  it("waits for a shipper that is being started again", async () => {
    const asked = flush();
    await serve(async () => true);
    await asked;
    assert.deepEqual(warnings, []);
  });

  it("ends the delivery when its caller is gone", async () => {
    let given = (_: AbortSignal) => {};
    const signal = new Promise<AbortSignal>((resolve) => (given = resolve));
    await serve((passed) => (given(passed), new Promise(() => undefined)));
    await flush(100);
    const passed = await signal;
    if (!passed.aborted) await new Promise((resolve) => passed.addEventListener("abort", resolve));
  });

  it("is root's alone to ask for, also on a socket that a killed shipper has left", async () => {
    writeFileSync(socket, "");
    await serve(async () => true);
    assert.equal(statSync(socket).mode & 0o777, 0o600);
  });
});

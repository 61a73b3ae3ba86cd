import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flushServer, listenOn } from "../../../../host-config/shared/logs/flush-server";
import { hostLogs } from "../../../../host-config/shared/logs/flush";

const SETUP = { logs: { group: "g", diagnostics: true } };

describe("the end of the reader, before a next job runs beside it", () => {
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message), error: () => undefined };
  const end = async (setup: typeof SETUP | object, failure?: string) => {
    const calls: string[] = [];
    warnings.length = 0;
    const run = async (...args: string[]) => {
      calls.push(args.join(" "));
      if (failure) throw new Error(failure);
      return "";
    };
    await hostLogs(setup, log, { run }).endReader();
    return [calls, warnings.length];
  };

  it("is that of its whole unit, and fails no start of a runner", async () => {
    const stop = ["stop runner-diagnostics.service"];
    assert.deepEqual(await end(SETUP), [stop, 0]);
    assert.deepEqual(await end(SETUP, "Failed to stop runner-diagnostics.service: Unit runner-diagnostics.service not loaded."), [stop, 0]);
    assert.deepEqual(await end(SETUP, "timed out"), [stop, 1]);
  });

  it("is asked for only where there may be one", async () => {
    assert.deepEqual(await end({}), [[], 0]);
    assert.deepEqual(await end({ logs: { group: "g", diagnostics: false } }), [[], 0]);
  });
});

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

  it("is not waited for once its shipper has ended in a shutdown, in which it does not start again", async () => {
    const begun = performance.now();
    await hostLogs(SETUP, log, { socket, absentMs: 100 }).flush();
    assert.ok(performance.now() - begun < 3_000, "10 s is the bound of one that does not answer");
    assert.match(warnings[0]!, /ENOENT/);
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

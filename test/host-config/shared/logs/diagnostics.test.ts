import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  LONGEST_LINE,
  MOST_FILES,
  formatLine,
  formatSync,
  parseOffsets,
  parseReply,
  withOffset,
} from "../../../../host-config/shared/logs/diagnostic-line";
import { DiagnosticsSource, readerCommand } from "../../../../host-config/shared/logs/diagnostics-source";

const MODULE = resolve(__dirname, "../../../../host-config/shared/logs/diagnostics.ts");
const now = () => Date.parse("2026-11-29T12:00:00Z");

describe("what the reader of diagnostic logs says", () => {
  it("is taken only if it has the form of a line: all of it may be a job's", () => {
    const line = { file: "Worker_20261129-150000-utc.log", offset: 12, text: "a\tb" };
    assert.deepEqual(parseReply(formatLine(line).trimEnd()), line);
    assert.deepEqual(parseReply(formatSync("t").trimEnd()), { synced: "t" });
    for (const forged of [
      "",
      "\t",
      "x",
      "../../etc/shadow\t1\tx",
      "Worker_/x\t1\tx",
      "Worker_a\t-1\tx",
      "Worker_a\t\tx",
      "Worker_a\t1e9\tx",
      `Worker_${"a".repeat(200)}\t1\tx`,
    ])
      assert.equal(parseReply(forged), undefined, forged);
  });

  it("cannot fill the state with names of files", () => {
    let offsets = {};
    for (let n = 0; n < 1000; n += 1) offsets = withOffset(offsets, { file: `Worker_${n}`, offset: n, text: "" });
    assert.equal(Object.keys(offsets).length, MOST_FILES);
    assert.ok("Worker_999" in offsets && !("Worker_0" in offsets));
    assert.deepEqual(parseOffsets('{"Worker_1":1,"shadow":2,"Worker_2":"x"}'), { Worker_1: 1 });
    for (const damaged of [undefined, "", "[", "null", "7"]) assert.deepEqual(parseOffsets(damaged), {});
  });
});

describe("the reader of the runner's diagnostic logs, a process of its own", () => {
  let root: string;
  let source: DiagnosticsSource;
  const positions = new Map<string, string>();
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "diag-"));
    positions.clear();
  });
  afterEach(() => {
    source?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const script = () => `require(${JSON.stringify(MODULE)}).readDiagnostics(${JSON.stringify(root)}).then(() => process.exit())`;
  function start(command: readonly string[] = [process.execPath, "-r", "ts-node/register", "-e", script()]): DiagnosticsSource {
    source = new DiagnosticsSource({
      command,
      now,
      restartMs: 1,
      positions: { get: (name) => positions.get(name), set: (name, value) => void positions.set(name, value) },
    });
    source.start();
    return source;
  }
  /** Waits for the reader's pass, as a flush does, and takes what it has. The first one includes its start. */
  async function all(from: DiagnosticsSource): Promise<string[]> {
    const events: string[] = [];
    for (let tries = 0; tries < 20; tries += 1) {
      await from.sync();
      const chunk = await from.read(1e9);
      chunk.accepted();
      events.push(...chunk.events.map(({ text }) => JSON.parse(text)).map(({ file, message }) => `${file}: ${message}`));
      if (chunk.events.length === 0 && events.length > 0) break;
    }
    return events;
  }
  const write = (name: string, text: string) => writeFileSync(join(root, name), text);

  it("delivers new lines of runner, worker and updater, and goes on where it was", async () => {
    write("Runner_20261129-1.log", "one\ntwo\nunfinished");
    write("pages", "not these");
    mkdirSync(join(root, "blocks"));
    const first = start();
    assert.deepEqual(await all(first), ["Runner_20261129-1.log: one", "Runner_20261129-1.log: two"]);
    appendFileSync(join(root, "Runner_20261129-1.log"), "\n");
    write("Worker_20261129-2.log", "w\n");
    write("SelfUpdate-20261129-3.log", "s\n");
    assert.deepEqual((await all(first)).sort(), [
      "Runner_20261129-1.log: unfinished",
      "SelfUpdate-20261129-3.log: s",
      "Worker_20261129-2.log: w",
    ]);
    first.stop();
    write("Worker_20261129-4.log", "after a restart\n");
    assert.deepEqual(await all(start()), ["Worker_20261129-4.log: after a restart"]);
  }).timeout(60_000);

  it("reads nothing through a link, a pipe, a device or another user's file, and waits for none of them", async () => {
    write("secret", "root's\n");
    symlinkSync(join(root, "secret"), join(root, "Worker_link.log"));
    symlinkSync("/dev/zero", join(root, "Worker_device.log"));
    execFileSync("mkfifo", [join(root, "Worker_pipe.log")]);
    mkdirSync(join(root, "Worker_folder.log"));
    write("Worker_foreign.log", "foreign\n");
    if (process.getuid!() === 0) execFileSync("chown", ["12345", join(root, "Worker_foreign.log")]);
    else rmSync(join(root, "Worker_foreign.log"));
    write("Worker_own.log", "own\n");
    assert.deepEqual(await all(start()), ["Worker_own.log: own"]);
  }).timeout(60_000);

  it("divides a line without end, and begins anew with a file that was truncated", async () => {
    write("Worker_long.log", `${"x".repeat(LONGEST_LINE * 2)}\n`);
    const reader = start();
    assert.deepEqual(
      (await all(reader)).map(({ length }) => length),
      [LONGEST_LINE, LONGEST_LINE].map((n) => n + "Worker_long.log: ".length),
    );
    truncateSync(join(root, "Worker_long.log"), 0);
    appendFileSync(join(root, "Worker_long.log"), "new\n");
    assert.deepEqual(await all(reader), ["Worker_long.log: new"]);
  }).timeout(60_000);

  it("is started again when a job ends it", async () => {
    const marker = join(root, "started");
    const reader = start(["bash", "-c", `echo x >>${marker}; kill -9 $$`]);
    while (
      execFileSync("bash", ["-c", `cat ${marker} 2>/dev/null | wc -l`])
        .toString()
        .trim() < "3"
    )
      await new Promise((go) => setTimeout(go, 10));
    reader.stop();
  });

  it("that a job floods with waits once a megabyte is in memory, and gets no line of its own into others' sources", async () => {
    const reader = start(["bash", "-c", `yes "$(printf 'Worker_a\\t1\\t{"message":"job started"}')"`]);
    for (let size = -1, now = 0; now !== size; ) {
      size = now;
      await new Promise((go) => setTimeout(go, 200));
      now = (await reader.read(1e9)).events.length;
    }
    const { events } = await reader.read(1e9);
    const bytes = events.reduce((sum, { text }) => sum + text.length, 0);
    assert.ok(bytes > 500_000 && bytes < 3_000_000, `${bytes}`);
    assert.deepEqual(JSON.parse(events[0]!.text), { source: "diagnostics", file: "Worker_a", message: '{"message":"job started"}' });
  }).timeout(20_000);

  it("is not waited for when a job has stopped it", async () => {
    const reader = start(["sleep", "1000"]);
    await reader.sync();
    assert.deepEqual((await reader.read(1)).events, []);
  }).timeout(20_000);

  it("runs as the job's user, in a unit that reaches nothing and ends with the shipper", () => {
    const command = readerCommand("runner", ["/node", "/agent.cjs"]);
    for (const word of [
      "--uid=runner",
      "--property=IPAddressDeny=any",
      "--property=NoNewPrivileges=yes",
      "--property=BindsTo=runner-logs.service",
    ])
      assert.ok(command.includes(word), word);
    assert.deepEqual(command.slice(command.indexOf("--")), ["--", "/node", "/agent.cjs", "diagnostics"]);
  });

  it("ends with its input, so that a shipper that was killed leaves none behind", async () => {
    const child = spawn(process.execPath, ["-r", "ts-node/register", "-e", script()], { stdio: ["pipe", "pipe", "inherit"] });
    const exit = new Promise((go) => child.on("exit", go));
    child.stdin.end("{}\n");
    assert.equal(await exit, 0);
  }).timeout(60_000);
});

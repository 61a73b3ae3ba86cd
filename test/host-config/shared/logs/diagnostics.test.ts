import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
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
import { Shipper } from "../../../../host-config/shared/logs/shipper";
import { monotonicClock } from "../../../../host-config/shared/clock";

const MODULE = resolve(__dirname, "../../../../host-config/shared/logs/diagnostics.ts");
const now = () => Date.parse("2026-11-29T12:00:00Z");
const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));

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
  const reader = () => [process.execPath, "-r", "ts-node/register", "-e", script()];
  function start(command: readonly string[] = reader(), options: { restartMs?: number; mayRead?(): boolean } = {}): DiagnosticsSource {
    source = new DiagnosticsSource({
      command,
      now,
      restartMs: 1,
      blockedMs: 1,
      ...options,
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
      await pause(10);
    reader.stop();
  });

  it("does not start while the machine is renewed, whose check allows no process of the job's user", async () => {
    let mayRead = true;
    const marker = join(root, "started");
    const starts = () => (existsSync(marker) ? readFileSync(marker, "utf8").length : 0);
    const blocked = start(["bash", "-c", `printf x >>${marker}; read; read`], { mayRead: () => mayRead });
    while (starts() === 0) await pause(10);
    mayRead = false;
    execFileSync("pkill", ["-KILL", "-P", String(process.pid), "bash"]);
    await pause(200);
    assert.equal(starts(), 1, "its restart was due after a millisecond");
    assert.equal(await blocked.sync(), true, "there is nothing to wait for");
    assert.equal(starts(), 1, "not for a flush either");
    mayRead = true;
    while (starts() < 2) await pause(10);
  }).timeout(20_000);

  it("is started at once for a flush, because the machine may end before its restart is due", async () => {
    const ended = join(root, "ended");
    const once = `[ -e ${ended} ] || { touch ${ended}; exit; }; exec "$@"`;
    const late = start(["bash", "-c", once, "bash", ...reader()], { restartMs: 600_000 });
    for (let tries = 0; tries < 100 && !(existsSync(ended) && (await late.sync())); tries += 1) await pause(100);
    write("Worker_20261129-1.log", "the last one\n");
    assert.deepEqual(await all(late), ["Worker_20261129-1.log: the last one"]);
  }).timeout(60_000);

  it("has all that it can read delivered by one flush, also after an outage with more than it may keep in memory", async () => {
    const line = "x".repeat(999);
    write("Worker_20261129-1.log", `${line}\n`.repeat(5_000));
    const behind = start();
    while ((await behind.read(1e9)).events.length === 0) await pause(50);
    let delivered = 0;
    const shipper = new Shipper({
      sources: [behind],
      stream: { put: async (events) => void (delivered += events.length) },
      state: { get: () => undefined, set: () => undefined, save: () => undefined },
      clock: monotonicClock(),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      count: async () => undefined,
    });
    assert.equal(await shipper.flush(AbortSignal.timeout(5_000)), true);
    assert.equal(delivered, 5_000);
  }).timeout(60_000);

  it("goes on without the program that started it, which ends early in a shutdown", async () => {
    const detached = start(["bash", "-c", `"$@" <&0 & echo $! >${join(root, "pid")}`, "bash", ...reader()], { restartMs: 600_000 });
    while ((await detached.sync()) === false) await pause(10);
    write("Worker_20261129-1.log", "in the shutdown\n");
    assert.deepEqual(await all(detached), ["Worker_20261129-1.log: in the shutdown"]);
    detached.stop();
    while (existsSync(`/proc/${readFileSync(join(root, "pid"), "utf8").trim()}`)) await pause(10);
  }).timeout(60_000);

  it("that a job floods with waits once a megabyte is in memory, and gets no line of its own into others' sources", async () => {
    const reader = start(["bash", "-c", `yes "$(printf 'Worker_a\\t1\\t{"message":"job started"}')"`]);
    let events: { text: string }[] = [];
    let bytes = 0;
    // Until no more comes. On a busy machine nothing may come for a while before that, too.
    for (let before = -1; bytes < 500_000 || bytes !== before; ) {
      before = bytes;
      await pause(200);
      ({ events } = await reader.read(1e9));
      bytes = events.reduce((sum, { text }) => sum + text.length, 0);
      assert.ok(bytes < 3_000_000, `${bytes}`);
    }
    assert.deepEqual(JSON.parse(events[0]!.text), { source: "diagnostics", file: "Worker_a", message: '{"message":"job started"}' });
  }).timeout(60_000);

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
      "--property=Before=runner-logs.service",
      "--property=DefaultDependencies=no",
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

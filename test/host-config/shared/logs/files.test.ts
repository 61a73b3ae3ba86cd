import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LineSplitter } from "../../../../host-config/shared/logs/lines";
import { listenerSource } from "../../../../host-config/shared/logs/listener-file";
import { logsExtras, logsFiles } from "../../../../host-config/shared/logs/files";
import { stateFile } from "../../../../host-config/shared/logs/state";
import { NO_EXTRAS } from "../../../../host-config/shared/unit-extras";

const NOW = Date.parse("2026-11-29T12:00:00Z");

describe("lines that arrive in pieces", () => {
  const split = (longest: number, ...pieces: string[]) => {
    const splitter = new LineSplitter(longest);
    return pieces.flatMap((piece) => splitter.push(Buffer.from(piece)));
  };

  it("are put together again, and an unfinished one waits for its end", () => {
    assert.deepEqual(
      split(100, "a", "b\nc\n\nd").map(({ text }) => text),
      ["ab", "c", ""],
    );
    assert.deepEqual(split(100, "ü\n"), [{ text: "ü", bytes: 3 }]);
  });

  it("without an end use no more memory than a line may have", () => {
    const lines = split(4, "aaaaaaaaaa", "aa\nb\n");
    assert.deepEqual(
      lines.map(({ text }) => text),
      ["aaaa", "aaaa", "aaaa", "b"],
    );
    assert.equal(
      lines.reduce((sum, { bytes }) => sum + bytes, 0),
      15,
    );
  });
});

describe("the listener's log", () => {
  let root: string;
  let path: string;
  const positions = new Map<string, string>();
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "listener-"));
    path = join(root, "listener.log");
    positions.clear();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const source = (boot = "b1") =>
    listenerSource({ path, now: () => NOW, boot, positions: { get: (k) => positions.get(k), set: (k, v) => void positions.set(k, v) } });
  const read = async (bytes = 1e6, boot?: string) => {
    const { events, more, accepted } = await source(boot).read(bytes);
    accepted();
    return [events.map(({ text }) => JSON.parse(text).message), more];
  };

  it("is read from where it was delivered to, line by line", async () => {
    writeFileSync(path, "2026-11-29 11:59:00Z: Listening for Jobs\nha");
    assert.deepEqual(await read(), [["2026-11-29 11:59:00Z: Listening for Jobs"], false]);
    appendFileSync(path, "lf\n");
    assert.deepEqual(await read(), [["half"], false]);
  });

  it("is read from its begin after a boot or after it was emptied", async () => {
    writeFileSync(path, "one\ntwo\n");
    await read();
    assert.deepEqual((await read(1e6, "b2"))[0], ["one", "two"]);
    truncateSync(path, 0);
    appendFileSync(path, "new\n");
    assert.deepEqual((await read(1e6, "b2"))[0], ["new"]);
  });

  it("does not exist before the runner has started", async () => {
    assert.deepEqual(await read(), [[], false]);
  });

  it("may be flooded by a job: a read takes no more than asked for, and the next goes on", async () => {
    writeFileSync(path, `${"x".repeat(99)}\n`.repeat(10_000));
    const [first, more] = (await read(10_000)) as [string[], boolean];
    assert.ok(more && first.length < 1_500, `${first.length}`);
    const [rest] = (await read(1e7)) as [string[], boolean];
    assert.equal(first.length + rest.length, 10_000);
  });
});

describe("the saved positions", () => {
  let root: string;
  let path: string;
  let warnings: string[];
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message), error: () => undefined };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "state-"));
    path = join(root, "ci-runners/logs/state.json");
    warnings = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("survive a restart, and are root's alone, in a folder beside which jobs have theirs", () => {
    const state = stateFile(path, "i-1", log);
    state.set("listener", "7");
    state.save();
    assert.equal(stateFile(path, "i-1", log).get("listener"), "7");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(root, "ci-runners/logs")).mode & 0o777, 0o700);
    assert.equal(statSync(join(root, "ci-runners")).mode & 0o777, 0o755);
  });

  it("are not another instance's, whose image this machine was made from", () => {
    const state = stateFile(path, "i-1", log);
    state.set("listener", "7");
    state.save();
    assert.equal(stateFile(path, "i-2", log).get("listener"), undefined);
  });

  it("of a damaged file are none", () => {
    mkdirSync(join(root, "ci-runners/logs"), { recursive: true });
    for (const content of ["", "{", '{"instance":"i-1"}', "null"]) {
      writeFileSync(path, content);
      assert.equal(stateFile(path, "i-1", log).get("listener"), undefined, content);
    }
  });

  it("that cannot be saved are no reason to stop, and are logged once", () => {
    writeFileSync(join(root, "ci-runners"), "a file");
    const state = stateFile(path, "i-1", log);
    for (const position of ["1", "2"]) {
      state.set("listener", position);
      state.save();
    }
    assert.deepEqual([state.get("listener"), warnings.length], ["2", 1]);
    rmSync(join(root, "ci-runners"));
    state.save();
    assert.ok(readFileSync(path, "utf8").includes('"2"'), "it is saved as soon as it can be");
  });
});

describe("the units of the logs", () => {
  const facts = { user: "runner", uid: 1001, group: "runner", runnerUnit: "r.service", agent: "/node /agent.cjs", metadataDenied: true };

  it("are none without hostLogs", () => {
    assert.deepEqual([logsFiles({}, facts), logsExtras({})], [[], NO_EXTRAS]);
  });

  it("let no job depend on them, and outlive the drain in a shutdown", () => {
    const setup = { logs: { group: "g", diagnostics: true } };
    const { after, wants, requires, enable } = logsExtras(setup);
    assert.deepEqual([after, wants, requires, enable], [[], [], [], ["runner-logs.service"]]);
    const [unit] = logsFiles(setup, { ...facts, authorities: "/etc/ca.pem" });
    assert.equal(unit!.path, "/etc/systemd/system/runner-logs.service");
    assert.match(unit!.content, /^Before=r\.service$/m);
    assert.match(unit!.content, /^KillMode=mixed\nTimeoutStopSec=15$/m, "its reader and journalctl live until its last flush");
    assert.match(unit!.content, /^ExecStart=\/node \/agent\.cjs logs\nEnvironment=NODE_EXTRA_CA_CERTS=\/etc\/ca\.pem$/m);
    assert.ok(!existsSync(unit!.path));
  });
});

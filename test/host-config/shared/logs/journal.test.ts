import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { journalSource } from "../../../../host-config/shared/logs/journal";
import { journalArguments, parseEntry } from "../../../../host-config/shared/logs/journal-entry";

const entry = (fields: object) => JSON.stringify({ __CURSOR: "s=1", __REALTIME_TIMESTAMP: "1764417600123456", ...fields });
const text = (fields: object, writers: "root" | "others" = "root") => {
  const { event } = parseEntry(entry(fields), writers)!;
  return event && JSON.parse(event.text);
};

describe("the journal of a host", () => {
  it("is read by two readers, and each line is one's alone, by the uid that the kernel has given", () => {
    const own = { _UID: "0", _SYSTEMD_UNIT: "runner-agent.service", MESSAGE: "x" };
    assert.deepEqual(text(own), { source: "runner-agent.service", uid: 0, message: "x" });
    assert.equal(text(own, "others"), undefined);
    const jobs = { _UID: "1001", _SYSTEMD_UNIT: "actions-runner.service", MESSAGE: "x" };
    assert.deepEqual(text(jobs, "others"), { source: "actions-runner.service", uid: 1001, message: "x" });
    assert.equal(text(jobs), undefined);
    // Without a uid no one is known to have written it.
    assert.equal(text({ _SYSTEMD_UNIT: "x.service", MESSAGE: "{}" }), undefined);
  });

  it("names the unit that systemd writes about, but not one that a job says it writes about", () => {
    assert.equal(
      text({ _UID: "0", _PID: "1", UNIT: "actions-runner.service", _SYSTEMD_UNIT: "init.scope", MESSAGE: "Started" }).source,
      "actions-runner.service",
    );
    const forged = { _UID: "1001", _PID: "1", UNIT: "runner-agent.service", _SYSTEMD_UNIT: "actions-runner.service", MESSAGE: "Started" };
    assert.equal(text(forged, "others").source, "actions-runner.service");
  });

  it("may have bytes, no text or several in a line, which must not end the delivery", () => {
    const jobs = { _UID: "1001", _SYSTEMD_UNIT: "u" };
    assert.equal(text({ ...jobs, MESSAGE: [104, 105, 255] }, "others").message, "hi\ufffd");
    assert.equal(text({ ...jobs, MESSAGE: null }, "others").message, "(a line of 4 KiB or more)");
    assert.equal(text({ ...jobs, MESSAGE: ["a", "b"] }, "others").message, "a\nb");
    assert.equal(text({ ...jobs, MESSAGE: [[104], null] }, "others").message, "h\n");
    assert.equal(text({ ...jobs }, "others").message, "");
    for (const line of ["", "{", "null", "[]", "{}"])
      assert.equal(parseEntry(line === "null" ? '{"a":1}' : line, "others"), undefined, line);
  });

  it("selects no line that a job can make root write, such as the core dumps of its unit", () => {
    const args = journalArguments("root", ["a.service", "b.service"], undefined);
    assert.ok(!args.some((argument) => argument.includes("--unit")));
    assert.deepEqual(args.slice(args.indexOf("_UID=0")), [
      "_UID=0",
      "_SYSTEMD_UNIT=a.service",
      "_SYSTEMD_UNIT=b.service",
      "+",
      "_PID=1",
      "UNIT=a.service",
      "UNIT=b.service",
    ]);
    assert.ok(args.includes("--boot") && args.includes("--all"));
    const others = journalArguments("others", ["a.service"], "s=9");
    assert.ok(others.includes("--after-cursor=s=9") && !others.includes("--boot"), "lines of before a reboot, too");
    assert.ok(!others.includes("--all"), "a job can log 32 MB in one line");
  });
});

describe("the source of the journal", () => {
  let root: string;
  let positions: Map<string, string>;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "journal-"));
    positions = new Map();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** A journalctl that writes its arguments down. */
  function source(script: string) {
    const command = join(root, "journalctl");
    writeFileSync(command, `#!/bin/bash\necho "$*" >>${root}/calls\n${script}\n`);
    chmodSync(command, 0o755);
    return journalSource({
      writers: "root",
      units: ["u"],
      positions: { get: (k) => positions.get(k), set: (k, v) => void positions.set(k, v) },
      command,
    });
  }
  const line = (n: number) =>
    JSON.stringify({ __CURSOR: `c${n}`, __REALTIME_TIMESTAMP: `${n}000`, _UID: "0", _SYSTEMD_UNIT: "u", MESSAGE: `m${n}` });
  const calls = () => readFileSync(join(root, "calls"), "utf8").trim().split("\n");

  it("goes on after what was accepted, and reads again what was not", async () => {
    const journal = source(`echo '${line(1)}'; echo '${line(2)}'`);
    const first = await journal.read(1000);
    assert.deepEqual([first.events.map(({ time }) => time), first.more], [[1, 2], false]);
    await journal.read(1000);
    first.accepted();
    await journal.read(1000);
    assert.deepEqual(
      calls().map((call) => /--after-cursor=\S+|--boot/.exec(call)![0]),
      ["--boot", "--boot", "--after-cursor=c2"],
    );
  });

  it("reads no more than it was asked for of a journal without end", async () => {
    const { events, more, accepted } = await source(`while :; do echo '${line(7)}'; done`).read(500);
    assert.ok(more && events.length > 1 && events.length < 20, `${events.length}`);
    accepted();
    assert.equal(positions.get("journal of root"), "c7");
  });

  for (const [what, script] of [
    ["was killed, as a job can have it by taking all memory", "kill -9 $$"],
    ["failed for a reason of its own", "echo 'Cannot allocate memory' >&2; exit 1"],
  ]) {
    it(`goes on where it was after a journalctl that ${what}: the boot of weeks is not delivered again`, async () => {
      const journal = source(script!);
      positions.set("journal of root", "c7");
      await assert.rejects(journal.read(1));
      await assert.rejects(journal.read(1));
      assert.deepEqual(
        calls().map((call) => /--after-cursor=\S+|--boot/.exec(call)![0]),
        ["--after-cursor=c7", "--after-cursor=c7"],
      );
    });
  }

  it("fails with journalctl's own words, and begins anew after a cursor that is none", async () => {
    const journal = source(`echo "Failed to seek to cursor" >&2; exit 1`);
    positions.set("journal of root", "garbage");
    await assert.rejects(journal.read(1), /journalctl ended with 1: Failed to seek to cursor/);
    await assert.rejects(journal.read(1));
    assert.deepEqual(
      calls().map((call) => /--after-cursor=\S+|--boot/.exec(call)![0]),
      ["--after-cursor=garbage", "--boot"],
    );
  });
});

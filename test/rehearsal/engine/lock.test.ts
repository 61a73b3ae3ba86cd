import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { claimAfter, endedTurn, withLock } from "../../../rehearsal/engine/lock";

const ROOT = resolve(__dirname, "../../..");
const quiet = () => undefined;

/** The id of a process that has exited. */
const goneProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock of the engine's folder", () => {
  let dir: string;
  let folder: string;
  let turns: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "ci-runners-"));
    folder = join(dir, "engine");
    turns = `${folder}.turns`;
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("never lets two builds run at the same time", async () => {
    const inside: string[] = [];
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = withLock(folder, quiet, async () => {
      inside.push("first in");
      await held;
      inside.push("first out");
    });
    const second = withLock(folder, release, async () => void inside.push("second in"));
    await Promise.all([first, second]);
    assert.deepEqual(inside, ["first in", "first out", "second in"]);
  });

  it("takes over from a killed build; otherwise no later build could start", async () => {
    mkdirSync(turns);
    writeFileSync(join(turns, "1"), `${goneProcess()} `);
    assert.equal(await withLock(folder, quiet, async () => "built"), "built");
  });

  it("is let go by a build that fails", async () => {
    await assert.rejects(
      withLock(folder, quiet, async () => {
        throw new Error("no compiler");
      }),
      /no compiler/,
    );
    assert.equal(await withLock(folder, quiet, async () => "built"), "built");
  });

  it("does not fail a build whose cache is removed meanwhile, nor block the next one", async () => {
    const work = async () => (rmSync(turns, { recursive: true }), "built");
    assert.equal(await withLock(folder, quiet, work), "built");
    assert.equal(await withLock(folder, quiet, work), "built");
  });

  it("gives a dead owner's lock to one of two waiters that both found it dead, never to both", () => {
    mkdirSync(turns);
    writeFileSync(join(turns, "1"), `${goneProcess()} `);
    const [first, second] = [endedTurn(turns), endedTurn(turns)];
    assert.deepEqual([first, second], [1, 1]);
    const won = claimAfter(turns, first!);
    assert.equal(won, join(turns, "2"));
    assert.equal(claimAfter(turns, second!), undefined);
    assert.ok(existsSync(won!), "the late waiter removed the lock of the new owner");
    assert.equal(endedTurn(turns), undefined);
  });

  it("is not given to a waiter that was stopped while others had their turns", () => {
    mkdirSync(turns);
    writeFileSync(join(turns, "1"), "");
    const late = endedTurn(turns)!;
    writeFileSync(claimAfter(turns, late)!, "");
    const holder = claimAfter(turns, endedTurn(turns)!);
    assert.deepEqual(readdirSync(turns), ["3"]);
    assert.equal(claimAfter(turns, late), undefined);
    assert.equal(holder, join(turns, "3"));
    assert.equal(endedTurn(turns), undefined, "the late turn hides the holder");
  });

  it("is taken over from a process that was killed before it wrote its id", async () => {
    mkdirSync(turns);
    writeFileSync(join(turns, "7-1.draft"), "");
    assert.equal(await withLock(folder, quiet, async () => "built"), "built");
  });

  it("is taken over although another process has the dead owner's id by now", async function () {
    if (!existsSync("/proc/self/stat")) return this.skip();
    mkdirSync(turns);
    const draft = join(dir, "draft");
    writeFileSync(draft, `${process.pid} a-boot-long-ago/123`);
    linkSync(draft, join(turns, "1"));
    assert.equal(await withLock(folder, quiet, async () => "built"), "built");
  });

  it("is held by one process at a time when several find a killed owner, and the next of them is killed, too", async function () {
    this.timeout(120_000);
    mkdirSync(turns);
    writeFileSync(join(turns, "1"), `${goneProcess()} `);
    const log = join(dir, "log");
    const program = `
      const { withLock } = require(${JSON.stringify(join(ROOT, "rehearsal/engine/lock"))});
      const { appendFileSync } = require("node:fs");
      const note = (text) => appendFileSync(${JSON.stringify(log)}, text + " " + process.pid + "\\n");
      withLock(${JSON.stringify(folder)}, () => {}, async () => {
        note("in");
        if (process.argv[1] === "killed") process.kill(process.pid, "SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 20));
        note("out");
      });`;
    const child = (fate: string) =>
      once(spawn(process.execPath, ["-r", "ts-node/register", "-e", program, fate], { cwd: ROOT, stdio: "inherit" }), "exit");
    const ends = await Promise.all(["killed", "ends", "ends", "killed", "ends"].map(child));
    assert.deepEqual(ends.map(([code, signal]) => signal ?? code).sort(), ["SIGKILL", "SIGKILL", 0, 0, 0].sort());
    const lines = readFileSync(log, "utf8").trim().split("\n");
    assert.equal(lines.filter((line) => line.startsWith("in ")).length, 5);
    for (const [index, line] of lines.entries()) {
      if (line.startsWith("out ")) assert.equal(lines[index - 1], line.replace("out", "in"), lines.join("\n"));
    }
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { endAfterLastTest } = require("../../scripts/lane-exit.cjs");

describe("a lane of tests after its last test", () => {
  let folder: string;
  let counts: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ci-runners-"));
    counts = join(folder, "rest");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function end(program: string, limitMs: number): Promise<unknown[]> {
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    writeFileSync(counts, "3 passed, 1 failed, 0 skipped\n");
    const timer = endAfterLastTest(child, counts, "rest", limitMs);
    const exit = await once(child, "exit");
    clearInterval(timer);
    return exit;
  }

  it("is ended and fails when something stays open; otherwise the whole run would never have a result", async () => {
    assert.deepEqual(await end("console.log(1); setInterval(() => {}, 1000)", 300), [null, "SIGTERM"]);
    assert.equal(readFileSync(counts, "utf8"), "3 passed, 2 failed, 0 skipped\n");
    assert.match(readFileSync(`${counts}.failures`, "utf8"), /the lane rest\n {4}did not exit within 0.3 s of its last test/);
  });

  it("is killed when it ignores SIGTERM", async () => {
    const program = "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1000)";
    assert.deepEqual(await end(program, 300), [null, "SIGKILL"]);
    assert.equal(readFileSync(counts, "utf8"), "3 passed, 2 failed, 0 skipped\n", "it has failed once");
  });

  it("keeps its counts when it exits in time", async () => {
    assert.deepEqual(await end("console.log(1); setTimeout(() => {}, 300)", 120_000), [0, null]);
    assert.equal(readFileSync(counts, "utf8"), "3 passed, 1 failed, 0 skipped\n");
  });
});

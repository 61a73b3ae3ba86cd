import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../../cli/options";
import { parseSimulation } from "../../../rehearsal/simulation/options";
import type { SeedOutcome } from "../../../rehearsal/simulation/seeds";
import { simulate } from "../../../rehearsal/simulation/simulate";

const ROOT = join(__dirname, "../../..");
/** Many times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 900_000;
const SMALL = ["--instances", "4", "--pools", "2", "--hours", "2"];

describe("npm run simulate -- --seeds", function () {
  this.timeout(BOUND_MS);

  const command = (...argv: string[]) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: { simulate: string } };
    const [program, ...rest] = scripts.simulate.split(" ");
    return spawnSync(program!, [...rest, ...SMALL, ...argv], { cwd: ROOT, encoding: "utf8" });
  };

  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "ci-runners-seeds-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("simulates each seed in a process of its own, exactly as it is simulated alone, and prints a line for each", async () => {
    const json = join(folder, "seeds.json");
    // The time of a busy machine is not tested here.
    const { status, stdout, stderr } = command("--seeds", "3..4", "--max-seconds", "9999", "--json", json);
    assert.equal(status, 0, stdout + stderr);
    const lines = stdout.split("\n").filter((line) => /^ +\d+ /.test(line));
    assert.deepEqual(
      lines.map((line) => [Number(line.trim().split(/\s+/)[0]), line.endsWith("ok")]),
      [
        [3, true],
        [4, true],
      ],
    );
    const outcomes = JSON.parse(readFileSync(json, "utf8")) as SeedOutcome[];
    for (const { seed, result, mib, seconds } of outcomes) {
      const alone = await simulate({ ...parseSimulation(SMALL)!.options, seed });
      assert.deepEqual({ ...result!, options: undefined }, { ...alone, options: undefined });
      assert.ok(mib! > 50 && seconds! > 0);
    }
    assert.notDeepEqual(outcomes[0]!.result!.calls, outcomes[1]!.result!.calls);
  });

  it("exits 1 if one seed breaks one budget, names both, and still simulates the other seeds", () => {
    const { status, stdout } = command("--seeds", "3..4", "--max-seconds", "9999", "--max-mib", "1");
    assert.equal(status, 1, stdout);
    assert.equal([...stdout.matchAll(/FAILED: it used \d+ MiB, at most 1 MiB are allowed \(--max-mib\)/g)].length, 2);
    assert.match(stdout, /^FAILED: seeds 3, 4$/m);
  });

  it("exits 1 if a process dies before it has a result", () => {
    // More pools than an array can hold.
    const { status, stdout } = command("--seeds", "3..3", "--instances", "9999999999", "--pools", "9999999999");
    assert.equal(status, 1, stdout);
    assert.match(stdout, /3 .*FAILED: its process ended without a result \(exit code 1\)/);
  });

  for (const [range, words] of [
    ["20..1", /--seeds 20\.\.1: give two whole numbers, as in 1\.\.20/],
    ["1-20", /--seeds 1-20/],
    ["1..", /--seeds 1\.\./],
  ] as const) {
    it(`rejects the range ${range} with an error that names the remedy`, () => {
      assert.throws(
        () => parseSimulation(["--seeds", range]),
        (error) => error instanceof UsageError && words.test(error.message),
      );
    });
  }

  it("allows 75 s and 1.3 GiB for a seed unless told otherwise", () => {
    assert.deepEqual(parseSimulation(["--seeds", "1..20"])!.seeds, { first: 1, last: 20, maxSeconds: 75, maxMib: 1331 });
    assert.equal(parseSimulation([])!.seeds, undefined);
  });
});

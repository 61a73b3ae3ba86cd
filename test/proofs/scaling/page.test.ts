import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../../../cli/options";
import { compare } from "../../../rehearsal/scaling/compare";
import { parseScalingOptions } from "../../../rehearsal/scaling/options";
import { EXPERIMENTS, scalingPage, section } from "../../../rehearsal/scaling/page";
import { textTable, titleOf } from "../../../rehearsal/scaling/table";

const ROOT = resolve(__dirname, "../../..");
const PAGE = readFileSync(join(ROOT, "docs/scaling.md"), "utf8");

describe("npm run scaling", function () {
  // A bound on a hang, not a measurement.
  this.timeout(300_000);

  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "ci-runners-scaling-"))));
  after(() => rmSync(folder, { recursive: true }));
  const command = (...argv: string[]) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: { scaling: string } };
    const [program, ...rest] = scripts.scaling.split(" ");
    return spawnSync(program!, [...rest, ...argv], { cwd: ROOT, encoding: "utf8" });
  };

  it("prints the table of an experiment, and writes its figures", () => {
    const json = join(folder, "figures.json");
    const { status, stdout, stderr } = command("--load", "day-20", "--seeds", "3..4", "--boots", "correlated", "--outage", "--json", json);
    assert.equal(status, 0, stderr);
    const expected = compare({ load: "day-20", boots: "correlated", outage: true, seeds: { first: 3, last: 4 } });
    assert.equal(stdout.trim(), textTable(expected).trim());
    assert.deepEqual(JSON.parse(readFileSync(json, "utf8")), expected);
  });

  it("prints its help without running anything", () => {
    const { status, stdout } = command("--help");
    assert.equal(status, 0);
    assert.match(stdout, /--load NAME .*--seeds A\.\.B .*--boots LAW/s);
  });

  const refused: [argv: string[], words: RegExp][] = [
    [["--load", "day-2"], /--load day-2: give day-200, day-20, agents or storm/],
    [["--seeds", "3..1"], /--seeds 3\.\.1: give two whole numbers/],
    [["--boots", "slow"], /--boots slow: give iid or correlated/],
    [["--out", "docs", "--load", "storm"], /--out: the page shows experiments of its own/],
  ];
  for (const [argv, words] of refused) {
    it(`refuses ${argv.join(" ")} and says what is allowed`, () => {
      assert.throws(
        () => parseScalingOptions(argv),
        (error: Error) => error instanceof UsageError && words.test(error.message),
      );
    });
  }

  it("wrote the page: one of its tables, computed again, stands there to the letter", () => {
    const experiment = EXPERIMENTS.find(({ load }) => load === "day-20")!;
    assert.ok(PAGE.includes(section(compare(experiment))), "docs/scaling.md is out of date: npm run scaling -- --out docs");
  });

  it("wrote every experiment and every parameter into the page", () => {
    const headings = EXPERIMENTS.map((experiment) => `## ${titleOf(experiment)}`);
    assert.deepEqual(PAGE.match(/^## .* boots, .*$/gm), headings);
    const parameters = (page: string) => page.slice(page.indexOf("## What is modelled"));
    assert.equal(parameters(PAGE), parameters(scalingPage([])));
  });

  it("writes where it does worse than another rule", () => {
    assert.match(PAGE, /Where ci-runners does worse:\n- than Buildkite's rule: mean/);
  });
});

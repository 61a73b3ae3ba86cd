import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { AIMS, aimResults } from "../../bench/aims";
import { CATALOGUE } from "../../bench/catalogue";
import { plotSvg } from "../../bench/plot";
import { reportMarkdown } from "../../bench/benchmark-page";
import { resultsJson, rounded, type Results, type Samples } from "../../bench/results";

const DOCS = resolve(__dirname, "../../docs");
const MACHINE = { cores: 2, cpu: "CPU", memoryGiB: 8, kernel: "6.1", node: "20.19.0" };
const resultsOf = (samples: Samples): Results => ({ date: "2026-11-25", machine: MACHINE, loadBefore: 0.1, seconds: 600, samples });
/** A run that meets every aim with a margin of half. */
const good = (): Samples => {
  const samples = Object.fromEntries(CATALOGUE.flatMap(({ rows }) => rows.map(({ id }) => [id, [1, 1, 1]])));
  return { ...samples, "hook.cli": [50, 50, 50], "agent.cpu": [0.25, 0.25, 0.25], "functions.node": [30, 30, 30] };
};

describe("the evaluation of the aims", () => {
  it("reports all aims as met for a run that meets them", () => {
    assert.deepEqual(
      aimResults(good()).map(({ aim, met }) => [aim.id, met]),
      AIMS.map(({ id }) => [id, true]),
    );
  });

  const misses: [string, Samples][] = [
    ["hook", { "hook.ours": [2.1, 2.1, 2.1] }],
    ["detect", { "drain.detect": [100, 100, 2001] }],
    ["tail", { "drain.tail": [100, 100, 10_001] }],
    ["zip-sweep", { "functions.sweep.zip": [1025] }],
    ["ready-register", { "functions.register.cold": [100, 151, 151] }],
    ["memory", { "agent.memory": [59, 60.1, 59] }],
    ["cpu", { "agent.cpu": [0.2, 0.2, 1.2] }], // 320 ms a minute, where 10 starts take 300 ms
  ];
  for (const [id, samples] of misses) {
    it(`reports ${id} as missed by a run that misses it, and so does the page`, () => {
      const all = { ...good(), ...samples };
      assert.deepEqual(
        aimResults(all)
          .filter(({ met }) => !met)
          .map(({ aim }) => aim.id),
        [id],
      );
      assert.equal(reportMarkdown(resultsOf(all)).match(/\*\*missed\*\*/g)?.length, 1);
    });
  }

  it("omits an aim that a partial run did not measure, and never reports it as met", () => {
    assert.deepEqual(
      aimResults({ "agent.cpu": [0.1], "agent.memory": [50] }).map(({ aim }) => aim.id),
      ["memory"],
    );
  });
});

describe("the benchmark page", () => {
  it("shows every row, its statistics and its number of samples", () => {
    const page = reportMarkdown(resultsOf({ ...good(), "drain.tail": [1000, 3000, 2000, 9000] }));
    for (const { rows } of CATALOGUE) for (const { what } of rows) assert.ok(page.includes(`| ${what}`), what);
    assert.ok(page.includes("| end of the job until the lifecycle action is completed, ms | 2500 | 1000 | 9000 | 4 |"), page);
    assert.ok(page.includes("the CLI takes 50 times as long as our hook"));
  });

  it("draws every sample of a plotted series once, in well-formed XML", () => {
    const svg = plotSvg({ ...good(), "boot.cold": [4000, 5000] });
    new XMLParser().parse(svg, true);
    const drawn = CATALOGUE.flatMap(({ rows }) => rows).filter(({ short }) => short !== undefined);
    assert.equal(svg.match(/class="dot"/g)?.length, 3 * drawn.length - 1);
    for (const { short } of drawn) assert.ok(svg.includes(`>${short}<`), short);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
  });

  it("reads back the samples that it wrote, to the hundredth", () => {
    const results = resultsOf(rounded({ "hook.ours": [1.23456, 2], "drain.tail": [3000.004] }));
    assert.deepEqual(JSON.parse(resultsJson(results)), { ...results, samples: { "hook.ours": [1.23, 2], "drain.tail": [3000] } });
  });
});

describe("the committed benchmarks", () => {
  const read = (name: string) => readFileSync(join(DOCS, name), "utf8");

  it("are byte for byte what the benchmark generates from the committed samples, without manual edits", () => {
    for (const name of ["benchmarks.json", "benchmarks.md", "benchmarks.svg"]) assert.ok(existsSync(join(DOCS, name)), name);
    const results = JSON.parse(read("benchmarks.json")) as Results;
    assert.equal(resultsJson(results), read("benchmarks.json"));
    assert.equal(reportMarkdown(results), read("benchmarks.md"));
    assert.equal(plotSvg(results.samples), read("benchmarks.svg"));
  });

  it("come from a whole run, with at least 20 samples of everything that varies, and name every aim", () => {
    const { samples } = JSON.parse(read("benchmarks.json")) as Results;
    const once = /\.(zip|resources)$/;
    for (const { rows } of CATALOGUE) {
      for (const { id } of rows)
        assert.ok((samples[id]?.length ?? 0) >= (once.test(id) ? 1 : 20), `${id}: ${samples[id]?.length ?? 0} samples`);
    }
    for (const { what } of AIMS) assert.ok(read("benchmarks.md").includes(`| ${what} |`), what);
  });
});

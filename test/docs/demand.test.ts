import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULTS_IF_GIVEN } from "../../components/actions-runner-pool/defaults";
import { METRIC, POOL_DIMENSION, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import { WaitCause } from "../../contract/workflow-jobs/ledger";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { SOURCE_METRIC, WORKFLOW_JOBS_DIMENSION } from "../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import { hedge } from "../../functions/actions-runner-pool/scale/policy/hedge";
import { RESERVE } from "../../functions/shared/github/reserve";
import { callsPerRun } from "../../functions/workflow-jobs/reconcile/call-budget";
import { REPOSITORY_ACTIVE } from "../../functions/workflow-jobs/shared/job-ledger";
import { demandCosts, demandTable } from "./costs";
import { ROOT } from "./markdown";

const FILE = join(ROOT, "docs/demand.md");
const text = () => readFileSync(FILE, "utf8");
const BETWEEN = /(<!-- costs: generated -->\n)[\s\S]*?(<!-- end of costs -->)/;

/** The cells of the tables below a heading, by row. */
function table(heading: string): string[][] {
  const [, section = ""] = text().split(`\n## ${heading}\n`);
  const [own = ""] = section.split(/\n## /);
  const lines = own.split("\n").filter((line) => /^\| (?!---)/.test(line));
  const rows = lines.map((line) => line.split("|").slice(1, -1)).map((cells) => cells.map((cell) => cell.trim()));
  assert.ok(rows.length > 3, `no table below "${heading}"`);
  return rows;
}

describe("docs/demand.md", () => {
  it("explains every cause with its metric and no other, so that no job waits for a reason that nothing explains", () => {
    const metrics: Record<string, string> = { ...WAIT_CAUSE_METRIC, [WaitCause.NoPool]: SOURCE_METRIC.unservedJobs };
    const [, ...rows] = table("Why does my job wait?");
    const documented = rows.map(([cause = "", metric = ""]) => [cause, metric]);
    const known = Object.values(WaitCause).map((cause) => [`\`${cause}\``, `\`${metrics[cause]}\``]);
    assert.deepEqual(documented.sort(), known.sort());
  });

  it("names every metric of the scaler and of the source, and none that nothing emits", () => {
    const [, section = ""] = text().split("\n## Metrics and dashboard\n");
    const [own = ""] = section.split(/\n## /);
    const documented = [...own.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name!);
    const known = [...Object.values(SCALE_METRIC), ...Object.values(SOURCE_METRIC), METRIC.busyRunners, METRIC.onlineRunners];
    const around = [METRIC_NAMESPACE, POOL_DIMENSION, WORKFLOW_JOBS_DIMENSION];
    assert.deepEqual([...new Set(documented)].sort(), [...known, ...around].sort());
  });

  it("names for each metric of a source the function that emits it, so that an absent one is looked for in the right log", () => {
    const page = text().replaceAll(/\s+/g, " ");
    const [, webhook = "", both = "", reconciler = ""] =
      /`WorkflowJobs`: ([^;]*) by the webhook; ([^;]*) by the webhook and the reconciler; ([^.]*) by the reconciler\./.exec(page) ?? [];
    const names = (list: string) => [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name!).sort();
    const emitted = (folder: string) => {
      const path = join(ROOT, "functions/workflow-jobs", folder);
      const source = readdirSync(path)
        .map((file) => readFileSync(join(path, file), "utf8"))
        .join("\n");
      const found = Object.entries(SOURCE_METRIC).filter(([key]) => new RegExp(`count\\(\\s*SOURCE_METRIC\\.${key}\\b`).test(source));
      return found.map(([, name]) => name).sort();
    };
    assert.deepEqual(names(webhook), emitted("webhook"));
    assert.deepEqual(names(both), emitted("shared"));
    assert.deepEqual(names(reconciler), emitted("reconcile"));
  });

  it("gives the intervals, bounds and defaults of the code", () => {
    const page = text().replaceAll(/\s+/g, " ");
    const minutes = (seconds: number) => seconds / 60;
    for (const stated of [
      `The scaler runs every ${TIMING.scaleInterval} s.`,
      `a *lease* of ${TIMING.scaleLease} s`,
      `runs every ${minutes(DEMAND_TIMING.reconcileInterval)} minutes`,
      `every repository once in ${minutes(DEMAND_TIMING.fullRound)} minutes`,
      `confirmed in the last ${minutes(DEMAND_TIMING.staleAfter)} minutes`,
      `after ${minutes(DEMAND_TIMING.staleAfter)} minutes the source is stale`,
      `when none has succeeded for ${minutes(DEMAND_TIMING.staleAfter)} minutes`,
      `The scaler waits ${DEMAND_TIMING.signalInterval + 0.2} s`.replace("The", "the"),
      `waits ${DEMAND_TIMING.secretCache + 2.5} s until every process`,
      `idles for more than ${DEMAND_TIMING.notAssignedAfter} s`,
      `${DEMAND_TIMING.webhookBound} s at most`,
      `job in the last ${REPOSITORY_ACTIVE / 3600} hours`,
      `makes at most ${(callsPerRun(200) * 12 + 4).toLocaleString("en")} calls`,
      `less than ${RESERVE.reconcile * 100} % of the App's hour`,
      `\`idleTimeout\` is terminated, the longest idle first, while enough remain. | ${DEFAULTS_IF_GIVEN.demand.idleTimeout} s |`,
      `idle or booting. | ${DEFAULTS_IF_GIVEN.demand.minIdle} |`,
    ]) {
      assert.ok(page.includes(stated), `the page does not say: ${stated}`);
    }
    assert.equal(hedge(3), 0);
    assert.equal(hedge(10), 3);
    assert.match(page, /From 4 such jobs on, 30 % more/);
  });

  it("quotes the simulation's page, so that a change of the policy does not leave better figures behind", () => {
    const scaling = readFileSync(join(ROOT, "docs/scaling.md"), "utf8");
    const [, jobs] = /A day has (\d+) jobs/.exec(scaling)!;
    const figures = (name: string, page = scaling) => {
      const line = page.split("\n").find((one) => one.startsWith(`| ${name} |`))!;
      const [cost = "", , p50 = "", p95 = "", , , launches = ""] = line
        .split("|")
        .slice(2)
        .map((cell) => cell.trim());
      return { cost, p50, p95, launches };
    };
    const [ours, buildkite] = [figures("ci-runners"), figures("Buildkite's rule")];
    const page = text().replaceAll(/\s+/g, " ");
    assert.ok(page.includes(`${jobs} jobs they cost ${ours.cost} times`), ours.cost);
    assert.ok(page.includes(`(Buildkite's rule: ${buildkite.cost})`), buildkite.cost);
    assert.ok(page.includes(`wait for ${ours.p50} s or less (${buildkite.p50} s), 95 % for ${ours.p95} s or less (${buildkite.p95} s)`));
    assert.ok(page.includes("about three times as many instances as Buildkite's, and"));
    assert.equal(Math.round(Number(ours.launches) / Number(buildkite.launches)), 3);
    const [, correlated = ""] = scaling.split(/^## .*correlated boots.*$/m);
    assert.ok(page.includes("(*correlated boots*), their p95 is no lower"));
    assert.ok(Number(figures("ci-runners", correlated).p95) >= Number(figures("Buildkite's rule", correlated).p95));
  });

  it("computes what demand costs from the dated prices and what is deployed, so that neither can change alone", async () => {
    const expected = demandTable(await demandCosts());
    if (process.env.COSTS_WRITE === "1") writeFileSync(FILE, text().replace(BETWEEN, `$1${expected}\n$2`));
    assert.equal(BETWEEN.exec(text())?.[0], `<!-- costs: generated -->\n${expected}\n<!-- end of costs -->`, "write it: COSTS_WRITE=1");
    const { date, region } = JSON.parse(readFileSync(join(ROOT, "examples/bootstrap/prices.json"), "utf8"));
    assert.ok(text().includes(`${date} in ${region}`));
  });
});

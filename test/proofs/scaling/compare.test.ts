import assert from "node:assert/strict";
import { type Comparison, compare } from "../../../rehearsal/scaling/compare";
import type { Figures } from "../../../rehearsal/scaling/figures";
import { SIGNALS } from "../../../rehearsal/scaling/parameters";

const SEEDS = { first: 1, last: 10 };

function figures({ rules }: Comparison, name: string): Figures {
  return rules.find((rule) => rule.name === name)!.figures;
}

function near(actual: number | null, expected: number, what: string): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 0.1 * expected, `${what}: ${actual}, published ${expected}`);
}

describe("the comparison of scaling rules", function () {
  // A bound on a hang, not a measurement.
  this.timeout(600_000);

  let large: Comparison;
  let small: Comparison;
  before(() => {
    large = compare({ load: "day-200", boots: "iid", outage: false, seeds: SEEDS });
    small = compare({ load: "day-20", boots: "iid", outage: false, seeds: SEEDS });
  });

  it("agrees within 10 % with an independent simulation of the same day: Buildkite's rule", () => {
    const { cost, wait } = figures(large, "Buildkite's rule");
    near(cost, 2.11, "cost / B2");
    near(wait.p95, 61, "p95");
    near(wait.p99, 82, "p99");
    assert.equal(wait.p50, 2);
  });

  it("agrees within 10 % with an independent simulation of the same day: fixed fleets", () => {
    near(figures(large, "fixed fleet, p95 of demand").cost, 3.07, "cost / B2 at p95");
    near(figures(large, "fixed fleet, p95 of demand").wait.p95, 296, "p95 at p95");
    near(figures(large, "fixed fleet, p99 of demand").cost, 4.76, "cost / B2 at p99");
  });

  it("has a policy of ours that is not worse than Buildkite's rule in cost and p95 alike", () => {
    for (const comparison of [large, small]) {
      const [ours, theirs] = [figures(comparison, "ci-runners"), figures(comparison, "Buildkite's rule")];
      assert.ok(ours.cost <= theirs.cost, `${comparison.load}: cost ${ours.cost} against ${theirs.cost}`);
      assert.ok(ours.wait.p95! <= theirs.wait.p95!, `${comparison.load}: p95 ${ours.wait.p95} against ${theirs.wait.p95}`);
    }
  });

  it("has a policy of ours that loses no job, follows the truth within one reconciliation, and shrinks to its minimum", () => {
    const outage = compare({ load: "day-20", boots: "correlated", outage: true, seeds: SEEDS });
    for (const comparison of [large, small, outage]) {
      const { lost, behind, settled } = figures(comparison, "ci-runners");
      assert.equal(lost, 0);
      assert.ok(behind <= SIGNALS.reconcile + SIGNALS.pass, `${comparison.load}: behind for ${behind} s`);
      // A lost `completed`, the idle timeout, and the passes after them.
      assert.ok(
        settled !== null && settled <= SIGNALS.reconcile + 60 + 2 * SIGNALS.schedule,
        `${comparison.load}: settled after ${settled} s`,
      );
    }
  });

  it("shows a policy that launches no more than the published limit without a warm pool", () => {
    for (const comparison of [large, small]) assert.ok(figures(comparison, "ci-runners").launchRatio <= 1.6);
  });
});

import assert from "node:assert/strict";
import { CallBudget, callsPerRun } from "../../../../functions/workflow-jobs/reconcile/call-budget";
import { QuickClock } from "../../support/quick-clock";

const signal = () => AbortSignal.timeout(5_000);

describe("the budget of a reconciliation's calls", () => {
  const budgetOf = (quota: number, clock = new QuickClock(0)) => ({
    budget: new CallBudget(200, { remainingQuota: () => quota }, clock),
    clock,
  });

  it("is 1,600 an hour for 200 repositories, and more in proportion beyond", () => {
    assert.ok(12 * callsPerRun(200) <= 1_600);
    assert.equal(callsPerRun(3), callsPerRun(200));
    assert.equal(callsPerRun(1_000), 666);
  });

  it("spreads a full run over at least 30 s, below GitHub's limit for a minute", async () => {
    const { budget, clock } = budgetOf(1);
    while (await budget.take(signal()));
    assert.equal(budget.spent, 133);
    assert.ok(clock.now() >= 30_000, `${clock.now()} ms`);
    assert.equal(budget.exhausted, "the calls of this run");
  });

  it("leaves a larger run time for its calls", async () => {
    const { budget, clock } = budgetOf(1);
    budget.resize(2_000);
    while (await budget.take(signal()));
    assert.ok(budget.spent > 1_300 && clock.now() <= 100_000, `${budget.spent} calls in ${clock.now()} ms`);
  });

  it("makes no call that would leave the pools less than 20 % of the quota", async () => {
    assert.equal(await budgetOf(0.2).budget.take(signal()), true);
    const { budget } = budgetOf(0.199);
    assert.equal(await budget.take(signal()), false);
    assert.deepEqual([budget.spent, budget.exhausted], [0, "GitHub's quota"]);
  });

  it("keeps calls for later parts, and counts further pages", async () => {
    const { budget } = budgetOf(1);
    budget.notePages(13_000);
    assert.equal(budget.spent, 129);
    assert.equal(await budget.take(signal(), 5), false);
    assert.equal(await budget.take(signal(), 3), true);
  });
});

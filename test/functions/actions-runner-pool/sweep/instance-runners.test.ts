import assert from "node:assert/strict";
import { NOW, SweepHarness, activity, id, offline } from "../../support/sweep-harness";

const LIMIT = 5_000;

describe("the sweep's list of runners", () => {
  let harness: SweepHarness;
  /** Calls that are left of the hour. */
  let left: number;
  /** Pages that were requested. */
  let requested: number;

  beforeEach(() => {
    harness = new SweepHarness();
    harness.runners = [[offline(1)]];
    harness.activities = [[activity(id(1), 5)]];
    requested = 0;
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      remainingQuota: (spending = 0) => Math.max(0, left - spending) / LIMIT,
      async *pages(signal, shouldList = () => true) {
        if (pages > 1 && !shouldList(pages)) return;
        requested += pages;
        left -= pages;
        yield* gitHub.pages(signal);
      },
    });
  });
  let pages: number;

  /** Sweeps every 5 min for a day. */
  const aDay = async () => {
    for (let sweep = 0; sweep < 288; sweep++) {
      harness.now = NOW + sweep * 300_000;
      await harness.run();
    }
  };

  it("is not begun if it would leave less than 15 % of the quota, so that launches get their tokens", async () => {
    pages = 100;
    left = 750 + 99;
    await aDay();
    assert.equal(requested, 0);
    assert.match(harness.observer.messages("warn")[0] ?? "", /runners are not listed/);
    assert.equal(harness.observer.counts.SweepErrors, undefined, "it is no failure");
    left = 750 + 100;
    await aDay();
    assert.equal(requested, 100);
  });

  it("is not even asked for by a small organization once 15 % of the quota are left", async () => {
    pages = 1;
    left = 750;
    await harness.run();
    assert.equal(requested, 1);
    await harness.run();
    assert.equal(requested, 1);
  });

  it("is still tried when nothing is left, because GitHub's refusal is an error that must be counted", async () => {
    pages = 1;
    left = 0;
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      pages: () => {
        throw new Error("403 API rate limit exceeded");
      },
    });
    await harness.run();
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { boundsOf, busyQuantile } from "../../../rehearsal/scaling/bounds";
import { START_COST } from "../../../rehearsal/scaling/parameters";
import type { Interval } from "../../../rehearsal/scaling/replay";

const RUNS = 2000;

const jobs = (maxLength: number, longest = 20) =>
  fc.array(
    fc
      .record({ from: fc.integer({ min: 0, max: 30 }), length: fc.integer({ min: 1, max: longest }) })
      .map(({ from, length }): Interval => ({ from, to: from + length, wave: 1 })),
    { minLength: 1, maxLength },
  );

/** The cheapest of all assignments of jobs to instances, each tried: an instance that idles may stay or be launched again. */
function bruteForce(all: readonly Interval[], start: number): number {
  const sorted = [...all].sort((one, other) => one.from - other.from);
  const cheapest = (index: number, idleSince: number[]): number => {
    const job = sorted[index];
    if (!job) return 0;
    let best = start + cheapest(index + 1, [...idleSince, job.to]);
    for (const [instance, since] of idleSince.entries()) {
      if (since > job.from) continue;
      const after = idleSince.map((other, one) => (one === instance ? job.to : other));
      best = Math.min(best, Math.min(job.from - since, start) + cheapest(index + 1, after));
    }
    return best;
  };
  return sorted.reduce((sum, { from, to }) => sum + to - from, 0) + cheapest(0, []);
}

describe("the bounds of a day", () => {
  it("take the launch of an instance as boot, failures and drain: 57 s", () => assert.equal(START_COST, 57));

  it("have an optimum that no assignment of jobs beats, and that one reaches", () => {
    fc.assert(
      fc.property(jobs(6), fc.constantFrom(1, 3, 6, 10), (all, start) => {
        assert.equal(boundsOf(all, start).optimum, bruteForce(all, start));
      }),
      { numRuns: RUNS },
    );
  });

  it("have a relaxed bound between the work and the optimum, and below each day on which jobs wait as long as they may", () => {
    const delays = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(jobs(8), delays, fc.constantFrom(3, 10), (all, waits, start) => {
        const { work, relaxed, optimum } = boundsOf(all, start, 10);
        assert.ok(work <= relaxed + 1e-9 && relaxed <= optimum + 1e-9, `${work} <= ${relaxed} <= ${optimum}`);
        const delayed = all.map(({ from, to, wave }, index) => ({ from: from + waits[index]!, to: to + waits[index]!, wave }));
        assert.ok(relaxed <= bruteForceOrClosed(delayed, start) + 1e-9);
      }),
      { numRuns: RUNS },
    );
  });

  it("count as launches what the optimum does not keep idle", () => {
    const apart = [0, 100].map((from): Interval => ({ from, to: from + 10, wave: 1 }));
    assert.deepEqual([boundsOf(apart, 90).launches, boundsOf(apart, 91).launches], [2, 1]);
    assert.equal(boundsOf(apart, 90).peak, 1);
  });

  it("give a fixed fleet the size that demand does not exceed for the given share of the day", () => {
    const all: Interval[] = [
      { from: 0, to: 50, wave: 1 },
      { from: 40, to: 60, wave: 1 },
    ];
    // Of 100 s: 40 without, 50 with one, 10 with two jobs.
    assert.deepEqual(
      [0.3, 0.41, 0.9, 0.91].map((quantile) => busyQuantile(all, quantile, 100)),
      [0, 1, 1, 2],
    );
  });
});

/** Brute force where it is quick; else the closed form that it has confirmed. */
function bruteForceOrClosed(all: readonly Interval[], start: number): number {
  return all.length <= 5 ? bruteForce(all, start) : boundsOf(all, start).optimum;
}

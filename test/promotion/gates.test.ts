import assert from "node:assert/strict";
import fc from "fast-check";
import { type Facts, bakeGate, directionGate, orderGate } from "../../promotion/gates";
import { type MainCommit, deployments } from "../../promotion/deployment-history";
import { DAY } from "../../promotion/stages";
import { day } from "./repository-fixture";

const TAG = "v0.3.0";
const sha = (at: number) => String(at).padStart(40, "a");
const lineOf = (days: readonly number[]): MainCommit[] => days.map((date, at) => ({ sha: sha(at), date: day(date) }));

/** The facts of a promotion of v0.3.0 to prod on day `today`, after sandbox pinned `pins` on `days`. */
function facts(today: number, pins: readonly (string | undefined)[], days: readonly number[], change: Partial<Facts> = {}): Facts {
  const before = { stage: "sandbox", bake: 7 * DAY, deployments: deployments(lineOf(days), pins, TAG, 0) };
  return { stage: "prod", from: "v0.2.0", to: TAG, rollback: false, before, own: [], now: day(today), ...change };
}

describe("the order gate", () => {
  it("is closed for a release that never ran in the stage before, and names that stage", () => {
    const { state, reason } = orderGate(facts(30, ["v0.2.0", "v0.4.0"], [0, 1]));
    assert.equal(state, "closed");
    assert.match(reason, /v0\.3\.0 has never run in sandbox; promote it to sandbox first/);
  });

  it("is open for a release that runs there, and for one that a newer release replaced", () => {
    assert.equal(orderGate(facts(30, ["v0.2.0", TAG], [0, 1])).state, "open");
    assert.equal(orderGate(facts(30, ["v0.2.0", TAG, "v0.4.0"], [0, 1, 9])).state, "open");
  });

  it("is closed for a release that was rolled back, also by way of a newer release", () => {
    for (const pins of [
      ["v0.2.0", TAG, "v0.2.0"],
      ["v0.2.0", TAG, "v0.4.0", "v0.2.0"],
    ]) {
      const { state, reason } = orderGate(facts(30, pins, [0, 1, 9, 10]));
      assert.equal(state, "closed");
      assert.match(reason, /was rolled back in sandbox, to v0\.2\.0 by /);
    }
  });

  it("requires order and bake again after a rollback", () => {
    const again = facts(12, ["v0.2.0", TAG, "v0.2.0", TAG], [0, 1, 9, 10]);
    assert.equal(orderGate(again).state, "open");
    assert.equal(bakeGate(again).state, "closed");
    assert.equal(bakeGate({ ...again, now: day(17) }).state, "open");
  });
});

describe("the bake gate", () => {
  it("opens at the exact millisecond that it reported as opensAt", () => {
    const pins = ["v0.2.0", TAG];
    const early = bakeGate({ ...facts(0, pins, [0, 1.5]), now: day(8.5) - 1 });
    assert.equal(early.state, "closed");
    assert.equal(early.opensAt, new Date(day(8.5)).toISOString());
    assert.match(early.reason, /6 d 23 h of 7 d in sandbox since 2026-01-02 12:00 UTC .*; opens 2026-01-09 12:00 UTC/);
    assert.equal(bakeGate({ ...facts(0, pins, [0, 1.5]), now: day(8.5) }).state, "open");
  });

  it("counts one deployment interval, never the sum of two", () => {
    // The sum is long enough, but a newer release ran in between.
    const torn = facts(12.9, [TAG, "v0.4.0", TAG], [0, 6, 6.5]);
    assert.equal(bakeGate(torn).state, "closed");
    assert.equal(bakeGate({ ...torn, now: day(13.5) }).state, "open");
  });

  it("is open for a release that ran long enough before a newer one replaced it", () => {
    assert.equal(bakeGate(facts(9, [TAG, "v0.4.0"], [0, 7])).state, "open");
    const short = bakeGate(facts(9, [TAG, "v0.4.0"], [0, 6.9]));
    assert.equal(short.state, "closed");
    assert.match(short.reason, /ran in sandbox for 6 d 21 h of 7 d and no longer runs there/);
    assert.equal(short.opensAt, undefined, "waiting does not open it");
  });

  it("never counts more time because commit dates go backwards", () => {
    // The commit that pinned it says day 0, but one before it says day 5.
    const backwards = facts(8, ["v0.2.0", "v0.2.0", TAG, TAG], [0, 5, 0, 6]);
    const { state, reason } = bakeGate(backwards);
    assert.equal(state, "closed");
    assert.match(reason, new RegExp(`\\(${sha(2).slice(0, 9)}, dated by ${sha(1).slice(0, 9)}\\)`));
    assert.equal(bakeGate({ ...backwards, now: day(12) }).state, "open");
    // The commit that ended it says day 20, but one after it says day 3.
    assert.equal(bakeGate(facts(30, [TAG, "v0.4.0", "v0.4.0"], [0, 20, 3])).state, "closed");
  });

  it("is closed by a commit date in the future, and names the commit", () => {
    const { state, reason, opensAt } = bakeGate(facts(30, ["v0.2.0", TAG], [0, 300]));
    assert.equal(state, "closed");
    assert.match(
      reason,
      new RegExp(`${sha(1).slice(0, 9)} is dated 2026-10-28 00:00 UTC, later than this machine's clock \\(2026-01-31 00:00 UTC\\)`),
    );
    assert.equal(opensAt, undefined);
    assert.equal(bakeGate(facts(30, ["v0.2.0", "v0.2.0", TAG], [0, 300, 1])).state, "closed", "an earlier commit is dated in the future");
    assert.equal(bakeGate(facts(30, [TAG, "v0.4.0"], [0, 300])).state, "closed", "its end is unknown");
    assert.equal(bakeGate(facts(30, ["v0.2.0", TAG, TAG], [0, 1, 300])).state, "open", "a later commit does not shorten it");
  });

  it("is open only if the clock and all commit dates allow the whole time in one interval", () => {
    const pin = fc.constantFrom("v0.2.0", TAG, "v0.4.0", "main", undefined);
    const history = fc.array(fc.record({ pin, date: fc.integer({ min: -3, max: 30 }) }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 30 }), (commits, today) => {
        const pins = commits.map((one) => one.pin);
        const days = commits.map((one) => one.date);
        const opened = bakeGate(facts(today, pins, days)).state === "open";
        // Computed differently from the gate: any pair of commits between which every pin is right.
        const runs = (at: number) => pins[at] === TAG || pins[at] === "main";
        const allowed = commits.some((_, first) =>
          commits.some((__, last) => {
            if (last < first || !commits.slice(first, last + 1).every((___, at) => runs(first + at))) return false;
            const later = commits.slice(last + 1);
            if (later.length > 0 && runs(last + 1)) return false;
            if (later.some((one) => one.pin === "v0.2.0")) return false;
            const begun = Math.max(...days.slice(0, first + 1));
            const ended = later.length > 0 ? Math.min(...later.map((one) => one.date)) : today;
            return ended <= today && begun <= today && ended - begun >= 7;
          }),
        );
        assert.equal(opened, allowed);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the direction gate", () => {
  const ran = deployments(lineOf([0, 1]), [TAG, "v0.4.0"], TAG, 0);

  it("is open for a newer release, and compares versions numerically", () => {
    assert.equal(directionGate(facts(1, [], [], { from: "v0.9.0", to: "v0.10.0" })).state, "open");
    assert.equal(directionGate(facts(1, [], [], { from: "v0.10.0", to: "v0.9.0" })).state, "closed");
  });

  it("is closed for an older release without --rollback, and names the option", () => {
    const { state, reason } = directionGate(facts(1, [], [], { from: "v0.4.0", own: ran }));
    assert.equal(state, "closed");
    assert.match(reason, /v0\.3\.0 is older than v0\.4\.0, which prod runs; to go back, pass --rollback/);
  });

  it("allows a rollback only to a release that this stage has run", () => {
    assert.equal(directionGate(facts(1, [], [], { from: "v0.4.0", rollback: true, own: ran })).state, "open");
    const { state, reason } = directionGate(facts(1, [], [], { from: "v0.4.0", rollback: true }));
    assert.equal(state, "closed");
    assert.match(reason, /v0\.3\.0 has never run in prod/);
  });

  it("ignores --rollback for a newer release", () => {
    const forwards = facts(30, ["v0.2.0"], [0], { rollback: true });
    assert.equal(orderGate(forwards).state, "closed");
    assert.equal(bakeGate(forwards).state, "closed");
  });
});

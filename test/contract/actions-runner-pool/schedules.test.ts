import assert from "node:assert/strict";
import { type Schedule, scheduleProblem } from "../../../contract/actions-runner-pool/schedules";

const VALID: Schedule = { cron: "0 8 * * 1-5", timeZone: "Europe/Berlin", duration: 36_000, minSize: 3 };

describe("a schedule", () => {
  for (const change of [
    {},
    { cron: "*/15 6-18 * * MON-FRI" },
    { timeZone: "UTC" },
    { duration: 60 },
    { duration: 604_800 },
    { minSize: 1 },
  ]) {
    it(`is valid with ${JSON.stringify(change)}`, () => assert.equal(scheduleProblem({ ...VALID, ...change }), undefined));
  }

  const invalid: [change: object, words: RegExp][] = [
    [{ cron: "0 25 * * *" }, /^cron "0 25 \* \* \*" is not a cron expression: use five fields/],
    [{ cron: "0 0 8 * * 1-5" }, /five fields/],
    [{ cron: "@daily" }, /five fields/],
    [{ cron: "2027-01-01T00:00:00" }, /five fields/],
    [{ cron: "" }, /five fields/],
    [{ cron: undefined }, /^cron undefined/],
    [{ cron: "0 0 30 2 *" }, /a time that never comes/],
    [{ timeZone: "Europe/Berlim" }, /^timeZone "Europe\/Berlim" is not a time zone .* use one such as/],
    [{ timeZone: "" }, /^timeZone ""/],
    [{ timeZone: undefined }, /^timeZone undefined/],
    [{ duration: 59 }, /^duration 59 is outside 60 to 604800/],
    [{ duration: 604_801 }, /^duration 604801/],
    [{ duration: 90.5 }, /whole seconds/],
    [{ duration: "3600" }, /^duration "3600"/],
    [{ minSize: 0 }, /^minSize 0 .* or omit the schedule/],
    [{ minSize: 1.5 }, /^minSize 1.5/],
    [{ minSize: undefined }, /^minSize undefined/],
  ];
  for (const [change, words] of invalid) {
    it(`is refused with ${JSON.stringify(change)}, instead of failing at its first use`, () => {
      assert.match(scheduleProblem({ ...VALID, ...change } as Schedule) ?? "", words);
    });
  }
});

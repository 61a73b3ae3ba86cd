import assert from "node:assert/strict";
import { monotonicClock } from "../../../host-config/shared/clock";

const HOUR = 3_600_000;

describe("the monotonic clock", () => {
  for (const [direction, jump] of [
    ["forward", HOUR],
    ["back", -HOUR],
  ] as const) {
    it(`does not jump when the time of day is set ${direction} by an hour`, () => {
      let [set, running] = [1_790_000_000_000, 5_000];
      const timeOfDay = () => set + running;
      const clock = monotonicClock(timeOfDay, () => running);
      const begun = clock.now();
      assert.equal(begun, timeOfDay());
      set += jump;
      running += 2_000;
      assert.equal(clock.now() - begun, 2_000);
    });
  }
});

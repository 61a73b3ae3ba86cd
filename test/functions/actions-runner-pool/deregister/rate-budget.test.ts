import assert from "node:assert/strict";
import { mayCall } from "../../../../functions/actions-runner-pool/deregister/rate-budget";

describe("the check of GitHub's hourly quota", () => {
  it("is spread over time for a mass scale-in, so that not every instance reads the same unspent quota", async () => {
    const timers: number[] = [];
    const clock = { now: () => 0, after: (ms: number, act: () => void) => (timers.push(ms), act(), { cancel: () => undefined }) };
    for (let n = 0; n < 1_000; n++) {
      const id = `i-0${(n * 2_654_435_761).toString(16).slice(-8).padStart(16, "0")}`;
      await mayCall(id, clock, { fetchRemainingQuota: async () => 1 }, 0.5, 2_000, new AbortController().signal);
    }
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = timers.filter((ms) => ms >= tenth * 200 && ms <= (tenth + 1) * 200).length;
      assert.ok(within > 50 && within < 200, `${within} of 1000 in tenth ${tenth}`);
    }
  });
});

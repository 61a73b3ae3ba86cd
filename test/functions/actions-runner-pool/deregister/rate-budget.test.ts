import assert from "node:assert/strict";
import { mayCall } from "../../../../functions/actions-runner-pool/deregister/rate-budget";

describe("GitHub's hourly calls", () => {
  it("are asked about by thousands at moments of their own, or all would be told that none is spent", async () => {
    const timers: number[] = [];
    const clock = { now: () => 0, after: (ms: number, act: () => void) => (timers.push(ms), act(), { cancel: () => undefined }) };
    for (let n = 0; n < 1_000; n++) {
      const id = `i-0${(n * 2_654_435_761).toString(16).slice(-8).padStart(16, "0")}`;
      await mayCall(id, clock, { askSpare: async () => 1 }, 0.5, 2_000, new AbortController().signal);
    }
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = timers.filter((ms) => ms >= tenth * 200 && ms <= (tenth + 1) * 200).length;
      assert.ok(within > 50 && within < 200, `${within} of 1000 in tenth ${tenth}`);
    }
  });
});

import assert from "node:assert/strict";
import { SkippingClock } from "../../rehearsal/skipping-clock";

const HOUR = 3_600_000;

describe("SkippingClock", () => {
  it("is the wall clock until a test skips time", () => {
    const clock = new SkippingClock();
    assert.ok(Math.abs(clock.now() - Date.now()) < 1_000);
    clock.skip(HOUR);
    assert.ok(Math.abs(clock.now() - HOUR - Date.now()) < 1_000);
    assert.equal(clock.skipped, HOUR);
  });

  it("fires what has become due, by time, and nothing else", async () => {
    const clock = new SkippingClock();
    const seen: string[] = [];
    const later = clock.after(2 * HOUR, () => seen.push("later"));
    clock.after(HOUR, () => seen.push("second"));
    clock.after(HOUR - 1, () => seen.push("first"));
    clock.after(HOUR - 2, () => seen.push("cancelled")).cancel();
    clock.skip(HOUR);
    await clock.sleep(1);
    assert.deepEqual(seen, ["first", "second"]);
    later.cancel();
  });

  it("waits for what is due in a month, which Node.js would fire at once", async () => {
    const clock = new SkippingClock();
    let fired = false;
    const timer = clock.after(30 * 24 * HOUR, () => (fired = true));
    await clock.sleep(20);
    assert.equal(fired, false);
    clock.skip(30 * 24 * HOUR);
    await clock.sleep(1);
    assert.equal(fired, true);
    timer.cancel();
  });
});

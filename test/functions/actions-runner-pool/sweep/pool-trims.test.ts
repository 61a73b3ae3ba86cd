import assert from "node:assert/strict";
import { SweepHarness, id } from "../../support/sweep-harness";

describe("sweep of pool trims", () => {
  it("completes the trim of a warm-pool instance whose event was lost", async () => {
    const harness = new SweepHarness();
    harness.members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
    await harness.run();
    assert.deepEqual(harness.acts, [`continue ${id(1)} without token`]);
  });
});

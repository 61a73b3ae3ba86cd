import assert from "node:assert/strict";
import { SweepHarness, activity, id } from "../../support/sweep-harness";

const PREPARATION = "Launching a new EC2 instance into warm pool";
const CALL = "Launching a new EC2 instance from warm pool";
const DAY = 24 * 60;

describe("sweep of pool trims", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
    harness.members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
  });

  it("completes the trim of a warm-pool instance whose event was lost", async () => {
    await harness.run();
    assert.deepEqual(harness.acts, [`continue ${id(1)} without token`]);
  });

  describe("while the host is on", () => {
    beforeEach(() => (harness.on = [id(1)]));

    it("completes the trim of one that never served: if its preparation hangs, no agent ever does", async () => {
      harness.activities = [[activity(id(1), 5, "Cancelled", PREPARATION)]];
      await harness.run();
      assert.deepEqual(harness.acts, [`continue ${id(1)} without token`]);
    });

    it("completes the trim of one that has rested in the pool for weeks and never served", async () => {
      harness.activities = [[activity(id(9), 20 * DAY)], [activity(id(1), 30 * DAY, "Successful", PREPARATION)]];
      await harness.run();
      assert.deepEqual(harness.acts, [`continue ${id(1)} without token`]);
    });

    for (const [what, launch] of [
      ["has served", activity(id(1), 60, "Successful", CALL)],
      ["is being called into service", activity(id(1), 1, "InProgress", CALL)],
    ] as const) {
      it(`leaves one that ${what} to itself: it may run a job, if it was returning when its pool was deleted`, async () => {
        harness.activities = [[launch, activity(id(1), 120, "Successful", PREPARATION)]];
        await harness.run();
        assert.deepEqual(harness.acts, []);
        assert.equal(harness.observer.counts.SweepErrors, undefined);
      });
    }

    it("leaves one to itself whose first launch the history does not show: it may have served before", async () => {
      harness.activities = [[activity(id(1), 1, "MidLifecycleAction", "Terminating EC2 instance from warm pool")]];
      await harness.run();
      assert.deepEqual(harness.acts, []);
    });
  });

  it("goes on with the next one if the history cannot be read", async () => {
    harness.members.push({ instanceId: id(2), lifecycleState: "Warmed:Terminating:Wait" });
    harness.on = [id(1)];
    harness.ports.activities = async function* () {
      yield* [];
      throw new Error("Throttling");
    };
    await harness.run();
    assert.deepEqual(harness.acts, [`continue ${id(2)} without token`]);
  });
});

import assert from "node:assert/strict";
import { SweepHarness, activity, id } from "../../support/sweep-harness";

describe("sweep of overdue drains", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  it("counts drains that exceed maxDrain, and terminates none of the instances", async () => {
    harness.members = [1, 2, 3].map((n) => ({ instanceId: id(n), lifecycleState: "Terminating:Wait" }));
    harness.activities = [[activity(id(1), 59, "MidLifecycleAction"), activity(id(2), 61, "MidLifecycleAction")]];
    await harness.run();
    assert.equal(harness.observer.counts.OverdueDrains, 2, "one exceeds maxDrain, one began before the history");
    assert.deepEqual(harness.acts, []);
  });

  it("counts drains before a return to the warm pool, however AWS describes them, but no instance that is prepared for the pool", async () => {
    harness.members = [1, 2, 3, 4].map((n) => ({ instanceId: id(n), lifecycleState: "Warmed:Pending:Wait" }));
    const [long, short, prepared] = [61, 59, 61].map((minutes, n) => activity(id(n + 1), minutes, "MidLifecycleAction"));
    const launch = { ...prepared!, description: `Launching a new EC2 instance into warm pool: ${id(3)}` };
    harness.activities = [[{ ...long!, description: `Returning ${id(1)}` }, short!, launch]];
    await harness.run();
    assert.equal(harness.observer.counts.OverdueDrains, 1, "the fourth began before the history, so it is unknown what it is");
    assert.deepEqual(harness.acts, []);
  });

  it("publishes zero when nothing is wrong, so that the alarms return to OK", async () => {
    await harness.run();
    assert.deepEqual(harness.observer.counts, {
      OutdatedInstances: 0,
      OverdueDrains: 0,
      OrphanSecrets: 0,
      RetainedInstances: 0,
      BusyRunners: 0,
      OnlineRunners: 0,
      OrphanRunners: 0,
      UnregisteredInstances: 0,
    });
  });

  it("counts no drain as overdue when only part of the history could be read", async () => {
    harness.members = [1, 2].map((n) => ({ instanceId: id(n), lifecycleState: "Terminating:Wait" }));
    harness.ports.activities = async function* () {
      yield [];
      throw new Error("throttled");
    };
    await harness.run();
    assert.equal(harness.observer.counts.OverdueDrains, 0);
    assert.ok((harness.observer.counts.SweepErrors ?? 0) >= 2);
  });
});

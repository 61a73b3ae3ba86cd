import assert from "node:assert/strict";
import { NAMES } from "../../support/events";
import { SweepHarness, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep function", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  it("completes the parts that need only AWS when GitHub is down", async () => {
    harness.members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
    harness.secrets = [{ name: `${NAMES.secretPrefix}${id(2)}`, changedAt: ago(30) }];
    harness.ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await harness.run();
    assert.deepEqual(harness.acts, [`continue ${id(1)} without token`, `delete ${NAMES.secretPrefix}${id(2)}`]);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });

  it("sweeps runners even if the group cannot be listed", async () => {
    harness.ports.members = async () => Promise.reject(new Error("throttled"));
    harness.runners = [[offline(1)]];
    harness.activities = [[activity(id(1), 5)]];
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 1"]);
  });
});

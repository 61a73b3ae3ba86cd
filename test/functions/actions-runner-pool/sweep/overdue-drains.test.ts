import assert from "node:assert/strict";
import { SweepScene, activity, id } from "../../support/sweep-harness";

describe("sweep function over overdue drains", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  it("counts those that last longer than they may, and ends none of them", async () => {
    scene.members = [1, 2, 3].map((n) => ({ instanceId: id(n), lifecycleState: "Terminating:Wait" }));
    scene.activities = [[activity(id(1), 59, "MidLifecycleAction"), activity(id(2), 61, "MidLifecycleAction")]];
    await scene.run();
    assert.equal(scene.observer.counts.OverdueDrains, 2, "one is too old, one is older than the history");
    assert.deepEqual(scene.acts, []);
  });

  it("says zero when all is well, so that the alarm can return to its rest", async () => {
    await scene.run();
    assert.deepEqual(scene.observer.counts, {
      OverdueDrains: 0,
      OrphanSecrets: 0,
      RetainedInstances: 0,
      OrphanRunners: 0,
      UnregisteredInstances: 0,
    });
  });

  it("raises no alarm from a history that it could read only in part", async () => {
    scene.members = [1, 2].map((n) => ({ instanceId: id(n), lifecycleState: "Terminating:Wait" }));
    scene.ports.activities = async function* () {
      yield [];
      throw new Error("throttled");
    };
    await scene.run();
    assert.equal(scene.observer.counts.OverdueDrains, 0);
    assert.ok((scene.observer.counts.SweepErrors ?? 0) >= 2);
  });
});

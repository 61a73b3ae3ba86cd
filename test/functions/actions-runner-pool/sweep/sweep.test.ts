import assert from "node:assert/strict";
import { NAMES } from "../../support/events";
import { SweepScene, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep function", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  it("does what needs AWS alone although GitHub is down", async () => {
    scene.members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
    scene.secrets = [{ name: `${NAMES.secretPrefix}${id(2)}`, changedAt: ago(30) }];
    scene.ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await scene.run();
    assert.deepEqual(scene.acts, [`continue ${id(1)} without token`, `delete ${NAMES.secretPrefix}${id(2)}`]);
    assert.equal(scene.observer.counts.SweepErrors, 1);
  });

  it("sweeps runners although the group cannot be listed", async () => {
    scene.ports.members = async () => Promise.reject(new Error("throttled"));
    scene.runners = [[offline(1)]];
    scene.activities = [[activity(id(1), 5)]];
    await scene.run();
    assert.deepEqual(scene.acts, ["remove 1"]);
  });
});

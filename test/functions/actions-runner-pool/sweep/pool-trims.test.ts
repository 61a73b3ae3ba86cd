import assert from "node:assert/strict";
import { SweepScene, id } from "../../support/sweep-harness";

describe("sweep function over pool trims", () => {
  it("lets a trimmed pool instance go whose event got lost", async () => {
    const scene = new SweepScene();
    scene.members = [{ instanceId: id(1), lifecycleState: "Warmed:Terminating:Wait" }];
    await scene.run();
    assert.deepEqual(scene.acts, [`continue ${id(1)} without token`]);
  });
});

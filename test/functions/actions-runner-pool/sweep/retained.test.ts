import assert from "node:assert/strict";
import { SweepScene, activity, id, offline } from "../../support/sweep-harness";

describe("sweep function over retained instances", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  beforeEach(() => {
    scene.members = [{ instanceId: id(1), lifecycleState: "Terminating:Retained" }];
    scene.activities = [[activity(id(1), 60, "MidLifecycleAction")]];
  });

  it("ends one whose runner is gone", async () => {
    await scene.run();
    assert.deepEqual(scene.acts, [`terminate ${id(1)}`]);
    assert.equal(scene.observer.counts.RetainedInstances, 1);
  });

  it("ends one whose runner is offline and idle", async () => {
    scene.runners = [[offline(1)]];
    await scene.run();
    assert.deepEqual(scene.acts, [`terminate ${id(1)}`]);
  });

  const keep: [string, () => void][] = [
    ["runs a job as far as GitHub knows", () => (scene.runners = [[{ ...offline(1), busy: true }]])],
    ["is online and may take a job", () => (scene.runners = [[{ ...offline(1), online: true }]])],
    ["fell silent so recently that GitHub may not have noticed", () => (scene.activities = [[activity(id(1), 14)]])],
    ["is not in the history", () => (scene.activities = [])],
  ];
  for (const [what, arrange] of keep) {
    it(`keeps and reports one that ${what}`, async () => {
      arrange();
      await scene.run();
      assert.deepEqual(scene.acts, []);
      assert.equal(scene.observer.counts.RetainedInstances, 1);
      assert.match(scene.observer.messages("warn")[0] ?? "", /kept/);
    });
  }

  it("keeps it while GitHub cannot be asked", async () => {
    scene.ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await scene.run();
    assert.deepEqual(scene.acts, []);
  });
});

import assert from "node:assert/strict";
import { SweepScene, activity, id, offline } from "../../support/sweep-harness";

describe("sweep function over runners", () => {
  let scene: SweepScene;
  beforeEach(() => {
    scene = new SweepScene();
  });

  it("removes those whose instance this group has terminated, on any page", async () => {
    scene.runners = [[offline(1)], [offline(2)]];
    scene.activities = [[activity(id(2), 5)], [activity(id(1), 50)]];
    await scene.run();
    assert.deepEqual(scene.acts, ["remove 1", "remove 2"]);
    assert.equal(scene.observer.counts.OrphanRunners, 2);
  });

  it("leaves them to a later sweep when little of GitHub's hour is left, or launches would starve", async () => {
    scene.runners = [[offline(1)], [offline(2)]];
    scene.activities = [[activity(id(2), 5), activity(id(1), 50)]];
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({ ...gitHub, spare: () => (scene.acts.length === 0 ? 0.4 : 0.39) });
    await scene.run();
    assert.deepEqual(scene.acts, ["remove 1"]);
  });

  it("says nothing of runners in a sweep whose turn to list thousands it is not", async () => {
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({
      ...gitHub,
      async *pages(_signal, worthIt) {
        if (worthIt!(100_000)) yield [];
      },
    });
    await scene.run();
    assert.equal(scene.observer.counts.OrphanRunners, undefined);
    assert.equal(scene.observer.counts.UnregisteredInstances, undefined);
    assert.equal(scene.observer.counts.SweepErrors, undefined);
  });

  it("never touches a runner of another pool, another account or a person, however alike it looks", async () => {
    scene.runners = [[offline(1), offline(2, "build-box"), offline(3, "i-am-a-mac"), offline(4)]];
    scene.activities = [
      [activity(id(4), 5, "Successful", "Launching a new EC2 instance"), activity(id(4), 9, "Successful", "Detaching EC2 instance")],
    ];
    await scene.run();
    assert.deepEqual(scene.acts, []);
  });

  it("waits while the termination is under way: its job may still run", async () => {
    scene.runners = [[offline(1)]];
    scene.activities = [[activity(id(1), 5, "MidLifecycleAction")]];
    await scene.run();
    assert.deepEqual(scene.acts, []);
  });

  it("leaves the runner of an instance that was retained, whatever its termination is called", async () => {
    scene.runners = [[offline(1)]];
    scene.activities = [[activity(id(1), 5)]];
    scene.alive = [id(1)];
    await scene.run();
    assert.deepEqual(scene.acts, []);
  });

  it("leaves runners that are online", async () => {
    scene.runners = [[{ ...offline(1), online: true }]];
    scene.activities = [[activity(id(1), 5)]];
    await scene.run();
    assert.deepEqual(scene.acts, []);
  });

  it("removes one whose list entry says busy if GitHub itself lets it go: lists are a minute old", async () => {
    scene.runners = [[{ ...offline(2), busy: true }]];
    scene.activities = [[activity(id(2), 5)]];
    await scene.run();
    assert.deepEqual(scene.acts, ["remove 2"]);
    assert.equal(scene.observer.counts.BusyAtTermination, undefined);
  });

  it("tells of the job of an instance that is gone, also where no event came to tell of it", async () => {
    scene.runners = [[offline(1)]];
    scene.activities = [[activity(id(1), 5)]];
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({ ...gitHub, remove: async () => "busy" });
    await scene.run();
    assert.equal(scene.observer.counts.BusyAtTermination, 1);
    assert.equal(scene.observer.counts.OrphanRunners, 0);
    assert.match(scene.observer.messages("error")[0] ?? "", /still counts a job/);
  });

  it("goes on after one that cannot be removed, and counts it", async () => {
    scene.runners = [[offline(1), offline(2)]];
    scene.activities = [[activity(id(1), 5), activity(id(2), 5)]];
    const gitHub = scene.ports.gitHub();
    scene.ports.gitHub = () => ({
      ...gitHub,
      remove: async (runner, signal) => (runner === 1 ? Promise.reject(new Error("500")) : gitHub.remove(runner, signal)),
    });
    await scene.run();
    assert.deepEqual(scene.acts, ["remove 2"]);
    assert.equal(scene.observer.counts.SweepErrors, 1);
  });

  it("reads no more of the history than it needs, and not without end for a runner that is not ours", async () => {
    scene.activities = Array.from({ length: 500 }, (_, page) => [activity(id(1000 + page), page)]);
    scene.runners = [[offline(1000)]];
    await scene.run();
    assert.equal(scene.historyPages, 1);

    scene.historyPages = 0;
    scene.runners = [[offline(1), offline(2)]];
    await scene.run();
    assert.equal(scene.historyPages, 30);
  });

  it("does not read beyond the 14 days after which GitHub forgets a runner by itself", async () => {
    scene.activities = [[activity(id(5), 1)], [activity(id(6), 16 * 24 * 60)], [activity(id(1), 17 * 24 * 60)]];
    scene.runners = [[offline(1)]];
    await scene.run();
    assert.equal(scene.historyPages, 2);
  });
});

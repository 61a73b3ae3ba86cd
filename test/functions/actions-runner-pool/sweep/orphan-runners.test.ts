import assert from "node:assert/strict";
import { SweepHarness, activity, id, offline } from "../../support/sweep-harness";

describe("sweep of runners", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  it("removes runners whose instance this group terminated, on any page", async () => {
    harness.runners = [[offline(1)], [offline(2)]];
    harness.activities = [[activity(id(2), 5)], [activity(id(1), 50)]];
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 1", "remove 2"]);
    assert.equal(harness.observer.counts.OrphanRunners, 2);
  });

  it("leaves runners to a later sweep when little of GitHub's hourly quota is left, so that launches do not starve", async () => {
    harness.runners = [[offline(1)], [offline(2)]];
    harness.activities = [[activity(id(2), 5), activity(id(1), 50)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, remainingQuota: () => (harness.acts.length === 0 ? 0.4 : 0.39) });
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 1"]);
  });

  it("publishes no runner metrics in a sweep without a slot for a long listing", async () => {
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      async *pages(_signal, shouldList) {
        if (shouldList!(100_000)) yield [];
      },
    });
    await harness.run();
    assert.equal(harness.observer.counts.OrphanRunners, undefined);
    assert.equal(harness.observer.counts.UnregisteredInstances, undefined);
    assert.equal(harness.observer.counts.SweepErrors, undefined);
  });

  it("never removes a runner of another pool, another account or a person, however similar it is", async () => {
    harness.runners = [[offline(1), offline(2, "build-box"), offline(3, "i-am-a-mac"), offline(4)]];
    harness.activities = [
      [activity(id(4), 5, "Successful", "Launching a new EC2 instance"), activity(id(4), 9, "Successful", "Detaching EC2 instance")],
    ];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("keeps a runner while its instance is terminating, because its job may still run", async () => {
    harness.runners = [[offline(1)]];
    harness.activities = [[activity(id(1), 5, "MidLifecycleAction")]];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("keeps the runner of a retained instance, even if the history records its termination as successful", async () => {
    harness.runners = [[offline(1)]];
    harness.activities = [[activity(id(1), 5)]];
    harness.listed = [id(1)];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("keeps runners that are online", async () => {
    harness.runners = [[{ ...offline(1), online: true }]];
    harness.activities = [[activity(id(1), 5)]];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("removes a runner that the list shows as busy if GitHub allows the removal, because lists are a minute old", async () => {
    harness.runners = [[{ ...offline(2), busy: true }]];
    harness.activities = [[activity(id(2), 5)]];
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 2"]);
    assert.equal(harness.observer.counts.BusyAtTermination, undefined);
  });

  it("reports the lost job of a terminated instance, even if the event was lost", async () => {
    harness.runners = [[offline(1)]];
    harness.activities = [[activity(id(1), 5)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, remove: async () => "busy" });
    await harness.run();
    assert.equal(harness.observer.counts.BusyAtTermination, 1);
    assert.equal(harness.observer.counts.OrphanRunners, 0);
    assert.match(harness.observer.messages("error")[0] ?? "", /still counts a job/);
  });

  it("continues after a runner that cannot be removed, and counts the error", async () => {
    harness.runners = [[offline(1), offline(2)]];
    harness.activities = [[activity(id(1), 5), activity(id(2), 5)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      remove: async (runner, signal) => (runner === 1 ? Promise.reject(new Error("500")) : gitHub.remove(runner, signal)),
    });
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 2"]);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });

  it("reads no more of the history than it needs, and at most 30 pages for a runner of another pool", async () => {
    harness.activities = Array.from({ length: 500 }, (_, page) => [activity(id(1000 + page), page)]);
    harness.runners = [[offline(1000)]];
    await harness.run();
    assert.equal(harness.historyPages, 1);

    harness.historyPages = 0;
    harness.runners = [[offline(1), offline(2)]];
    await harness.run();
    assert.equal(harness.historyPages, 30);
  });

  it("does not read back beyond the 14 days after which GitHub itself removes an offline runner", async () => {
    harness.activities = [[activity(id(5), 1)], [activity(id(6), 16 * 24 * 60)], [activity(id(1), 17 * 24 * 60)]];
    harness.runners = [[offline(1)]];
    await harness.run();
    assert.equal(harness.historyPages, 2);
  });
});

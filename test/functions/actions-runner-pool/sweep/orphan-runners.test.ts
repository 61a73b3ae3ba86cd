import assert from "node:assert/strict";
import { SweepHarness, activity, ago, id, offline } from "../../support/sweep-harness";

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

  const online = (n: number) => ({ ...offline(n), online: true });
  const removalIs = (outcome: "busy" | "deleted") => {
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({
      ...gitHub,
      remove: async (runner) => {
        harness.acts.push(`remove ${runner}: ${outcome}`);
        return outcome;
      },
    });
  };

  it("takes the labels of a runner that is online after its instance's end at once, and leaves it time to be noticed", async () => {
    harness.runners = [[online(1), { ...online(2), labels: [] }]];
    harness.activities = [[activity(id(1), 5), activity(id(2), 5)]];
    await harness.run();
    assert.deepEqual(harness.acts, ["mark 1"]);
    assert.deepEqual([harness.observer.counts.ImpostorRunners, harness.observer.counts.BusyAtTermination], [undefined, undefined]);
  });

  it("removes a runner that is online 15 minutes after its instance's end, and reports that its credentials are stolen", async () => {
    harness.runners = [[online(1)]];
    harness.activities = [[{ ...activity(id(1), 60), endedAt: ago(16) }]];
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 1"]);
    assert.equal(harness.observer.counts.ImpostorRunners, 1);
    assert.match(harness.observer.messages("error")[0] ?? "", /credentials are stolen/);
  });

  it("measures those minutes from the end of the termination, which a drain may have delayed by hours", async () => {
    harness.runners = [[online(1)]];
    harness.activities = [[{ ...activity(id(1), 600), endedAt: ago(14) }]];
    await harness.run();
    assert.deepEqual(harness.acts, ["mark 1"]);
  });

  it("takes the labels of a thief who is busy, tries the removal again in each sweep, and raises an alarm of its own", async () => {
    harness.runners = [[{ ...online(1), busy: true }]];
    harness.activities = [[{ ...activity(id(1), 60), endedAt: ago(60) }]];
    removalIs("busy");
    await harness.run();
    await harness.runFor(5);
    assert.deepEqual(harness.acts, ["remove 1: busy", "mark 1", "remove 1: busy"]);
    assert.equal(harness.observer.counts.ImpostorRunners, 2);
    assert.equal(harness.observer.counts.BusyAtTermination, undefined, "the job that was lost with the instance is another one");
  });

  it("takes the labels of a runner whose job is lost, in case a thief runs it", async () => {
    harness.runners = [[offline(1)]];
    harness.activities = [[activity(id(1), 5)]];
    removalIs("busy");
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 1: busy", "mark 1"]);
    assert.equal(harness.observer.counts.BusyAtTermination, 1);
  });

  it("never removes an online runner of another pool, or of an instance that a group still lists", async () => {
    harness.runners = [[online(1), online(2), online(3)]];
    harness.activities = [[activity(id(2), 60), activity(id(3), 60, "MidLifecycleAction")]];
    harness.listed = [id(2)];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("reads no history for the online runners of the group's own members", async () => {
    harness.members = [1, 2, 3].map((n) => ({ instanceId: id(n), lifecycleState: "InService" }));
    harness.runners = [[online(1), online(2), online(3)]];
    await harness.run();
    assert.equal(harness.historyPages, 0);
  });

  it("removes no online runner while the group cannot be listed, and reads no history for it", async () => {
    harness.ports.members = async () => Promise.reject(new Error("throttled"));
    harness.runners = [[online(1)]];
    harness.activities = [[activity(id(1), 60)]];
    await harness.run();
    assert.deepEqual([harness.acts, harness.historyPages], [[], 0]);
  });

  it("removes thieves before runners that are only left over, also when little of GitHub's quota is left", async () => {
    harness.runners = [[offline(1), online(2)]];
    harness.activities = [[activity(id(1), 60), activity(id(2), 60)]];
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, remainingQuota: () => 0.3 });
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 2"]);
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

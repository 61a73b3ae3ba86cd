import assert from "node:assert/strict";
import { SweepHarness, activity, id, offline } from "../../support/sweep-harness";

describe("sweep of retained instances", () => {
  let harness: SweepHarness;
  beforeEach(() => {
    harness = new SweepHarness();
  });

  beforeEach(() => {
    harness.members = [{ instanceId: id(1), lifecycleState: "Terminating:Retained" }];
    harness.activities = [[activity(id(1), 60, "MidLifecycleAction")]];
  });

  it("terminates an instance whose runner does not exist", async () => {
    await harness.run();
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
    assert.equal(harness.observer.counts.RetainedInstances, 1);
  });

  it("terminates an instance whose runner is offline and idle", async () => {
    harness.runners = [[offline(1)]];
    await harness.run();
    assert.deepEqual(harness.acts, [`terminate ${id(1)}`]);
  });

  const keep: [string, () => void][] = [
    ["runs a job according to GitHub", () => (harness.runners = [[{ ...offline(1), busy: true }]])],
    ["is online and may take a job", () => (harness.runners = [[{ ...offline(1), online: true }]])],
    ["began to terminate so recently that GitHub may not have noticed", () => (harness.activities = [[activity(id(1), 14)]])],
    ["is not in the history", () => (harness.activities = [])],
  ];
  for (const [what, arrange] of keep) {
    it(`keeps and reports an instance that ${what}`, async () => {
      arrange();
      await harness.run();
      assert.deepEqual(harness.acts, []);
      assert.equal(harness.observer.counts.RetainedInstances, 1);
      assert.match(harness.observer.messages("warn")[0] ?? "", /kept/);
    });
  }

  it("keeps an instance while GitHub is unreachable", async () => {
    harness.ports.gitHub = () => {
      throw new Error("GitHub is down");
    };
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });
});

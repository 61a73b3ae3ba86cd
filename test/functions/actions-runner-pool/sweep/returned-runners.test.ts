import assert from "node:assert/strict";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import { SweepHarness, activity, ago, id, offline } from "../../support/sweep-harness";

describe("sweep of runners whose instance has returned to the warm pool", () => {
  let harness: SweepHarness;
  let state: LifecycleState | undefined;
  beforeEach(() => {
    harness = new SweepHarness();
    state = "Warmed:Stopped";
    harness.members = [{ instanceId: id(1), lifecycleState: "Warmed:Stopped" }];
    harness.activities = [[{ ...activity(id(1), 20, "Successful", "Returning EC2 instance to warm pool"), endedAt: ago(16) }]];
    harness.runners = [[offline(1)]];
    harness.ports.lifecycleStates = async () => new Map(state === undefined ? [] : [[id(1), state]]);
  });
  const back = (minutes: number) => (harness.activities[0]![0]!.endedAt = ago(minutes));

  for (const resting of ["Warmed:Stopped", "Warmed:Hibernated", "Warmed:Running"] as const) {
    it(`removes the runner of an instance that is ${resting}: its host registers a new one`, async () => {
      harness.members[0]!.lifecycleState = state = resting;
      await harness.run();
      assert.deepEqual(harness.acts, ["remove 1"]);
    });
  }

  for (const elsewhere of ["Warmed:Pending:Wait", "Pending:Wait", "InService", undefined] as const) {
    it(`keeps a runner whose instance is ${elsewhere ?? "not listed"} right before the removal: it may be the new one, or have a job`, async () => {
      state = elsewhere;
      await harness.run();
      assert.deepEqual(harness.acts, []);
    });
  }

  it("keeps the runner of an instance that is on its way back, because its job may still run", async () => {
    harness.members[0]!.lifecycleState = state = "Warmed:Pending:Wait";
    harness.runners = [[{ ...offline(1), busy: true }]];
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  for (const use of ["online", "busy"] as const) {
    it(`keeps a runner that GitHub shows as ${use} minutes after the return, and then removes it as one with stolen credentials`, async () => {
      harness.runners = [[{ ...offline(1), [use]: true }]];
      back(14);
      await harness.run();
      assert.deepEqual([harness.acts, harness.observer.counts.ImpostorRunners], [[], undefined]);
      back(16);
      await harness.run();
      assert.deepEqual([harness.acts, harness.observer.counts.ImpostorRunners], [["remove 1"], 1]);
    });
  }

  describe("when the history shows no return", () => {
    beforeEach(() => {
      harness.activities = [[{ ...activity(id(1), 61, "Successful", "Launching a new EC2 instance"), endedAt: ago(60) }]];
      harness.runners = [[{ ...offline(1), online: true }]];
    });
    const outcome = () => [harness.acts, harness.observer.counts.ImpostorRunners];

    it("raises no alarm in the first minute after a return: the last launch says nothing about its time", async () => {
      await harness.run();
      assert.deepEqual(outcome(), [[], undefined]);
    });

    for (const history of ["ends with the launch", "is empty"]) {
      it(`finds stolen credentials by sweeps that see the runner in use for more than 15 minutes, if the history ${history}`, async () => {
        if (history === "is empty") harness.activities = [];
        await harness.run();
        await harness.runFor(15);
        assert.deepEqual(outcome(), [[], undefined]);
        await harness.runFor(5);
        assert.deepEqual(outcome(), [["remove 1"], 1]);
      });
    }

    it("measures anew after the next registration, because the instance has served in between", async () => {
      await harness.run();
      await harness.runFor(10);
      harness.runners = [[{ ...offline(2, id(1)), online: true }]];
      await harness.runFor(20);
      assert.deepEqual(outcome(), [[], undefined]);
      await harness.runFor(5);
      assert.deepEqual(outcome(), [["remove 2"], 1]);
    });

    it("measures anew after its instance was seen elsewhere", async () => {
      await harness.run();
      await harness.runFor(10);
      harness.members[0]!.lifecycleState = "InService";
      await harness.runFor(5);
      harness.members[0]!.lifecycleState = "Warmed:Stopped";
      await harness.runFor(20);
      assert.deepEqual(outcome(), [[], undefined]);
      await harness.runFor(5);
      assert.deepEqual(outcome(), [["remove 1"], 1]);
    });
  });

  it("believes GitHub's current state, not a list that may be a minute old", async () => {
    const { gitHub } = harness.ports;
    harness.ports.gitHub = () => ({ ...gitHub(), get: async () => ({ ...offline(1), online: true }) });
    back(1);
    await harness.run();
    assert.deepEqual(harness.acts, []);
  });

  it("leaves them while less than 40 % of GitHub's hourly quota is left, and goes on after one that fails", async () => {
    const gitHub = harness.ports.gitHub();
    harness.ports.gitHub = () => ({ ...gitHub, remainingQuota: () => 0.39 });
    await harness.run();
    assert.deepEqual(harness.acts, []);
    harness.members.push({ instanceId: id(2), lifecycleState: "Warmed:Stopped" });
    harness.runners = [[offline(1), offline(2)]];
    harness.ports.lifecycleStates = async ([one]) => new Map([[one!, "Warmed:Stopped"]]);
    harness.ports.gitHub = () => ({ ...gitHub, get: async (one) => (one === 1 ? Promise.reject(new Error("502")) : offline(one)) });
    await harness.run();
    assert.deepEqual(harness.acts, ["remove 2"]);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });
});

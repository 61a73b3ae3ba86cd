import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import { decideRefresh } from "../../../../functions/actions-runner-pool/sweep/outdated-instances";
import type { Member, Refresh } from "../../../../functions/actions-runner-pool/sweep/ports";
import { ago, id, NOW, SweepHarness } from "../../support/sweep-harness";
import { POOL } from "../../support/events";

const HOUR = 60;
const old = (n: number, lifecycleState: LifecycleState = "InService", protectedFromScaleIn = false): Member => ({
  instanceId: id(n),
  lifecycleState,
  outdated: true,
  protectedFromScaleIn,
});
/** A refresh that ended so many minutes ago. */
const ended = (status: string, minutes: number, toGroupsTemplate?: boolean): Refresh => ({
  status,
  endedAt: ago(minutes),
  ...(toGroupsTemplate === undefined ? {} : { toGroupsTemplate }),
});
const started = (harness: SweepHarness) => harness.acts.filter((act) => act.startsWith("refresh"));

describe("sweep: instances on an earlier launch template", () => {
  it("starts the refresh that a failed deployment did not start, with the pool's preferences", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1), { instanceId: id(2), lifecycleState: "InService" }];
    harness.refreshState.refreshes = [ended("Cancelled", 1, false)];
    harness.refreshPreferences.scaleInProtectedInstances = "Refresh";
    await harness.run();
    await harness.runFor(10);
    assert.deepEqual(started(harness), [`refresh ${POOL} Refresh skipping`]);
    assert.equal(harness.observer.counts[METRIC.outdatedInstances], 0);
  });

  it("never starts one within 10 minutes of a look: the provider's own start would fail between its update and its refresh", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1)];
    await harness.run();
    await harness.runFor(5);
    assert.deepEqual(started(harness), []);
    // A refresh that runs meanwhile begins the measurement again.
    harness.refreshState.refreshes = [{ status: "InProgress" }];
    await harness.runFor(5);
    harness.refreshState.refreshes = [ended("Cancelled", 300, false)];
    await harness.runFor(10);
    assert.deepEqual(started(harness), []);
    await harness.runFor(5);
    assert.equal(started(harness).length, 1);
  });

  it("ignores instances that a refresh would not replace, or only after an hour of waiting in vain", async () => {
    const harness = new SweepHarness();
    harness.refreshPreferences.scaleInProtectedInstances = "Ignore";
    harness.members = [
      old(1, "Standby"),
      old(2, "Terminating:Wait"),
      old(3, "Pending:Wait"),
      old(4, "Terminating:Retained"),
      old(5, "InService", true),
    ];
    await harness.run();
    await harness.runFor(60);
    assert.deepEqual(started(harness), []);
    harness.members = [old(6, "Warmed:Stopped")];
    await harness.runFor(15);
    assert.equal(started(harness).length, 1);
  });

  it("starts none against an operator who cancelled it or rolled it back, and reports the instances instead", async () => {
    for (const refresh of [ended("Cancelled", 600, true), ended("Cancelled", 600), ended("RollbackSuccessful", 600, true)]) {
      const harness = new SweepHarness();
      harness.members = [old(1), old(2)];
      harness.refreshState.refreshes = [refresh];
      await harness.run();
      await harness.runFor(60);
      assert.deepEqual(started(harness), []);
      assert.equal(harness.observer.counts[METRIC.outdatedInstances], 2 * 13);
    }
  });

  it("starts none and raises no alarm while an operator has suspended refreshes", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1)];
    harness.refreshState = { suspended: true, refreshes: [ended("Cancelled", 600, true)] };
    await harness.run();
    await harness.runFor(60);
    assert.deepEqual(started(harness), []);
    assert.equal(harness.observer.counts[METRIC.outdatedInstances], 0);
  });

  it("neither starts nor reports anything when AWS does not answer, and goes on with the sweep", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1), { instanceId: id(2), lifecycleState: "Warmed:Terminating:Wait" }];
    harness.ports.refreshState = async () => Promise.reject(new Error("Rate exceeded"));
    await harness.run();
    assert.equal(harness.observer.counts[METRIC.sweepErrors], 1);
    assert.ok(harness.acts.some((act) => act.startsWith(`continue ${id(2)}`)));
  });

  describe("after refreshes that left them", () => {
    const decide = (...refreshes: Refresh[]) => decideRefresh({ suspended: false, refreshes }, NOW, HOUR * 60_000);

    it("waits twice as long each time, at last a day, so that a template that cannot boot does not launch for ever", () => {
      const waits = [30, 60, 120, 240, 480, 960, 1440, 1440, 1440];
      for (const [index, minutes] of waits.entries()) {
        const earlier = Array.from({ length: index }, (_, n) => ended("Failed", minutes + 60 + n * 60));
        assert.notEqual(decide(ended("Failed", minutes - 1), ...earlier).kind, "start", `after ${minutes - 1} min`);
        assert.equal(decide(ended("Failed", minutes), ...earlier).kind, "start", `after ${minutes} min`);
      }
    });

    it("reports them from the third in a row on, also between the attempts", () => {
      const failed = ended("Failed", 1);
      assert.equal(decide(failed).kind, "wait");
      assert.equal(decide(failed, failed).kind, "wait");
      assert.equal(decide(failed, failed, failed).kind, "keep");
    });

    it("counts only those to the present template: a new deployment is not late because the last one failed", () => {
      const failed = ended("Failed", 31, true);
      assert.equal(decide(failed, ended("Failed", 100), ended("Failed", 200), ended("Failed", 300, false)).kind, "start");
      assert.equal(decide(ended("Cancelled", 1, false), ended("Failed", 100)).kind, "start");
    });

    it("does not repeat one that AWS calls successful at once", () => {
      assert.equal(decide(ended("Successful", 29)).kind, "wait");
    });
  });
});

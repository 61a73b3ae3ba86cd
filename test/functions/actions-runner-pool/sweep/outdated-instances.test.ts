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
/** A refresh that ended so many minutes ago, after ten minutes. */
const ended = (status: string, minutes: number): Refresh => ({ status, startedAt: ago(minutes + 10), endedAt: ago(minutes) });
/** The group's version, if it was created so many minutes ago. */
const version = (minutes: number) => ({ version: "7", createdAt: ago(minutes) });
/** The harness's version is one day old: the end of a refresh to the version before it. */
const BEFORE = 24 * HOUR;
const started = (harness: SweepHarness) => harness.acts.filter((act) => act.startsWith("refresh"));

describe("sweep: instances on an earlier launch template", () => {
  it("starts the refresh that a failed deployment did not start, with the pool's preferences", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1), { instanceId: id(2), lifecycleState: "InService" }];
    harness.latestVersion = version(2);
    harness.refreshState.refreshes = [ended("Cancelled", 1), ended("Failed", 60), ended("Failed", 200), ended("Failed", 300)];
    harness.refreshPreferences.scaleInProtectedInstances = "Refresh";
    await harness.run();
    await harness.runFor(10);
    assert.deepEqual(started(harness), [`refresh ${POOL} Refresh skipping`]);
    assert.equal(harness.observer.counts[METRIC.outdatedInstances], 0);
    assert.deepEqual([...new Set(harness.templates)], ["lt-1"]);
  });

  it("starts none to a version that a deployment is about to replace, and reports one that did not update the group", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1)];
    harness.latestVersion = { version: "8", createdAt: ago(0) };
    harness.refreshState.refreshes = [ended("Cancelled", 1)];
    await harness.run();
    await harness.runFor(25);
    assert.equal(harness.observer.counts[METRIC.outdatedInstances], 0, "an alarm during a deployment");
    await harness.runFor(10);
    assert.equal(harness.observer.counts[METRIC.outdatedInstances], 2);
    assert.match(JSON.stringify(harness.observer.lines.at(-1)), /has version 8, the group still 7/);
    assert.deepEqual(started(harness), []);
    // The repeated deployment updates the group, but cannot start the refresh: it began before the version was created.
    harness.refreshState.source!.version = "8";
    await harness.runFor(5);
    assert.equal(started(harness).length, 1);
  });

  it("does not ask EC2 while a refresh is running or suspended", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1)];
    harness.refreshState.refreshes = [{ status: "InProgress", startedAt: ago(1) }];
    await harness.run();
    harness.refreshState = { ...harness.refreshState, suspended: true, refreshes: [] };
    await harness.run();
    assert.deepEqual(harness.templates, []);
  });

  it("never starts one at the first sweeps of 10 minutes: the provider's own start would fail between its update and its refresh", async () => {
    const harness = new SweepHarness();
    harness.members = [old(1)];
    await harness.run();
    await harness.runFor(5);
    assert.deepEqual(started(harness), []);
    // A refresh that runs meanwhile begins the measurement again.
    harness.refreshState.refreshes = [{ status: "InProgress" }];
    await harness.runFor(5);
    harness.refreshState.refreshes = [ended("Cancelled", BEFORE)];
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
    for (const refresh of [ended("Cancelled", 600), { status: "Cancelled" }, ended("RollbackSuccessful", 600)]) {
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
    harness.refreshState = { ...harness.refreshState, suspended: true, refreshes: [ended("Cancelled", 600)] };
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
    const since = (minutes: number, ...refreshes: Refresh[]) =>
      decideRefresh(refreshes, { version: "7", latest: version(minutes) }, NOW, HOUR * 60_000);
    const decide = (...refreshes: Refresh[]) => since(50 * 24 * HOUR, ...refreshes);

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
      const failed = ended("Failed", 31);
      const earlier = [ended("Failed", 100), ended("Failed", 200), ended("Failed", 300)];
      assert.equal(since(42, failed, ...earlier).kind, "start");
      assert.equal(since(42, ended("Failed", 29), ...earlier).kind, "wait");
      assert.equal(since(5, ended("Cancelled", 1), ...earlier).kind, "start");
    });

    it("raises no alarm in a pool that is deployed each week, whose earlier refreshes all succeeded", () => {
      const weekly = [7, 14, 21, 28, 35].map((days) => ended("Successful", days * 24 * HOUR));
      assert.deepEqual(since(80, ended("Failed", 1), ...weekly).kind, "wait");
      assert.equal(since(120, ended("Failed", 31), ...weekly).kind, "start");
    });

    it("respects an operator's cancellation only of a refresh that began after the version was created", () => {
      const cancelled = ended("Cancelled", 60);
      assert.equal(since(71, cancelled).kind, "keep");
      assert.equal(since(69, cancelled).kind, "start");
    });

    it("does not repeat one that AWS calls successful at once", () => {
      assert.equal(decide(ended("Successful", 29)).kind, "wait");
    });
  });
});

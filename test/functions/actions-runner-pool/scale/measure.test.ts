import assert from "node:assert/strict";
import { METRIC, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import { FakeGroup, launch, member, NOW, running, ScaleHarness, waiting } from "../../support/scale-harness";

describe("the scaler's metrics", () => {
  let harness: ScaleHarness;
  beforeEach(() => (harness = new ScaleHarness()));
  const seconds = (metric: string) => harness.observer.seconds[metric] ?? [];
  const count = (metric: string) => harness.observer.counts[metric];

  it("have each job's wait once, in whichever pass it is first seen running, as seconds of its own", async () => {
    harness.demand = { ...harness.demand, waiting: [waiting(3)], running: [running(1, 1, 30), running(2, 2, 4)] };
    await harness.pass();
    harness.demand = { ...harness.demand, waiting: [], running: [running(2, 2, 4), running(3, 3, 90)] };
    await harness.passAfter(10);
    await harness.passAfter(10);
    assert.deepEqual(seconds(SCALE_METRIC.queueTime), [30, 4, 90]);
  });

  it("have no wait of a job whose start the source does not know, and none below zero", async () => {
    harness.demand = { ...harness.demand, running: [{ id: "1", since: NOW }, running(2, 2, -1)] };
    await harness.pass();
    assert.deepEqual(seconds(SCALE_METRIC.queueTime), [0]);
  });

  it("measure no wait again after a pass that could not read the queue", async () => {
    harness.demand = { ...harness.demand, running: [running(1, 1)] };
    await harness.pass();
    const read = harness.onCall;
    harness.onCall = (call) => {
      if (call === "read") throw new Error("down");
    };
    await harness.pass();
    harness.onCall = read;
    await harness.pass();
    assert.equal(seconds(SCALE_METRIC.queueTime).length, 1);
  });

  it("count the queue, the runners, and what is wanted", async () => {
    harness.group = new FakeGroup(
      member(1),
      member(2, "InService", true),
      member(3),
      member(4, "Pending:Wait"),
      member(5, "Terminating:Wait"),
    );
    harness.demand = { waiting: [waiting(8, 70), waiting(9, 5)], running: [running(7, 3)], completeAt: NOW - 40_000 };
    harness.decision = { wanted: 5 };
    await harness.pass();
    const { waitingJobs, longestWait, runningJobs, idleRunners, inService, wantedRunners, sourceAge } = SCALE_METRIC;
    assert.deepEqual(
      [waitingJobs, longestWait, runningJobs, idleRunners, inService, wantedRunners, sourceAge].map(count),
      [2, 70, 1, 1, 3, 5, 40],
    );
  });

  it("have zero for an empty queue, so that alarms return to OK, and no age of a source that never knew the queue", async () => {
    harness.demand = { ...harness.demand, completeAt: 0, problem: "not reconciled yet" };
    await harness.pass();
    assert.deepEqual([count(SCALE_METRIC.waitingJobs), count(SCALE_METRIC.longestWait), count(SCALE_METRIC.sourceAge)], [0, 0, undefined]);
    for (const metric of Object.values(WAIT_CAUSE_METRIC)) assert.equal(count(metric), 0, metric);
  });

  it("count the waiting jobs by cause", async () => {
    harness.demand = { ...harness.demand, waiting: [waiting(1), waiting(2), waiting(3), waiting(4)] };
    harness.decision = { causes: { 1: WaitCause.Booting, 2: WaitCause.NotAssigned, 3: WaitCause.NotAssigned } };
    await harness.pass();
    assert.deepEqual([count("BootingJobs"), count("NotAssignedJobs"), count("JobsAtMaximum")], [1, 2, 0]);
  });

  it("count a launch when its instance appears, and no instance that was there before the first pass", async () => {
    harness.group = new FakeGroup(member(1));
    await harness.pass();
    assert.equal(count(SCALE_METRIC.launches), undefined);
    harness.group = new FakeGroup(member(1), member(2, "Pending"), member(3));
    await harness.pass();
    await harness.pass();
    assert.equal(count(SCALE_METRIC.launches), 2);
  });

  it("have the time from launch to service by AWS's clock, once, also if the history lags behind the state", async () => {
    harness.group = new FakeGroup(member(1), member(2, "Pending:Wait"));
    await harness.pass();
    harness.group = new FakeGroup(member(1), member(2));
    harness.activities = [[launch(2, NOW - 20_000)]];
    await harness.passAfter(60);
    assert.deepEqual(seconds(SCALE_METRIC.bootToOnline), []);
    harness.activities = [[launch(2, NOW - 20_000, NOW + 22_000), launch(2, NOW - 900_000, NOW - 800_000)]];
    await harness.passAfter(1);
    await harness.passAfter(1);
    assert.deepEqual(seconds(SCALE_METRIC.bootToOnline), [42]);
    assert.equal(harness.historyPages, 2, "and then the history is not read again");
  });

  it("have no time of an instance whose launch is not in the history, and look for it no longer than 10 min", async () => {
    harness.group = new FakeGroup();
    await harness.pass();
    harness.group = new FakeGroup(member(2));
    await harness.passAfter(60);
    for (let minute = 0; minute < 20; minute += 1) await harness.passAfter(60);
    assert.deepEqual([seconds(SCALE_METRIC.bootToOnline), harness.historyPages], [[], 10]);
  });

  it("add up the hours of idle instances between passes, but none of a time without passes", async () => {
    harness.group = new FakeGroup(member(1), member(2), member(3, "InService", true));
    await harness.pass();
    assert.equal(count(SCALE_METRIC.idleInstanceHours), 0);
    await harness.passAfter(90);
    assert.equal(count(SCALE_METRIC.idleInstanceHours), (2 * 90) / 3600);
    await harness.passAfter(86_400);
    assert.equal(count(SCALE_METRIC.idleInstanceHours), (2 * (90 + 300)) / 3600);
  });

  it("have names of their own: one name with two meanings would be one graph", () => {
    const names = [...Object.values(METRIC), ...Object.values(SCALE_METRIC), ...Object.values(WAIT_CAUSE_METRIC)];
    assert.equal(new Set(names).size, names.length);
  });

  it("start anew with a memory that cannot be read, instead of stopping the pool", async () => {
    for (const memory of ["{", "null", "[]", '{"policy":{"idleSince":null},"instances":3,"measured":[]}']) {
      harness.memory = memory;
      await harness.pass();
      assert.deepEqual(harness.asked.at(-1)!.memory, { idleSince: {} }, memory);
    }
  });
});

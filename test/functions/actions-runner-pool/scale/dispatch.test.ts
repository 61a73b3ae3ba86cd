import assert from "node:assert/strict";
import { METRIC, SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../../../contract/actions-runner-pool/timing";
import { DEMAND_EVENT } from "../../../../contract/workflow-jobs/demand-event";
import { poolKey } from "../../../../contract/workflow-jobs/ledger";
import { type DispatchSettings, dispatchScale } from "../../../../functions/actions-runner-pool/scale/dispatch";
import { ledgerRows } from "../../../../functions/actions-runner-pool/scale/ledger-rows";
import { decide } from "../../../../functions/actions-runner-pool/scale/policy/decide";
import type { ScalePorts } from "../../../../functions/actions-runner-pool/scale/ports";
import { scalerState } from "../../../../functions/actions-runner-pool/scale/scaler-state";
import { workflowJobsSource } from "../../../../functions/actions-runner-pool/scale/workflow-jobs-source";
import { NAMES, POOL } from "../../support/events";
import { TestLedger } from "../../support/ledger";
import { awsFailure, FakeGroup, id, member, ScaleHarness, SETTINGS } from "../../support/scale-harness";

const SCHEDULE = { source: "aws.events" };
const DEMAND = { source: DEMAND_EVENT.source, "detail-type": DEMAND_EVENT.detailType, detail: { workflowJobs: "jobs", pool: POOL } };

describe("the scale function, with its policy and its ledger", () => {
  let ledger: TestLedger;
  let harness: ScaleHarness;
  beforeEach(async () => {
    harness = new ScaleHarness();
    ledger = await TestLedger.create(() => harness.clock.now());
    await ledger.reconciled();
  });

  const settings: DispatchSettings = { pool: POOL, group: NAMES.group, scaling: () => ({ scaling: SETTINGS, scheduledFloor: () => 0 }) };
  const ports = (more: Partial<ScalePorts> = {}): ScalePorts => ({
    ...harness.ports,
    ...scalerState(ledger.table, POOL),
    ...ledgerRows(ledger.table),
    source: workflowJobsSource(ledger.table, POOL),
    decide,
    ...more,
  });
  const invoke = (event: unknown, more: Partial<ScalePorts> = {}) => dispatchScale(event, ports(more), settings, harness.observer);
  const passes = () => harness.observer.counts[SCALE_METRIC.scalerPasses] ?? 0;
  /** A gate that the source's first read waits at, once it has read. */
  const gatedSource = () => {
    const gate = { reached: () => undefined as void, open: () => undefined as void };
    const reached = new Promise<void>((resolve) => (gate.reached = resolve));
    const opened = new Promise<void>((resolve) => (gate.open = resolve));
    const source: ScalePorts["source"] = {
      read: async (signal) => {
        const demand = await workflowJobsSource(ledger.table, POOL).read(signal);
        gate.reached();
        await opened;
        return demand;
      },
    };
    return { source, reached, open: () => gate.open() };
  };

  it("raises the group from zero for a waiting job, and terminates its instance once it has idled long enough", async () => {
    await ledger.job(POOL, 1);
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, ["desired 1"]);

    harness.group = new FakeGroup(member(1));
    await ledger.job(POOL, 1, { jobStatus: "completed", completedAt: ledger.at(0) });
    for (let pass = 0; pass < 3; pass += 1) {
      await invoke(SCHEDULE);
      harness.clock.advance(59_000);
    }
    assert.deepEqual(harness.acts, ["desired 1", `terminate ${id(1)}`]);
  });

  it("acts once for two invocations at the same moment", async () => {
    await ledger.job(POOL, 1);
    await ledger.job(POOL, 2);
    await Promise.all([invoke(SCHEDULE), invoke(SCHEDULE), invoke(SCHEDULE)]);
    assert.deepEqual(harness.acts, ["desired 2"]);
  });

  it("sees a job that was written while a pass was at work, in the pass after it", async () => {
    await ledger.job(POOL, 1);
    const { source, reached, open } = gatedSource();
    const first = invoke(SCHEDULE, { source });
    await reached;
    await ledger.job(POOL, 2);
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, [], "the second invocation leaves the work to the first");
    open();
    await first;
    assert.deepEqual([harness.acts, passes()], [["desired 1", "desired 2"], 2]);
  });

  it("waits 1.2 s after a signal, so that one pass reads what came within that second", async () => {
    const begun = harness.clock.now();
    const taken: number[] = [];
    const take: ScalePorts["take"] = (owner, now, until) => {
      taken.push(now - begun);
      return scalerState(ledger.table, POOL).take(owner, now, until);
    };
    const invocation = invoke(DEMAND, { take });
    await ledger.job(POOL, 1);
    harness.clock.advance(1000);
    await ledger.job(POOL, 2);
    harness.clock.advance(200);
    await invocation;
    assert.deepEqual([taken, harness.acts, passes()], [[1200], ["desired 2"], 1]);
  });

  it("ends a pass that takes too long before Lambda does, releases the lease, and works in the next invocation", async () => {
    const { source, reached } = gatedSource();
    const slow = invoke(SCHEDULE, { source });
    await reached;
    harness.clock.advance(TIMING.scalePassBound * 1000);
    await assert.rejects(slow, /the pass took longer than 52000 ms/);
    await ledger.job(POOL, 1);
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, ["desired 1"]);
  });

  it("lets the pass end in which its 40 s are over: a busy pool's invocations would all fail, and be dead letters", async () => {
    await ledger.job(POOL, 1);
    const { source, reached, open } = gatedSource();
    const long = invoke(SCHEDULE, { source });
    await reached;
    harness.clock.advance(TIMING.scaleBound * 1000 + 5000);
    await ledger.job(POOL, 2);
    await invoke(SCHEDULE);
    open();
    await long;
    assert.deepEqual([harness.acts, passes()], [["desired 1"], 1], "and it begins no further one");
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, ["desired 1", "desired 2"]);
  });

  it("shrinks by hundreds within one invocation in a quiet hour, 20 a pass", async () => {
    harness.group = new FakeGroup(...Array.from({ length: 130 }, (_, n) => member(n)));
    await invoke(SCHEDULE);
    harness.clock.advance(60_000);
    await invoke(SCHEDULE);
    assert.deepEqual([harness.acts.length, harness.group.desired], [130, 0]);
  });

  it("asks for no other pass if a termination failed, which could fail again and again", async () => {
    harness.group = new FakeGroup(...Array.from({ length: 60 }, (_, n) => member(n)));
    harness.onCall = (call) => void (call === `terminate ${id(3)}` && awsFailure("Throttling"));
    await invoke(SCHEDULE);
    harness.clock.advance(60_000);
    await invoke(SCHEDULE);
    assert.equal(harness.acts.length, 19);
  });

  it("takes over from a process that died with the lease", async () => {
    await ledger.job(POOL, 1);
    await scalerState(ledger.table, POOL).take("dead", harness.clock.now(), harness.clock.now() + TIMING.scaleLease * 1000);
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, []);
    harness.clock.advance(TIMING.scaleInterval * 1000);
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, ["desired 1"]);
  });

  it("counts a malformed event and ignores a foreign one, without a pass", async () => {
    await invoke("text");
    await invoke({ ...DEMAND, detail: { pool: "another" } });
    assert.deepEqual([harness.observer.counts[METRIC.malformedEvents], passes()], [1, 0]);
  });

  it("registers and removes the pool even with settings that it cannot read", async () => {
    const broken: DispatchSettings = {
      ...settings,
      scaling: () => {
        throw new Error("DEMAND is not JSON");
      },
    };
    const stack = (action: string) => ({
      pool: POOL,
      task: "register-pool",
      registration: { labels: ["one"], priority: 0 },
      tf: { action },
    });
    await dispatchScale(stack("create"), ports(), broken, harness.observer);
    assert.ok(await ledger.get(poolKey(POOL, "registration")));
    await dispatchScale(stack("delete"), ports(), broken, harness.observer);
    assert.equal(await ledger.get(poolKey(POOL, "registration")), undefined);
    await assert.rejects(dispatchScale(SCHEDULE, ports(), broken, harness.observer), /DEMAND is not JSON/);
  });

  it("holds what there is while the queue is stale, and still launches for a job that was just reported", async () => {
    harness.group = new FakeGroup(member(1), member(2));
    await ledger.reconciled(-3600);
    await invoke(SCHEDULE);
    harness.clock.advance(600_000);
    for (const job of [1, 2, 3]) await ledger.job(POOL, job);
    await invoke(SCHEDULE);
    assert.deepEqual(harness.acts, ["desired 3"]);
    assert.deepEqual(harness.observer.messages("warn"), ["scale: holds"]);
  });
});

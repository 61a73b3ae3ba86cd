import assert from "node:assert/strict";
import { SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import { awsFailure, ScaleHarness, waiting } from "../../support/scale-harness";

describe("the reason of a job's wait", () => {
  let harness: ScaleHarness;
  beforeEach(() => (harness = new ScaleHarness()));
  const logged = () => harness.observer.lines.filter(({ message }) => message === "scale: a job waits").map(({ fields }) => fields);

  it("is recorded and logged when it changes, and only then", async () => {
    harness.demand = { ...harness.demand, waiting: [waiting(1, 95), waiting(2, 8, { cause: WaitCause.Booting })] };
    harness.explains(WaitCause.Booting);
    await harness.pass();
    assert.deepEqual(harness.acts, ["job 1: booting"]);
    assert.deepEqual(logged(), [
      { jobId: "1", repository: "octo-org/app", labels: "self-hosted,linux", waitedSeconds: 95, cause: "booting" },
    ]);
  });

  it("is removed, without a log line, when the job is about to be assigned", async () => {
    harness.demand = { ...harness.demand, waiting: [waiting(1, 95, { cause: WaitCause.Booting })] };
    harness.explains(undefined);
    await harness.pass();
    assert.deepEqual([harness.acts, logged()], [["job 1: undefined"], []]);
  });

  it("is written for 250 jobs a pass, the oldest first, so that thousands cannot fill the time of a pass", async () => {
    harness.demand = { ...harness.demand, waiting: Array.from({ length: 5000 }, (_, n) => waiting(n, n)) };
    harness.explains(WaitCause.AtMaximum);
    await harness.pass();
    assert.deepEqual([harness.acts.length, harness.acts[0], logged().length], [250, "job 4999: at maximum", 250]);
  });

  it("is written no further while the table is slow or throttles, so that the pass still saves what it has learned", async () => {
    harness.demand = { ...harness.demand, waiting: Array.from({ length: 100 }, (_, n) => waiting(n, n)) };
    harness.explains(WaitCause.AtMaximum);
    harness.onCall = (call) => void (call === "recordCause" && harness.clock.advance(600));
    await harness.pass();
    assert.equal(harness.acts.length, 20, "10 s are over within the second ten");
    assert.ok(harness.memory);

    harness.acts.length = 0;
    harness.onCall = (call) => void (call === "recordCause" && awsFailure("ThrottlingException"));
    await harness.pass();
    assert.deepEqual([harness.acts, harness.observer.counts[SCALE_METRIC.scalerErrors]], [[], 10]);
  });

  it("is written no further in the last 3 s of a pass, or a pass that began late would lose its memory for the sake of a text", async () => {
    harness.demand = { ...harness.demand, waiting: Array.from({ length: 100 }, (_, n) => waiting(n, n)) };
    harness.explains(WaitCause.AtMaximum);
    harness.onCall = (call) => void (call === "recordCause" && harness.clock.advance(100));
    const { signal } = new AbortController();
    await harness.pass(signal, 5_000);
    assert.equal(harness.acts.length, 20, "1 s for each ten, and 2 s are left");
    harness.acts.length = 0;
    await harness.pass(signal, 3_000);
    assert.deepEqual([harness.acts, harness.asked.length], [[], 2]);
  });

  it("is not logged for a job that has started meanwhile, nor for one whose row could not be written: the next pass does", async () => {
    harness.demand = { ...harness.demand, waiting: [waiting(1, 9), waiting(2, 8), waiting(3, 7)] };
    harness.explains(WaitCause.AtMaximum);
    harness.over = ["1"];
    let writes = 0;
    harness.onCall = (call) => void (call === "recordCause" && (writes += 1) === 2 && awsFailure("ThrottlingException"));
    await harness.pass();
    assert.deepEqual(harness.acts, ["job 3: at maximum"]);
    assert.deepEqual([logged().length, harness.observer.counts[SCALE_METRIC.scalerErrors]], [1, 1]);
    await harness.pass();
    assert.equal(logged().filter(({ jobId }) => jobId === "2").length, 1);
  });
});

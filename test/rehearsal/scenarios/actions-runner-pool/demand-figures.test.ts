import assert from "node:assert/strict";
import { SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import type { DataPoint } from "../../../../rehearsal/aws/cloudwatch/metrics";
import { demandFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/demand-figures";
import type { TimelineEvent } from "../../../../rehearsal/timeline";

const OUTCOME = { begunAt: 1_000, endedAt: 61_400, secondUpChanges: 0 };

const state = (at: number, instance: string, name: string): TimelineEvent => ({ at, kind: "instance-state", instance, state: name });
const point = (name: string, value: number, count = 1): DataPoint => ({ namespace: "n", name, dimensions: {}, value, count, at: 0 });

describe("the figures of a pool that follows its queue", () => {
  it("count what happened in the phase, not the instances of before and after", () => {
    const events = [
      state(500, "i-before", "Pending"),
      state(900, "i-before", "InService"),
      state(2_000, "i-before", "Terminating:Wait"),
      state(3_000, "i-1", "Pending"),
      state(3_100, "i-2", "Pending"),
      state(3_200, "i-1", "Pending:Wait"),
      state(9_000, "i-1", "InService"),
      state(9_100, "i-2", "InService"),
      state(20_000, "i-1", "Terminating"),
      state(21_000, "i-3", "Pending"),
      state(30_000, "i-3", "InService"),
      state(70_000, "i-after", "Pending"),
      state(71_000, "i-after", "InService"),
    ];
    const { scaler } = demandFigures(OUTCOME, events, []);
    assert.deepEqual([scaler.launches, scaler.peak, scaler.seconds], [3, 2, 60]);
  });

  it("count an instance that leaves the warm pool as launched, but not one that only enters the warm pool", () => {
    const events = [
      state(2_000, "i-1", "Warmed:Pending"),
      state(3_000, "i-2", "Warmed:Pending"),
      state(4_000, "i-2", "Warmed:Stopped"),
      state(5_000, "i-2", "Pending"),
    ];
    assert.equal(demandFigures(OUTCOME, events, []).scaler.launches, 1);
  });

  it("take the lost deliveries, passes and errors from the metrics that the functions emit, whether or not they are aggregated", () => {
    const points = [
      point(SOURCE_METRIC.lostDeliveries, 0),
      point(SOURCE_METRIC.lostDeliveries, 1, 2),
      point(SCALE_METRIC.scalerPasses, 1),
      point(SCALE_METRIC.scalerPasses, 1),
      point(SCALE_METRIC.scalerErrors, 3),
      point(SCALE_METRIC.launches, 9),
    ];
    const { lostDeliveries, scaler } = demandFigures(OUTCOME, [], points);
    assert.deepEqual([lostDeliveries, scaler.passes, scaler.errors, scaler.launches], [2, 2, 3, 0]);
  });
});

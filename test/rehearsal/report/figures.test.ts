import assert from "node:assert/strict";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { spread } from "../../../rehearsal/report/common-figures";
import { lanes } from "../../../rehearsal/report/lanes";
import type { PoolMeasurements } from "../../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import { poolReport } from "../../../rehearsal/scenarios/actions-runner-pool/pool-report";
import type { TimelineEvent } from "../../../rehearsal/timeline";
import { drained, FOLLOWED, HOOK, measured } from "../scenarios/actions-runner-pool/measured";

describe("the figures of a rehearsal", () => {
  it("derive detection, tail and hook durations from the timeline", () => {
    const result = measured(drained());
    assert.deepEqual(result.latencyMs.detect, { p50: 700, p95: 700, p99: 700, max: 700, count: 1 });
    assert.deepEqual(result.latencyMs.tail, { p50: 2500, p95: 2500, p99: 2500, max: 2500, count: 1 });
    assert.deepEqual(result.latencyMs.hookStarted, { p50: 15, p95: 15, p99: 15, max: 15, count: 1 });
    assert.deepEqual(result.scaleIns, { requested: 1, completed: 1, stuck: 0, hitBusy: 1 });
    assert.deepEqual(result.failures, []);
  });

  it("count an instance as busy if its runner accepts a job after Terminating:Wait", () => {
    const events = drained().map((event) => {
      return event.kind === "job" && event.change === "acquired" ? { ...event, at: 2500 } : event;
    });
    events.sort((a, b) => a.at - b.at);
    assert.equal(measured(events).scaleIns.hitBusy, 1);
  });

  const faults: [string, TimelineEvent[], Partial<PoolMeasurements>, RegExp][] = [
    ["a lost job", swap(drained(), "succeeded", "lost"), {}, /1 of 1 jobs lost/],
    ["a failed job", swap(drained(), "succeeded", "failed"), {}, /1 of 1 jobs lost/],
    ["a job that never ends", drained().filter((e) => !(e.kind === "job" && e.change === "succeeded")), {}, /neither/],
    ["an instance that never terminates", drained().slice(0, -1), {}, /1 of 1 scale-ins stuck/],
    ["a scale-in that chose no instance", drained(), { scaleIns: [{ how: "desired-capacity" }] }, /1 of 1 scale-ins stuck/],
    ["a denied call", drained(), { denied: [{ principal: "p", action: "a", resource: "r" }] }, /1 calls denied/],
    ["a leftover", drained(), { leftovers: ["secret x"] }, /left over/],
    ["drift", drained(), { drift: ["group: tags"] }, /drift/],
    ["a lost delivery that was not found", drained(), { demand: { ...FOLLOWED, lostDeliveries: 0 } }, /did not find the delivery/],
    [
      "a pool that stays empty",
      drained(),
      { demand: { ...FOLLOWED, scaler: { ...FOLLOWED.scaler, peak: 0 } } },
      /did not follow its queue/,
    ],
    ["an error of the scenario", drained(), { errors: ["the engine crashed"] }, /the engine crashed/],
  ];
  for (const [what, events, changes, text] of faults) {
    it(`include a failure for a run with ${what}`, () => {
      assert.match(measured(events, changes).failures.join("; "), text);
    });
  }

  it("report a second up that changed something as a failure", () => {
    const engine = { version: "", resources: 1, secondUpChanges: 2, seconds: { preview: 0, up: 0, destroy: 0 } };
    assert.match(measured(drained(), { engine }).failures.join(), /second up changed 2/);
  });

  it("give nearest-rank percentiles, and zero if nothing was measured", () => {
    assert.deepEqual(spread([]), { p50: 0, p95: 0, p99: 0, max: 0, count: 0 });
    assert.deepEqual(spread([5, 1, 4, 2, 3]), { p50: 3, p95: 5, p99: 5, max: 5, count: 5 });
  });
});

describe("the report", () => {
  it("draws a lane per instance with its states, job, drain and heartbeats", () => {
    const [lane] = lanes(drained(), { hook: HOOK, begun: LOG.drainBegun });
    assert.deepEqual(
      lane?.states.map((bar) => [bar.label, bar.start, bar.end]),
      [
        ["InService", 0, 2000],
        ["Terminating:Wait", 2000, 12000],
      ],
    );
    assert.deepEqual([lane?.jobs[0]?.start, lane?.jobs[0]?.end], [1000, 9000]);
    assert.deepEqual([lane?.drains[0]?.start, lane?.drains[0]?.end], [2700, 11500]);
    assert.deepEqual(lane?.heartbeats, [5000]);
  });

  it("makes no network request and escapes all text", () => {
    const html = poolReport(measured(drained(), { errors: ["<script>alert(1)</script>"] }), drained());
    assert.doesNotMatch(html, /<script|https?:\/\/|src=|@import/);
    assert.match(html, /prefers-color-scheme: dark/);
    assert.match(html, /i-1/);
  });
});

function swap(events: TimelineEvent[], from: string, to: "lost" | "failed"): TimelineEvent[] {
  return events.map((event) => (event.kind === "job" && event.change === from ? { ...event, change: to } : event));
}

import assert from "node:assert/strict";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { reportHtml } from "../../../rehearsal/report/html";
import { queueDurations, waitingSteps } from "../../../rehearsal/report/queue";
import type { JobChange, TimelineEvent } from "../../../rehearsal/timeline";

const job = (at: number, name: string, change: JobChange): TimelineEvent => ({ at, kind: "job", job: name, change });

/** Two jobs wait; one is taken, comes back and is taken again, the other is cancelled in the queue. */
const QUEUE = [
  job(100, "a", "queued"),
  job(200, "b", "queued"),
  job(1_000, "a", "assigned"),
  job(1_100, "a", "acquired"),
  job(2_000, "a", "requeued"),
  job(2_500, "b", "failed"),
  job(4_000, "a", "acquired"),
  job(9_000, "a", "succeeded"),
];

describe("the queue of a rehearsal", () => {
  it("counts a job that came back to the queue once, or its second wait would improve the figures", () => {
    assert.deepEqual(queueDurations(QUEUE), [1_000]);
  });

  it("has a job until a runner has acquired it, not until GitHub has assigned it", () => {
    assert.deepEqual(queueDurations([job(0, "a", "queued"), job(5, "a", "assigned")]), []);
  });

  it("loses a job that is cancelled, or the report would show it as waiting to the end", () => {
    assert.deepEqual(
      waitingSteps(QUEUE).map(({ at, waiting }) => [at, waiting]),
      [
        [100, 1],
        [200, 2],
        [1_100, 1],
        [2_000, 2],
        [2_500, 1],
        [4_000, 0],
      ],
    );
  });

  it("is drawn above the instances, as high as its share of the longest queue", () => {
    const spread = { p50: 0, p95: 0, p99: 0, max: 0, count: 0 };
    const figures = {
      ...{ stack: "dev", seed: 1, hosts: "simulated" as const, drain: true, queueMs: spread, apiCalls: {}, denied: [], leftovers: [] },
      jobs: { queued: 2, started: 1, succeeded: 1, lost: 0, requeued: 1, unfinished: 0 },
      engine: { version: "", resources: 0, secondUpChanges: 0, seconds: { preview: 0, up: 0, destroy: 0 } },
      ...{ drift: [], failures: [] },
    };
    const instance: TimelineEvent = { at: 9_500, kind: "instance-state", instance: "i-1", state: "InService" };
    const html = reportHtml({ figures, control: "drain on", headline: "", cards: [] }, [...QUEUE, instance], {
      hook: "",
      begun: LOG.drainBegun,
    });
    const bars = [...html.matchAll(/class="waiting" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"><title>(\d) waiting/g)];
    const heights = bars.map((bar) => [Number(bar[5]), Number(bar[4])]);
    const full = heights.find(([waiting]) => waiting === 2)![1]!;
    assert.deepEqual(
      heights,
      [1, 2, 1, 2, 1].map((waiting) => [waiting, (waiting / 2) * full]),
    );
    const below = Math.max(...bars.map((bar) => Number(bar[2]) + Number(bar[4])));
    const lane = Number(/<text class="lane" x="4" y="(\d+)">i-1/.exec(html)![1]);
    assert.ok(below < lane, `the queue ends at ${below}, the first instance is at ${lane}`);
  });
});

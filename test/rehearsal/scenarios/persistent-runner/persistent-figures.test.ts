import assert from "node:assert/strict";
import type { Job } from "../../../../rehearsal/github/jobs";
import { type PersistentMeasurements, persistentFigures } from "../../../../rehearsal/scenarios/persistent-runner/persistent-figures";
import { persistentReport } from "../../../../rehearsal/scenarios/persistent-runner/persistent-report";
import { persistentSummary } from "../../../../rehearsal/scenarios/persistent-runner/persistent-summary";
import type { TimelineEvent } from "../../../../rehearsal/timeline";

const VOLUME = "vol-0123456789abcdef0";
const power = (at: number, state: string): TimelineEvent => ({ at, kind: "power-state", instance: "i-1", state });
const life = (at: number, ...jobs: string[]): TimelineEvent[] => [
  power(at, "pending"),
  ...jobs.map((job): TimelineEvent => ({ at: at + 1_000, kind: "job", job, change: "acquired", instance: "e2e-1" })),
  power(at + 2_000, "stopped"),
];
const job = (id: string, run: number, state: Job["state"] = "succeeded", hosted = false) =>
  ({ id, run: { id: run }, state, acquiredAt: 1, requeues: 0, annotations: [], spec: { name: id, labels: [], hosted } }) as unknown as Job;

function measured(changes: Partial<PersistentMeasurements> = {}): PersistentMeasurements {
  return {
    stack: "dev",
    seed: 1,
    hosts: "simulated",
    lease: true,
    events: [...life(0), ...life(10_000, "a"), ...life(20_000, "b")],
    jobs: [job("h", 1, "succeeded", true), job("a", 1), job("b", 2), job("c", 3, "canceled"), job("s", 3, "skipped")],
    runs: [
      { name: "app #1", expected: "success", conclusion: "success" },
      { name: "app #2", expected: "cancelled", conclusion: "cancelled" },
    ],
    leftRunning: 0,
    cacheHits: 1,
    apiCalls: { operator: { "ec2:RunInstances": 1 } },
    denied: [],
    leftovers: [`aws:ebs/volume:Volume ${VOLUME}`],
    cacheVolume: VOLUME,
    engine: { version: "3.206.0", resources: 40, secondUpChanges: 0, seconds: { preview: 1, up: 2, destroy: 3 } },
    errors: [],
    ...changes,
  };
}

describe("the figures of a persistent machine's rehearsal", () => {
  it("count starts and stops after the machine's creation, and a cancelled job is not a lost one", () => {
    const { starts, stops, jobs, runs, sharedRuns, retained, leftovers, failures, readyMs } = persistentFigures(measured());
    assert.deepEqual([starts, stops, runs, sharedRuns], [2, 2, 2, 0]);
    assert.deepEqual([jobs.queued, jobs.succeeded, jobs.lost, jobs.unfinished], [4, 3, 0, 0]);
    assert.deepEqual([retained.length, leftovers], [1, []]);
    assert.equal(readyMs.p50, 1_000);
    assert.deepEqual(failures, []);
  });

  const dangers: [string, Partial<PersistentMeasurements>, RegExp][] = [
    ["a machine that two runs had at the same time", { events: [...life(0), ...life(10_000, "a", "b")] }, /^2 runs shared the machine$/],
    ["a job that is lost with its machine", { jobs: [job("a", 1, "lost")] }, /^1 of 1 jobs lost$/],
    ["a job that no machine takes", { jobs: [job("a", 1, "queued")] }, /^1 jobs never ended$/],
    ["a machine that runs on", { leftRunning: 1 }, /left running/],
    ["a start without its stop", { events: [...life(0), power(10_000, "pending")] }, /^1 starts, but 0 stops$/],
    ["caches that are empty each time", { cacheHits: 0 }, /cache of an earlier/],
    ["a cache volume that is destroyed with the stack", { leftovers: [] }, /did not keep the cache volume/],
    ["anything else that is left over", { leftovers: [`aws:ebs/volume:Volume ${VOLUME}`, "secret x"] }, /^1 resources left over/],
    ["a run that ends otherwise", { runs: [{ name: "app #1", expected: "cancelled", conclusion: "success" }] }, /app #1 ended as success/],
    ["a denied call", { denied: [{ principal: "e2e", action: "ec2:StopInstances", resource: "*" }] }, /^1 calls denied/],
    ["a second up that changes something", { engine: { ...measured().engine, secondUpChanges: 2 } }, /second up changed 2/],
    ["an error of the scenario", { errors: ["not in time"] }, /^not in time$/],
  ];
  for (const [danger, changes, text] of dangers) {
    it(`fail for ${danger}`, () => {
      const figures = persistentFigures(measured(changes));
      assert.ok(
        figures.failures.some((failure) => text.test(failure)),
        figures.failures.join("; "),
      );
      assert.match(persistentSummary(figures), /^FAILED: /m);
    });
  }

  it("are shown with the machine's lives on one lane, and its jobs by the names of their runs", () => {
    const given = measured();
    const html = persistentReport(persistentFigures(given), given.events, "i-1", (id) => ({ a: "app #1", b: "tools #1" })[id]);
    assert.match(html, /lease on/);
    assert.match(html, /Lives of the machine/);
    assert.equal(html.match(/<text class="lane"/g)?.length, 2, "the waiting jobs, and the machine");
    assert.match(html, /<title>app #1, /);
    assert.doesNotMatch(html, />e2e-1</);
  });
});

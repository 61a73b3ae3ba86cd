import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PoolFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import type { Ended } from "../rehearsals";

const PROJECT = resolve(__dirname, "../../../..");

/** The writes that the bootstrap example permits to a stack's role. */
const PERMITTED = new Set(
  JSON.parse(readFileSync(join(PROJECT, "examples/bootstrap/writes.json"), "utf8")).flatMap(
    ({ actions }: { actions: string[] }) => actions,
  ),
);
/** The scenario's own calls, as a scaling policy or an administrator makes them; and calls that only read. */
const NOT_THE_PROVIDER = /^autoscaling:(SetDesiredCapacity|TerminateInstanceInAutoScalingGroup|Describe\w+)$/;

export function assertClean(ended: Ended<PoolFigures>): PoolFigures {
  assert.equal(ended.code, 0, ended.output);
  assert.doesNotMatch(ended.output, /clean-up: /);
  const { figures } = ended;
  assert.ok(figures);
  assert.deepEqual(figures.failures, []);
  assert.equal(figures.jobs.lost, 0);
  assert.equal(figures.jobs.succeeded, figures.jobs.queued);
  assert.equal(figures.scaleIns.completed, figures.scaleIns.requested);
  assert.equal(figures.engine.secondUpChanges, 0);
  assert.deepEqual([figures.denied, figures.leftovers, figures.drift], [[], [], []]);
  const writes = Object.keys(figures.apiCalls["operator"] ?? {}).filter((action) => !NOT_THE_PROVIDER.test(action));
  assert.ok(writes.length >= 5, writes.join());
  assert.deepEqual(
    writes.filter((action) => !PERMITTED.has(action)),
    [],
    "the role that the bootstrap example makes could not do this",
  );
  return figures;
}

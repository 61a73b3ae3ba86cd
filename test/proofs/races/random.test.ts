import assert from "node:assert/strict";
import fc from "fast-check";
import type { SimulatedEnvironmentOptions } from "../../../rehearsal/simulation/environment";
import { plans } from "./random-plan";
import { broken } from "./random-run";

/** Number of plans. For more, or to repeat a seed: RACES_RUNS=100000 RACES_SEED=42. */
const RUNS = Number(process.env.RACES_RUNS ?? 20_000);
const SEED = Number(process.env.RACES_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 4_200_000;

function promisesHold(options: SimulatedEnvironmentOptions = {}) {
  return fc.asyncProperty(plans, async (plan) => {
    const problems = await broken(plan, options);
    if (problems.length > 0) throw new Error(problems.join("\n"));
  });
}

describe("random interleavings of jobs, terminations and faults", function () {
  this.timeout(BOUND_MS);

  it(`keep every promise: ${RUNS} plans, RACES_SEED=${SEED}`, async () => {
    await fc.assert(promisesHold(), { seed: SEED, numRuns: RUNS });
  });

  const MUTANTS: [what: string, alterDrain: SimulatedEnvironmentOptions["alterDrain"]][] = [
    ["stops an idle listener without raising the fence", (host) => ({ ...host, unit: { ...host.unit, raiseFence: async () => true } })],
    [
      "ignores the message that precedes a job",
      (host) => ({ ...host, signs: { read: async () => ({ ...(await host.signs.read()), messageAt: undefined }) } }),
    ],
  ];
  for (const [what, alterDrain] of MUTANTS) {
    it(`reveal a drain that ${what}, and shrink the plan to at most three entries`, async () => {
      const found = await fc.check(promisesHold({ alterDrain }), { seed: 7, numRuns: RUNS, endOnFailure: false });
      assert.ok(found.failed, `not found in ${RUNS} plans`);
      const [plan] = found.counterexample as [Parameters<typeof broken>[0]];
      assert.match((await broken(plan, { alterDrain })).join(), /lost/);
      assert.deepEqual(await broken(plan), [], "the unmodified drain passes the same plan");
      assert.ok(plan.jobs.length + plan.acts.length + plan.outages.length <= 3, JSON.stringify(plan));
    });
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { SimulatedEnvironment } from "../../../rehearsal/simulation/environment";
import { type Plan, plans } from "./random-plan";
import { runPlan } from "./random-run";

const RUNS = Number(process.env.RACES_RUNS ?? 1_000);
const SEED = Number(process.env.RACES_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe("skipping ticks that would find nothing new", function () {
  this.timeout(3_000_000);

  async function events(plan: Plan, skipIdle: boolean): Promise<string[]> {
    const environment = new SimulatedEnvironment({ seed: plan.seed, skipIdle });
    await runPlan(environment, plan);
    await environment.close();
    return environment.timeline.events.map((event) => JSON.stringify(event));
  }

  it(`changes no event of a run: ${RUNS} plans, RACES_SEED=${SEED}`, async () => {
    const same = fc.asyncProperty(plans, async (plan) => {
      // Durations of the runner's steps that never coincide with a tick: the order within one instant is not defined.
      plan.timing = { roundTrip: 61, message: 13, acquire: 127, announce: 17, workerStart: 409, signal: 7 };
      const [all, skipped] = [await events(plan, false), await events(plan, true)];
      const differs = all.findIndex((event, index) => event !== skipped[index]);
      if (differs >= 0)
        assert.fail(
          `event ${differs}:\n${all.slice(differs, differs + 3).join("\n")}\nwhen skipping is:\n${skipped.slice(differs, differs + 3).join("\n")}`,
        );
      assert.equal(skipped.length, all.length);
    });
    await fc.assert(same, { seed: SEED, numRuns: RUNS });
  });
});

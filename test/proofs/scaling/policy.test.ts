import assert from "node:assert/strict";
import fc from "fast-check";
import { decide } from "../../../functions/actions-runner-pool/scale/policy/decide";
import { checkApplies, withSubstitutions } from "../../support/substitutions";
import { decideWithMemory, failing } from "./failing-launches";
import { MUTANTS } from "./mutants";
import { broken, plans } from "./random-plan";

/** Number of plans. For more, or to repeat a seed: POLICY_RUNS=100000 POLICY_SEED=42. */
const RUNS = Number(process.env.POLICY_RUNS ?? 1000);
const SEED = Number(process.env.POLICY_SEED ?? Math.floor(Math.random() * 2 ** 31));

type Policy = typeof decide;

const PROPERTIES = {
  plans: (policy: Policy) => fc.property(plans, (plan) => void throwIf(broken(plan, policy))),
  failures: (policy: Policy) => fc.property(failing, (minutes) => void throwIf(decideWithMemory(minutes, policy))),
};

function throwIf(problems: string[]): void {
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

describe("the policy in random plans of arrivals, losses, duplicates and failures", function () {
  // A bound on a hang, not a measurement.
  this.timeout(1_200_000);

  it(`keeps every rule, and ends at what the truth asks for: ${RUNS} plans, POLICY_SEED=${SEED}`, () => {
    fc.assert(PROPERTIES.plans(decide), { seed: SEED, numRuns: RUNS });
  });

  it(`requests few launches while all of them fail: ${RUNS} plans, POLICY_SEED=${SEED}`, () => {
    fc.assert(PROPERTIES.failures(decide), { seed: SEED, numRuns: RUNS });
  });

  it("has mutants that apply", () => {
    for (const { substitutions } of MUTANTS) substitutions.forEach(checkApplies);
  });

  for (const { name, substitutions, words } of MUTANTS) {
    it(`reveals a policy with this mistake: ${name}`, () => {
      const mutant: Policy = withSubstitutions(
        ["functions"],
        substitutions,
        (load) => load("functions/actions-runner-pool/scale/policy/decide").decide,
      );
      const check = (property: fc.IProperty<any>) => fc.check(property, { seed: 7, numRuns: 3000, endOnFailure: true });
      const failures = check(PROPERTIES.failures(mutant));
      const found = failures.failed ? failures : check(PROPERTIES.plans(mutant));
      assert.ok(found.failed, "not found in any plan");
      assert.match(String(found.errorInstance), words);
    });
  }
});

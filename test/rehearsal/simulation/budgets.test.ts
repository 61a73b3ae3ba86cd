import assert from "node:assert/strict";
import { brokenBudgets, stuck } from "../../../rehearsal/simulation/budgets";
import { parseSimulation } from "../../../rehearsal/simulation/options";
import type { SimulationResult } from "../../../rehearsal/simulation/result";

/** A day that holds every budget, and uses those that are not zero to the last call. */
function goodDay(): SimulationResult {
  return {
    options: parseSimulation([])!.options,
    jobs: { queued: 10, assigned: 10, succeeded: 9, lost: 0, requeued: 0, unheard: 1 },
    instances: { launched: 5, terminated: 5, retained: 0, drainedBusy: 1, hours: 5 },
    calls: {
      host: { launch: 1, job: 1, termination: 1, heartbeat: 1, idle: 0 },
      functions: {},
      faulted: 0,
      github: { total: 9_000, busiest: 4_750, refused: 0, kinds: {} },
    },
    rates: { awsPerInstanceHour: 1, hostPerJob: 2, perTermination: 4, githubPerInstanceHour: 1 },
    longestTailSeconds: 1_800,
    functionErrors: 0,
    left: [],
    failures: [],
  };
}

describe("the budgets of a simulation", () => {
  it("are held by a day that uses each of them up", () => {
    assert.deepEqual(brokenBudgets(goodDay(), []), []);
  });

  const broken: [what: string, (day: SimulationResult) => unknown, RegExp][] = [
    ["a lost job", ({ jobs }) => (jobs.lost = 1), /^1 jobs lost: job-1$/],
    ["an instance that outlives its last job by more than half an hour", (day) => (day.longestTailSeconds = 1_801), /1801 s after nothing/],
    ["a resource that is left over", ({ left }) => left.push("runner i-1"), /^1 resources left over: runner i-1$/],
    ["a call of an idle instance", ({ calls }) => (calls.host.idle = 1), /^1 calls to AWS by idle/],
    ["a third call per job", ({ rates }) => (rates.hostPerJob = 2.001), /^2.001 calls to AWS per job/],
    ["a fifth call per termination", ({ rates }) => (rates.perTermination = 4.001), /^4.001 calls to AWS per termination/],
    ["a call that GitHub refused", ({ calls }) => (calls.github.refused = 1), /^1 calls to GitHub beyond the 5000/],
    [
      "an hour that leaves an App less than 5 % of its calls",
      ({ calls }) => (calls.github.busiest = 4_751),
      /^4751 calls .* at most 4750 of/,
    ],
  ];
  for (const [what, change, words] of broken) {
    it(`are broken by ${what}`, () => {
      const day = goodDay();
      change(day);
      const failures = brokenBudgets(day, ["job-1"]);
      assert.equal(failures.length, 1, failures.join());
      assert.match(failures[0]!, words);
    });
  }

  it("count a job that never ended and an instance that never terminated as stuck, and nothing else", () => {
    const day = goodDay();
    assert.equal(stuck(day), 0);
    day.jobs.queued++;
    day.instances.launched++;
    assert.equal(stuck(day), 2);
  });
});

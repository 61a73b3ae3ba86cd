import assert from "node:assert/strict";
import { UsageError } from "../../../cli/options";
import { GITHUB_BUDGET } from "../../../rehearsal/simulation/budgets";
import { parseSimulationOptions } from "../../../rehearsal/simulation/options";
import { runShard } from "../../../rehearsal/simulation/shard";
import type { SimulationResult } from "../../../rehearsal/simulation/result";
import { simulate } from "../../../rehearsal/simulation/simulate";

/** Many times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 1_800_000;

describe("a simulated day of 1,000 instances with incidents", function () {
  this.timeout(BOUND_MS);
  let result: SimulationResult;

  before(async () => {
    result = await simulate(parseSimulationOptions(["--instances", "1000", "--hours", "24", "--seed", "1"])!);
  });

  it("loses no job, leaves nothing stuck or behind, and exceeds no budget", () => {
    assert.deepEqual(result.failures, []);
    assert.deepEqual(result.left, []);
    assert.equal(result.jobs.lost, 0);
    assert.equal(result.jobs.succeeded + result.jobs.unheard, result.jobs.queued);
  });

  it("includes enough jobs, terminations and faults for the results to be meaningful", () => {
    assert.ok(result.jobs.queued > 40_000, `${result.jobs.queued} jobs`);
    assert.ok(result.instances.terminated > 1_000, `${result.instances.terminated} terminations`);
    assert.ok(result.calls.faulted > 1_000, `${result.calls.faulted} attempts met a fault`);
    assert.ok(result.jobs.unheard > 0, "no job ended while GitHub was down");
    assert.ok(result.functionErrors > 0, "no function run failed");
  });

  it("makes no AWS call per idle instance, at most two per job, and at most four per termination besides heartbeats", () => {
    const { host } = result.calls;
    assert.equal(host.idle, 0);
    assert.ok(host.job > 0 && host.job <= 2 * result.jobs.assigned);
    assert.ok(host.termination >= result.instances.terminated);
    assert.ok(result.rates.perTermination <= 4, `${result.rates.perTermination}`);
  });
});

describe("two simulated days with the same seed", function () {
  this.timeout(BOUND_MS);

  it("give identical results", async () => {
    const run = () => simulate(parseSimulationOptions(["--instances", "20", "--hours", "4", "--seed", "3"])!);
    assert.deepEqual(await run(), await run());
  });

  it("give identical results if threads share the pools, whichever thread ends first", async () => {
    const run = () => simulate(parseSimulationOptions(["--instances", "24", "--pools", "6", "--hours", "3", "--seed", "3"])!);
    const [one, other] = [await run(), await run()];
    assert.deepEqual(one, other);
    assert.deepEqual(one.failures, []);
    assert.ok(one.instances.terminated > 6 && one.jobs.queued > 0, JSON.stringify(one.instances));
  });
});

describe("a load beyond what the instances can run", function () {
  this.timeout(BOUND_MS);

  it("is reported as jobs that never ended, and no thread runs out of memory", async () => {
    const argv = ["--instances", "6", "--pools", "6", "--hours", "2", "--jobs-per-hour", "30000", "--storms", "off"];
    const { failures } = await simulate(parseSimulationOptions(argv)!);
    assert.match(failures.join(), /\d{5,} jobs never ended/);
  });
});

describe("ten pools of a thousand runners that share one GitHub App", function () {
  this.timeout(BOUND_MS);

  it("leave it 5 % of its 5,000 calls an hour, even if five thousand instances terminate at once and are launched again", async () => {
    const options = parseSimulationOptions(["--instances", "10000", "--hours", "24", "--jobs-per-hour", "0"])!;
    // In one environment, because all of them share one hourly limit.
    const totals = await runShard({ options, pools: [...Array(10).keys()], rateLimit: 5_000 });
    assert.equal(totals.github.refused, 0, `${totals.github.busiest} calls in the busiest hour`);
    assert.ok(totals.github.busiest <= GITHUB_BUDGET, `${totals.github.busiest} calls in the busiest hour`);
    assert.ok(totals.github.busiest > 2_000, "an incident that causes few calls proves nothing");
    assert.ok(totals.instances.terminated > 5_000);
    assert.deepEqual([totals.failures, totals.left], [[], []]);
  });
});

describe("simulation options", () => {
  it("default to a day of ten pools of 1,000 instances", () => {
    assert.deepEqual(parseSimulationOptions([]), { instances: 10_000, pools: 10, hours: 24, seed: 1, jobsPerHour: 2, storms: true });
    assert.equal(parseSimulationOptions(["--help"]), undefined);
  });

  for (const [argv, words] of [
    [["--instances", "0"], /--instances 0: give a whole number of at least 1/],
    [["--instances", "2", "--pools", "3"], /--pools 3: give at most the number of instances, 2/],
    [["--storms", "some"], /--storms some: give on or off/],
    [["--day", "1"], /Run npm run simulate -- --help/],
  ] as const) {
    it(`reject ${argv.join(" ")} with an error that names the remedy`, () => {
      assert.throws(
        () => parseSimulationOptions([...argv]),
        (error) => error instanceof UsageError && words.test(error.message),
      );
    });
  }
});

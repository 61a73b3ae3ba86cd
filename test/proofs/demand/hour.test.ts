import assert from "node:assert/strict";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { DemandModel, LABELS, ORGANIZATION } from "./demand-model";

const REPOSITORIES = 200;
/** With a run in each, whose jobs wait for the whole hour. */
const ACTIVE = 20;
const RUNS = 3600 / DEMAND_TIMING.reconcileInterval;

describe("an hour of 200 repositories", function () {
  this.timeout(120_000);
  let model: DemandModel;
  let used: number[];
  let begun: number;

  before(async () => {
    model = new DemandModel();
    await model.registerPool();
    await model.clock.sleep(1000);
    const name = (index: number) => `${ORGANIZATION}/repository-${index}`;
    for (let index = 0; index < REPOSITORIES; index++) model.github.addRepository(name(index));
    for (let index = 0; index < ACTIVE; index++) {
      const run = model.github.startRun(name(index), "build");
      for (let job = 0; job < 5; job++)
        model.github.queueJob({ name: `job ${job}`, labels: LABELS, repository: run.repository, run: run.id });
    }
    await model.github.deliveriesSettled();
    begun = model.clock.now();
    used = await model.reconcileRegularly(RUNS);
  });
  after(() => model.close());

  it("costs at most 1,600 calls of the App's hour", () => {
    const sum = used.reduce((total, one) => total + one, 0);
    assert.ok(sum <= 1600, `${used} are ${sum}`);
    assert.equal(used.length, RUNS);
    assert.ok(sum > 2 * REPOSITORIES, "the round did not read all repositories");
    assert.equal(model.observer.counts[SOURCE_METRIC.reconcileErrors] ?? 0, 0);
  });

  it("reads the active repositories in each run, and every repository in each half hour", async () => {
    const readAt = (await model.repositories()).map((one) => one.readAt ?? 0);
    assert.equal(readAt.length, REPOSITORIES);
    // The second round has begun half an hour after the first one.
    assert.ok(Math.min(...readAt) >= begun + DEMAND_TIMING.fullRound * 1000 - DEMAND_TIMING.reconcileInterval * 1000);
    const latest = begun + (RUNS - 1) * DEMAND_TIMING.reconcileInterval * 1000;
    assert.ok(readAt.filter((at) => at >= latest).length >= ACTIVE, "an active repository was postponed");
  });
});

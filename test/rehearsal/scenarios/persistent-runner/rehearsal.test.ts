import assert from "node:assert/strict";
import { systemdHostsAvailable } from "../../../../rehearsal/hosts/systemd";
import type { PersistentFigures } from "../../../../rehearsal/scenarios/persistent-runner/persistent-figures";
import { BOUND_MS, type Ended, Rehearsals } from "../rehearsals";

const SCENARIO = ["--scenario", "persistent"];

function figuresOf({ figures, output }: Ended<PersistentFigures>): PersistentFigures {
  assert.ok(figures, output);
  return figures;
}

function assertClean(ended: Ended<PersistentFigures>, runs: number): PersistentFigures {
  assert.equal(ended.code, 0, ended.output);
  assert.doesNotMatch(ended.output, /clean-up: /);
  const figures = figuresOf(ended);
  const { jobs, starts, stops, sharedRuns, leftRunning, denied, leftovers, failures, engine } = figures;
  assert.deepEqual([failures, denied, leftovers], [[], [], []]);
  assert.deepEqual([figures.runs, sharedRuns, leftRunning, jobs.lost, jobs.unfinished], [runs, 0, 0, 0, 0]);
  assert.ok(starts >= 3, `${starts} starts`);
  assert.equal(stops, starts);
  assert.equal(engine.secondUpChanges, 0);
  assert.ok(figures.cacheHits >= 1);
  assert.match(ended.report, /Lives of the machine/);
  return figures;
}

describe("the rehearsal of a persistent machine", function () {
  this.timeout(BOUND_MS);
  let rehearsals: Rehearsals<PersistentFigures>;
  before(() => {
    rehearsals = new Rehearsals();
  });
  after(() => rehearsals.close());

  it("lets runs of two repositories use it by turns on simulated hosts, also after one that never stopped it", async () => {
    assertClean(await rehearsals.run([...SCENARIO, "--hosts", "simulated"]), 5);
  });

  it("shares it or stops it under a job without the lease, which shows that it can fail", async () => {
    const ended = await rehearsals.run([...SCENARIO, "--hosts", "simulated", "--lease", "off"]);
    assert.equal(ended.code, 1, ended.output);
    const { sharedRuns, jobs, lease } = figuresOf(ended);
    assert.equal(lease, false);
    assert.ok(sharedRuns > 0 || jobs.lost > 0, ended.output);
  });

  it("names the stack that the scenario has", async () => {
    const ended = await rehearsals.run([...SCENARIO, "--stack", "prod"]);
    assert.equal(ended.code, 2);
    assert.match(ended.output, /--stack prod/);
  });

  describe("with real systemd", () => {
    before(function () {
      const available = systemdHostsAvailable();
      if (available.ok) return;
      if (process.env.CI_RUNNERS_REQUIRE_SYSTEMD === "1") throw new Error(available.reason);
      console.log(`      skipped: ${available.reason}`);
      this.skip();
    });

    it("boots the same disk for each run, whose builds find their caches, and leaves nothing on this host", async () => {
      const figures = assertClean(await rehearsals.run([...SCENARIO, "--hosts", "systemd"]), 3);
      assert.equal(figures.hosts, "systemd");
      assert.deepEqual(rehearsals.traces(), []);
    });
  });
});

import assert from "node:assert/strict";
import type { FakeGitHub } from "../support/fake-github";
import { Harness } from "../support/harness";

/** Of GitHub's own runners: their jobs are read, and nothing is written about them. */
const FOREIGN = { labels: ["ubuntu-latest"], status: "in_progress" };

describe("the reconciler's reads of active repositories", () => {
  let harness: Harness;
  let gitHub: FakeGitHub;
  beforeEach(async () => ({ gitHub } = harness = await Harness.create()));

  const nextRun = async () => {
    gitHub.calls.length = 0;
    await harness.nextRun();
  };
  /** Active, with runs of jobs that are not ours. */
  const busy = async (repository: string, runs: number, firstRun: number) => {
    await harness.ledger.noteRepository(repository);
    for (let n = 0; n < runs; n++) gitHub.set({ id: firstRun + n, runId: firstRun + n, repository, ...FOREIGN });
  };

  it("do not stop at one with hundreds of runs, which are read in turn", async () => {
    await busy("octo-org/big", 150, 1_000);
    await harness.ledger.noteRepository("octo-org/small");
    gitHub.set({ id: 1, runId: 1, repository: "octo-org/small" });
    const read = new Set<string>();
    for (let run = 0; run < 4; run++) {
      await nextRun();
      assert.deepEqual(await harness.open(), [1]);
      assert.equal(await harness.problem(), undefined);
      for (const call of gitHub.callsTo("jobs octo-org/big")) read.add(call);
    }
    assert.equal(read.size, 150);
  });

  /** Jobs of one run, of GitHub's own runners: 100 fit on a page of the list. */
  const matrix = (repository: string, runId: number, jobs: number) => {
    for (let n = 0; n < jobs; n++) gitHub.set({ id: 1_000 * runId + n, runId, repository, ...FOREIGN });
  };

  it("of an account that is one repository go on in turn, when its runs never fit into one reconciliation", async () => {
    gitHub.scope = { owner: "octo-org", repository: "app" };
    await harness.ledger.noteRepository("octo-org/app");
    for (let runId = 1; runId <= 100; runId++) matrix("octo-org/app", runId, 101);
    gitHub.set({ id: 1, runId: 101 });
    const read = new Set<string>();
    for (let run = 0; run < 4; run++) {
      await nextRun();
      assert.equal(await harness.problem(), undefined);
      for (const call of gitHub.callsTo("jobs ")) read.add(call);
    }
    assert.equal(read.size, 101);
    assert.deepEqual(await harness.open(), [1]);
  });

  it("of an account that is one repository are at most 100 runs at once, of which the others follow", async () => {
    gitHub.scope = { owner: "octo-org", repository: "app" };
    await busy("octo-org/app", 150, 1);
    await nextRun();
    assert.equal(gitHub.callsTo("jobs ").length, 100);
    await nextRun();
    assert.equal(gitHub.callsTo("jobs ")[0], "jobs octo-org/app 101");
  });

  it("get past one whose runs have so many jobs that they take all calls of a reconciliation", async () => {
    await harness.ledger.noteRepository("octo-org/a-big");
    for (let runId = 1; runId <= 40; runId++) matrix("octo-org/a-big", runId, 201);
    await harness.ledger.noteRepository("octo-org/small");
    gitHub.set({ id: 9, runId: 99, repository: "octo-org/small" });
    const read = new Set<string>();
    for (let run = 0; run < 4; run++) {
      await nextRun();
      for (const call of gitHub.callsTo("jobs ")) read.add(call);
      assert.equal(await harness.problem(), undefined);
    }
    assert.deepEqual([await harness.open(), read.size], [[9], 41]);
  });

  it("go on in each run where the calls of the last one ended, so that every repository gets its turn", async () => {
    for (let n = 0; n < 4; n++) await busy(`octo-org/r${n}`, 60, 1_000 * (n + 1));
    const turns: string[][] = [];
    for (let run = 0; run < 6; run++) {
      await nextRun();
      turns.push([...new Set(gitHub.callsTo("jobs ").map((call) => call.split(" ")[1]!))]);
    }
    for (let n = 0; n < 4; n++) assert.ok(turns.filter((names) => names.includes(`octo-org/r${n}`)).length >= 3, JSON.stringify(turns));
  });

  for (const turn of ["readAt", "failedAt"]) {
    it(`are a problem when one with runs has had no turn for 13 min, since its ${turn}: its jobs are not known`, async () => {
      for (let n = 0; n < 100; n++) {
        const repository = `octo-org/r${n}`;
        await busy(repository, 3, 10 * n + 1);
        const known = { repository, [turn]: harness.clock.now(), inProgress: { runs: [10 * n + 1] } };
        await harness.memory.writeRepository(known, harness.clock.now(), AbortSignal.timeout(5_000));
      }
      await nextRun();
      await nextRun();
      assert.equal(await harness.problem(), undefined);
      await nextRun();
      assert.match(
        String(await harness.problem()),
        /active repositories were not read in time, for want of calls; the first is octo-org\/r/,
      );
    });
  }

  it("come back in turn to those that failed for a while, although there are always more than the calls suffice for", async () => {
    for (let n = 0; n < 40; n++) {
      const repository = `octo-org/r${n}`;
      await busy(repository, 3, 10 * n + 1);
      const known = { repository, inProgress: { runs: [10 * n + 1] } };
      await harness.memory.writeRepository(known, harness.clock.now(), AbortSignal.timeout(5_000));
    }
    // More than the full round reads again with the calls that remain.
    gitHub.failing(/^runs octo-org\/r[12]/);
    for (let run = 0; run < 2; run++) await nextRun();
    gitHub.fault = () => {};
    const read = new Set<string>();
    for (let run = 0; run < 2; run++) {
      await nextRun();
      assert.equal(await harness.problem(), undefined);
      for (const call of gitHub.callsTo("runs ")) read.add(call.split(" ")[1]!);
    }
    assert.equal(read.size, 40);
  });

  it("are no problem when all of 200 had a job lately, and are read within the half hour of the full round", async () => {
    for (let n = 0; n < 180; n++) await harness.ledger.noteRepository(`octo-org/r${n}`);
    for (let n = 180; n < 200; n++) await busy(`octo-org/r${n}`, 1, n);
    const reads = new Map<string, number>();
    for (let run = 0; run < 12; run++) {
      await nextRun();
      assert.equal(await harness.problem(), undefined);
      for (const call of gitHub.callsTo("runs ")) if (call.endsWith("queued")) reads.set(call, (reads.get(call) ?? 0) + 1);
    }
    const readsOf = (n: number) => reads.get(`runs octo-org/r${n} queued`) ?? 0;
    for (let n = 0; n < 180; n++) assert.ok(readsOf(n) >= 2, `r${n}`);
    for (let n = 180; n < 200; n++) assert.ok(readsOf(n) >= 4, `r${n}, with a run: ${readsOf(n)}`);
  });

  it("do not make the source stale for all pools because the lists of one always fail", async () => {
    await harness.ledger.noteRepository("octo-org/broken");
    gitHub.set({ id: 1, repository: "octo-org/sound" });
    await harness.ledger.noteRepository("octo-org/sound");
    gitHub.failing(/^runs octo-org\/broken/);
    for (let run = 0; run < 4; run++) {
      await nextRun();
      assert.equal(await harness.problem(), undefined);
      assert.deepEqual(await harness.open(), [1]);
    }
    assert.equal(harness.observer.counts.ReconcileErrors, 4, "one in each run");
    assert.ok(harness.observer.messages("warn").includes("a repository could not be read; continuing"));
  });

  for (const status of [403, 502]) {
    it(`do not make the source stale for all pools because the only active one answers ${status}, if another can be read`, async () => {
      for (const name of ["quiet", "idle"]) gitHub.extraRepositories.push({ name: `octo-org/${name}`, dormant: false });
      await nextRun();
      await busy("octo-org/broken", 1, 5);
      gitHub.failing(/octo-org\/broken/, status);
      await nextRun();
      assert.equal(await harness.problem(), undefined);
      gitHub.failing(/octo-org/, status);
      await nextRun();
      assert.match(String(await harness.problem()), new RegExp(`active repositor.*octo-org/broken.*${status}`));
    });
  }

  it("are a problem if the only active one fails and there is no other to compare with", async () => {
    await busy("octo-org/broken", 1, 5);
    gitHub.failing(/^runs/);
    await nextRun();
    assert.match(String(await harness.problem()), /no active repository could be read; the first is octo-org\/broken/);
  });

  it("ask for a comparison the one that was read last: one that is itself broken proves nothing", async () => {
    for (const name of ["a-broken", "sound"]) gitHub.extraRepositories.push({ name: `octo-org/${name}`, dormant: false });
    gitHub.failing(/broken/);
    for (let run = 0; run < 6; run++) await nextRun();
    await busy("octo-org/broken", 1, 5);
    await nextRun();
    assert.equal(await harness.problem(), undefined);
  });

  it("get to the other runs of a repository one of whose runs always fails", async () => {
    await busy("octo-org/app", 3, 5);
    gitHub.set({ id: 9, runId: 9, repository: "octo-org/app", status: "in_progress" });
    gitHub.failing(/^jobs octo-org\/app 6$/);
    await nextRun();
    await nextRun();
    assert.deepEqual(await harness.open(), [9]);
  });

  it("do not forget a repository because a run was deleted since it was listed", async () => {
    await busy("octo-org/app", 1, 5);
    gitHub.set({ id: 9, runId: 9, repository: "octo-org/app" });
    gitHub.failing(/^jobs octo-org\/app 5$/, 404);
    await nextRun();
    assert.deepEqual(await harness.open(), [9]);
    assert.equal((await harness.memory.repositories(AbortSignal.timeout(5_000))).length, 1);
  });

  it("of an organization with 1,000 repositories have its larger number of calls, from the start of a run", async () => {
    const repositories = Array.from({ length: 1_000 }, (_, n) => `octo-org/q${n}`);
    await harness.memory.write(
      "round",
      { startedAt: harness.clock.now(), repositories, next: repositories.length },
      AbortSignal.timeout(5_000),
    );
    for (let n = 0; n < 40; n++) await busy(`octo-org/r${n}`, 3, 10 * n + 1);
    await nextRun();
    assert.equal(gitHub.callsTo("jobs ").length, 120);
  });
});

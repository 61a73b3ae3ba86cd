import assert from "node:assert/strict";
import { GitHubError } from "../../../../functions/shared/github/error";
import type { FakeGitHub } from "../support/fake-github";
import { Harness } from "../support/harness";
import { jobPayload } from "../support/payloads";

describe("the reconciler's questions about open jobs without news", () => {
  let harness: Harness;
  let gitHub: FakeGitHub;
  beforeEach(async () => {
    ({ gitHub } = harness = await Harness.create());
    // The oldest, so that GitHub is asked about it first.
    await harness.send(jobPayload("queued", { id: 1, run_id: 1 }, "octo-org/blocked"));
    gitHub.set({ id: 1, runId: 1, repository: "octo-org/blocked" });
    for (const id of [2, 3]) {
      harness.clock.advance(1_000);
      await harness.send(jobPayload("queued", { id, run_id: id }));
      gitHub.set({ id, runId: id, status: "completed", conclusion: "success" });
    }
  });

  const failing = (pattern: RegExp, error: (call: string) => Error) => {
    gitHub.fault = (call) => {
      if (pattern.test(call)) throw error(call);
    };
  };

  for (const status of [403, 451, 502]) {
    it(`go on after one that GitHub answers with ${status} in every run, and call no source stale for it`, async () => {
      failing(/octo-org\/blocked|^job 1$/, (call) => new GitHubError(`${call}: ${status}`, status));
      await harness.nextRun();
      assert.deepEqual(await harness.open(), [1]);
      assert.equal(await harness.problem(), undefined);
      await harness.nextRun();
      assert.equal(await harness.problem(), undefined, "when it is the only one");
      assert.ok(harness.observer.messages("warn").includes("GitHub gives no answer about an open job; continuing"));
    });
  }

  it("go on after a list that cannot be used, and ask about its jobs one by one", async () => {
    await harness.send(jobPayload("queued", { id: 4, run_id: 1 }, "octo-org/blocked"));
    for (const id of [1, 4]) gitHub.set({ id, runId: 1, repository: "octo-org/blocked", status: "completed", conclusion: "success" });
    failing(/^jobs octo-org\/blocked/, (call) => new Error(`GET ${call}: more than 2000 items; the list was not used`));
    await harness.nextRun();
    assert.deepEqual([await harness.open(), await harness.problem()], [[], undefined]);
  });

  it("ask a repository that refuses once, not once for each of its jobs", async () => {
    for (const id of [5, 6, 7]) await harness.send(jobPayload("queued", { id, run_id: id }, "octo-org/blocked"));
    failing(/octo-org\/blocked|^job [1567]$/, (call) => new GitHubError(`${call}: 403`, 403));
    await harness.nextRun();
    assert.equal(gitHub.calls.filter((call) => /^job [1567]$/.test(call)).length, 1);
  });

  it("ask a repository with many broken runs twice in a run, not once for each, or the calls would never reach the others", async () => {
    const ids = Array.from({ length: 40 }, (_, n) => 100 + n);
    for (const id of ids) await harness.send(jobPayload("queued", { id, run_id: id }, "octo-org/blocked"));
    harness.clock.advance(60_000);
    await harness.send(jobPayload("queued", { id: 50, run_id: 50 }));
    gitHub.set({ id: 50, runId: 50, status: "completed", conclusion: "success" });
    failing(/octo-org\/blocked|^job (1|1..)$/, (call) => new GitHubError(`${call}: 502`, 502));
    await harness.nextRun();
    assert.equal(gitHub.calls.filter((call) => /^job (1|1..)$/.test(call)).length, 2);
    assert.deepEqual(await harness.open(), [1, ...ids]);
  });

  it("end at a rate limit, which is a problem of the source", async () => {
    failing(/^job /, (call) => new GitHubError(`${call}: 403 rate limit`, 403, new Date(harness.clock.now() + 60_000)));
    await harness.nextRun();
    assert.equal(gitHub.callsTo("job ").length, 1);
    assert.match(String(await harness.problem()), /rate limit/);
  });
});

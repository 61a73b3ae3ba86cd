import assert from "node:assert/strict";
import { jobKey, openJobsAt, openJobsList, WaitCause } from "../../../../contract/workflow-jobs/ledger";
import { ledgerRows } from "../../../../functions/actions-runner-pool/scale/ledger-rows";
import { workflowJobsSource } from "../../../../functions/actions-runner-pool/scale/workflow-jobs-source";
import { INSTANCE, POOL } from "../../support/events";
import { TestLedger } from "../../support/ledger";

const NOW = Date.parse("2026-11-29T12:00:00Z");

describe("the queue in the ledger", () => {
  let ledger: TestLedger;
  beforeEach(async () => (ledger = await TestLedger.create(() => NOW)));
  const read = () => workflowJobsSource(ledger.table, POOL).read(new AbortController().signal);

  it("has the jobs that wait, the oldest first, and those that run with the instance that runs them", async () => {
    await ledger.reconciled(-30);
    await ledger.job(POOL, 1, { createdAt: ledger.at(-20), cause: WaitCause.Booting });
    await ledger.job(POOL, 2, { createdAt: ledger.at(-50) });
    await ledger.job(POOL, 3, { jobStatus: "in_progress", createdAt: ledger.at(-90), startedAt: ledger.at(-60), runner: INSTANCE });
    assert.deepEqual(await read(), {
      waiting: [
        { id: "2", since: NOW - 50_000, confirmedAt: NOW, repository: "octo-org/app", labels: ["self-hosted", "linux"] },
        { id: "1", since: NOW - 20_000, confirmedAt: NOW, repository: "octo-org/app", labels: ["self-hosted", "linux"], cause: "booting" },
      ],
      running: [{ id: "3", runner: INSTANCE, since: NOW - 60_000, queuedAt: NOW - 90_000 }],
      completeAt: NOW - 30_000,
    });
  });

  it("has no job that waits for an approval, that has ended, that another pool serves, or whose row has expired", async () => {
    await ledger.job(POOL, 1, { jobStatus: "waiting", list: openJobsList(POOL), at: openJobsAt(ledger.at(-60), 1) });
    await ledger.job(POOL, 2, { jobStatus: "completed" });
    await ledger.job("another-pool", 3);
    await ledger.job(POOL, 4, { expiresAt: NOW / 1000 });
    await ledger.job(POOL, 5, { expiresAt: NOW / 1000 + 1 });
    assert.deepEqual(
      (await read()).waiting.map(({ id }) => id),
      ["5"],
    );
  });

  it("is read to its end: a page of DynamoDB has 1 MB", async () => {
    const labels = Array.from({ length: 100 }, (_, n) => `label-${"x".repeat(80)}-${n}`);
    await Promise.all(Array.from({ length: 250 }, (_, n) => ledger.job(POOL, n + 1, { labels })));
    assert.equal((await read()).waiting.length, 250);
  });

  it("has a problem while no reconciliation has succeeded, and while the last one failed", async () => {
    assert.deepEqual(await read(), { waiting: [], running: [], completeAt: 0, problem: "the queue has not been reconciled yet" });
    await ledger.reconciled(-400, "GitHub answers 502");
    const { completeAt, problem } = await read();
    assert.deepEqual([completeAt, problem], [NOW - 400_000, "GitHub answers 502"]);
  });

  it("gives no time of the wait for a job whose start was never reported", async () => {
    await ledger.job(POOL, 1, { jobStatus: "in_progress", createdAt: ledger.at(-90) });
    assert.deepEqual((await read()).running, [{ id: "1", since: NOW - 90_000 }]);
  });

  describe("takes the reason of a wait", () => {
    const record = (cause: WaitCause | undefined) => ledgerRows(ledger.table).recordCause("1", cause, NOW);

    it("into the job's row, and out of it", async () => {
      await ledger.job(POOL, 1);
      assert.equal(await record(WaitCause.AtMaximum), "recorded");
      const { cause, causeSince } = (await ledger.get(jobKey(1)))!;
      assert.deepEqual([cause, causeSince], ["at maximum", "2026-11-29T12:00:00.000Z"]);
      assert.equal((await read()).waiting[0]!.cause, "at maximum");
      assert.equal(await record(undefined), "recorded");
      assert.equal("cause" in (await ledger.get(jobKey(1)))!, false);
    });

    it("only while the job waits: a job that has started keeps its row, and a deleted row does not come back", async () => {
      await ledger.job(POOL, 1, { jobStatus: "in_progress", startedAt: ledger.at(0) });
      assert.equal(await record(WaitCause.AtMaximum), "over");
      assert.equal("cause" in (await ledger.get(jobKey(1)))!, false);
      await ledger.table.delete(jobKey(1));
      assert.equal(await record(WaitCause.AtMaximum), "over");
      assert.equal(await ledger.get(jobKey(1)), undefined);
    });
  });
});

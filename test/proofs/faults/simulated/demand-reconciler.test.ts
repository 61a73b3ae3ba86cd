import assert from "node:assert/strict";
import { SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../../../contract/workflow-jobs/timing";
import { fault } from "../support/fault-table";
import { breakBundle, interceptCalls } from "./demand-faults";
import { type DemandPool, demandPool, MINUTE, RECONCILED, within } from "./demand-harness";

/** Virtual seconds: two reconciliations, and a launch. */
const REPAIRED = 13 * MINUTE;
/** Minutes from the repair to an empty pool: the next reconciliation, a pass, the idle timeout and the drain. */
const SHRUNK = 10;
/** Seconds until GitHub's rate limit ends: until the pool has held for some minutes. */
const LIMIT = 20 * MINUTE;

/**
 * A source that becomes stale while an instance idles: it stays, and a job that is announced meanwhile still gets a runner.
 * Afterwards the pool shrinks again. Returns the seconds from the repair to the end of the stale state.
 */
async function whileStale(pool: DemandPool, begin: () => () => void): Promise<number> {
  return pool.during(async () => {
    await pool.reconcile();
    const repair = begin();
    const long = pool.queue("long", { seconds: DEMAND_TIMING.staleAfter + MINUTE });
    await pool.succeed([long], 20 * MINUTE);
    const [idle] = pool.group.inService();
    await pool.alarmed("stale-demand", 10 * MINUTE);
    await pool.sleep(3 * MINUTE);
    assert.deepEqual(pool.group.inService(), [idle], "an instance left although the queue was not known");
    await pool.succeed(
      ["announced", "announced too"].map((name) => pool.queue(name)),
      4 * MINUTE,
    );
    assert.ok(pool.highest(SCALE_METRIC.sourceAge) > DEMAND_TIMING.staleAfter);
    assert.equal(pool.inAlarm("stale-source"), true);
    repair();
    const repaired = pool.clock.now();
    await pool.until("the pool to shrink", 15 * MINUTE, () => pool.group.members().length === 0);
    return (pool.clock.now() - repaired) / 1000;
  });
}

describe("faults of the reconciler, simulated", () => {
  const pool = demandPool();

  fault(
    {
      fault: "reconciler down",
      expected: "announced jobs still get runners, the pool holds what it has, alarms report it, and it shrinks afterwards",
      where: "simulated",
    },
    async (see) => {
      const seconds = await whileStale(pool(), () => breakBundle(pool(), pool().names.reconcileFunction));
      see(
        `after 13 min no scale-in, alarms stale-source and stale-demand; announced jobs succeeded; empty ${within(SHRUNK, seconds)} of the repair`,
      );
    },
  );

  fault(
    {
      fault: "reconciler throttled by GitHub",
      expected: "it sends nothing until the limit ends, reports the source as stale, and catches up afterwards",
      where: "simulated",
    },
    async (see) => {
      const seconds = await whileStale(pool(), () => {
        const until = Math.ceil(pool().clock.now() / 1000) + LIMIT;
        const limited = pool().github.faults.add({
          kind: "status",
          status: 403,
          message: "API rate limit exceeded for installation ID 1.",
          headers: { "x-ratelimit-remaining": "0", "x-ratelimit-limit": "5000", "x-ratelimit-reset": String(until) },
          // Registration tokens are another call of the same App: without them no instance could come into service.
          route: /^GET api\.github\.com\/(repos|installation)\//,
        });
        return () => limited.remove();
      });
      const [error] = pool().logged(pool().names.reconcileFunction, "rate limit");
      assert.ok(error, "no log line names the limit");
      see(
        `rate limit for ${LIMIT / MINUTE} min: alarms stale-source and stale-demand, the log names the limit; empty ${within(SHRUNK, seconds)} of the end`,
      );
    },
  );

  fault(
    {
      fault: "two reconcilers at once",
      expected: "every write is conditional, so the second one repairs nothing again",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const lost = pool().github.webhookFaults.add({ kind: "lost", generated: false, times: 1, event: /^workflow_job\.queued silent$/ });
      let other: Promise<unknown> | undefined;
      // The second one begins when the first one has read the queue and is about to write.
      const end = interceptCalls(pool(), async ({ principal, action }, through) => {
        if (principal === pool().names.reconcileFunction && action === "dynamodb:UpdateItem" && !other) {
          other = pool().reconcile();
          await other;
        }
        return through();
      });
      await pool().during(async () => {
        const job = pool().queue("silent");
        await pool().sleep(1);
        await pool().reconcile();
        assert.ok(other);
        await pool().succeed([job], 3 * MINUTE);
      });
      end();
      lost.remove();
      assert.equal(pool().metric(SOURCE_METRIC.repairedJobs, since), 1);
      assert.equal(pool().metric(SOURCE_METRIC.reconcileErrors, since), 0);
      assert.equal(pool().launches(since), 1);
      see("both read a job without a row: added once, 1 launch, no error");
    },
  );

  fault(
    {
      fault: "GitHub away for 20 minutes",
      expected: "running jobs and their instances stay, the pool holds, and it catches up when GitHub is back",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const running = pool().queue("running", { seconds: 10 * MINUTE });
        await pool().until("the job to start", 3 * MINUTE, () => pool().job(running).state === "acquired");
        await pool().reconcile();
        const back = pool().github.goAway("never");
        const jobs = [running, ...["meanwhile", "meanwhile too"].map((name) => pool().queue(name, { seconds: 15 * MINUTE }))];
        await pool().sleep(20 * MINUTE);
        assert.equal(pool().group.inService().length, 1, "an instance left, or came, while the queue was not known");
        assert.ok(pool().inAlarm("stale-source"));
        back();
        const over = pool().clock.now();
        // The instance that has stayed takes only one of them.
        await pool().succeed(jobs, 2 * REPAIRED);
        const started = Math.max(...jobs.slice(1).map((id) => pool().job(id).acquiredAt!));
        assert.equal(pool().launches(since), 2);
        see(
          `no event of that time is ever delivered: nothing left the pool; 2 jobs started ${within(RECONCILED, (started - over) / 1000)} of GitHub's return`,
        );
      });
    },
  );

  fault(
    {
      fault: "App's key refused",
      expected: "the reconciler says so and closes no job; announced jobs that need no new instance still run",
      where: "simulated",
    },
    async (see) => {
      await pool().during(async () => {
        const first = pool().queue("first", { seconds: 7 * MINUTE });
        await pool().until("the job to start", 3 * MINUTE, () => pool().job(first).state === "acquired");
        const refused = pool().github.faults.add({
          kind: "status",
          status: 401,
          message: "A JSON web token could not be decoded",
          route: /^\w+ api\.github\.com\/(app|orgs\/[^/]+\/installation|repos|installation)/,
        });
        const next = pool().queue("next");
        // Credentials are reused for 15 minutes; what a process has must not hide the refusal.
        await pool().aws.lambda.kill(pool().names.reconcileFunction);
        await pool().sleep(6 * MINUTE);
        assert.notEqual((await pool().row(next))?.conclusion, "lost", "a job was closed because GitHub refused the App");
        await pool().alarmed("reconcile-errors", 12 * MINUTE);
        refused.remove();
        await pool().succeed([first, next], REPAIRED);
        see("alarm reconcile-errors, no row closed; 2 jobs succeeded");
      });
    },
  );
});

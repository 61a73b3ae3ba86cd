import assert from "node:assert/strict";
import { SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import { fault } from "../support/fault-table";
import { withoutCapacity } from "./demand-faults";
import { type DemandPool, demandPool, MINUTE, RECONCILED, within } from "./demand-harness";

/** Waits until the ledger's row has this cause. Returns the seconds. */
async function explained(pool: DemandPool, job: string, cause: WaitCause, seconds: number): Promise<number> {
  return pool.untilSeen(`the cause ${cause}`, seconds, async () => (await pool.row(job))?.cause === cause);
}

describe("jobs that cannot start, simulated", () => {
  const pool = demandPool();

  fault(
    {
      fault: "launches failing for lack of capacity",
      expected: "the jobs' cause is recorded, the pool pauses between attempts, and an alarm reports it; the first success ends the pause",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const end = withoutCapacity(pool());
        try {
          const job = pool().queue("starved");
          await explained(pool(), job, WaitCause.LaunchFailing, 5 * MINUTE);
          await pool().alarmed("failed-launches", 20 * MINUTE);
          const attempts = pool().metric(SCALE_METRIC.failedLaunches, since);
          assert.ok(attempts >= 2);
          end();
          const over = pool().clock.now();
          await pool().succeed([job], 20 * MINUTE);
          const seconds = (pool().job(job).acquiredAt! - over) / 1000;
          see(
            `cause "${WaitCause.LaunchFailing}", FailedLaunches, alarm failed-launches; the job started ${within(16, seconds)} of the end`,
          );
        } finally {
          end();
        }
      });
    },
  );

  fault(
    {
      fault: "job not assigned beside an idle runner",
      expected: "its cause says so after 90 s and an alarm reports it; what GitHub then ends is run again, once, where the pool allows it",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const withheld = pool().github.jobFaults.withhold({ job: / ignored$/, times: 2 });
        const job = pool().queue("ignored");
        const seconds = await explained(pool(), job, WaitCause.NotAssigned, 6 * MINUTE);
        assert.ok(seconds >= 90, "a job that GitHub is about to assign was reported");
        await pool().alarmed("jobs-not-assigned", 6 * MINUTE);
        assert.ok(pool().highest(WAIT_CAUSE_METRIC[WaitCause.NotAssigned], since) > 0);
        assert.ok(pool().group.inService().length > 0, "the idle runner left although a job waits");
        await pool().reconcile();
        // The first re-run is withheld and cancelled, too: there is no second one.
        const again = async (ended: string) => {
          const known = pool().github.jobs().length;
          pool().github.cancelJob(ended);
          await pool().sleep(MINUTE);
          await pool().reconcile();
          await pool().sleep(1);
          return pool().github.jobs().slice(known);
        };
        const [rerun] = await again(job);
        assert.ok(rerun, "the lost job was not run again");
        withheld.remove();
        await explained(pool(), rerun.id, WaitCause.NotAssigned, 6 * MINUTE);
        assert.deepEqual(await again(job), [], "a job was run again twice");
        pool().github.jobFaults.release(rerun.id);
        await pool().succeed([rerun.id], 5 * MINUTE);
        assert.equal(pool().metric(SOURCE_METRIC.rerunRuns, since), 1);
        see(
          `cause "${WaitCause.NotAssigned}" ${within(5, seconds)}, alarm jobs-not-assigned, the idle runner stays; cancelled by an operator: run again once`,
        );
      });
    },
  );

  fault(
    {
      fault: "job that no pool serves",
      expected: "it is recorded with its cause, logged with its labels and alarmed; one of another system leaves no trace",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const ours = pool().queue("misspelt", { labels: ["self-hosted", "gpu-lagre"] });
        const foreign = pool().queue("foreign", { labels: ["ubuntu-latest"] });
        await pool().sleep(5);
        assert.equal((await pool().row(ours))?.cause, WaitCause.NoPool);
        assert.equal(await pool().row(foreign), undefined);
        await pool().alarmed("unserved-jobs", 16 * MINUTE);
        assert.ok(pool().logged(pool().names.webhookFunction, "gpu-lagre").length > 0, "the log does not name the label");
        for (const job of [ours, foreign]) pool().github.cancelJob(job);
        await pool().sleep(5);
        assert.equal((await pool().row(ours))?.jobStatus, "completed");
      });
      assert.equal(pool().launches(since), 0);
      see(`cause "${WaitCause.NoPool}", log line with its labels, alarm unserved-jobs, no launch; nothing of the other job in the ledger`);
    },
  );

  fault(
    {
      fault: "webhook pointed elsewhere",
      expected: "the reconciler reports it, never repairs it by itself, and finds the jobs meanwhile",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const hook = pool().github.appHook(Number(pool().environment.stack.get("githubAppId")));
      const own = hook.url;
      await pool().during(async () => {
        // No further delivery arrives here.
        hook.url = "https://elsewhere.example.com/hook";
        const job = pool().queue("unannounced");
        await pool().alarmed("foreign-webhook", 12 * MINUTE);
        const [line] = pool().logged(pool().names.reconcileFunction, "elsewhere.example.com");
        assert.ok(line && !JSON.stringify(line).includes("/hook"), "the log shows more than the host");
        const wait = await pool().succeed([job], 15 * MINUTE);
        assert.equal(hook.url, "https://elsewhere.example.com/hook");
        hook.url = own;
        see(`alarm foreign-webhook, the log names the host; the job started ${within(RECONCILED, wait)}`);
      });
      assert.ok(pool().metric(SOURCE_METRIC.repairedJobs, since) > 0);
    },
  );
});

import assert from "node:assert/strict";
import { SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import { fault } from "../support/fault-table";
import { ANNOUNCED, demandPool, MINUTE, within } from "./demand-harness";

/** Virtual seconds: two reconciliations, and a launch. */
const REPAIRED = 13 * MINUTE;
/** The most that AWS accepts in a signature, in ms. */
const SKEW_MS = 5 * 60_000;

describe("wrong clocks, simulated", () => {
  const pool = demandPool();
  afterEach(() => void (pool().aws.lambda.settings.skewMs = 0));

  fault(
    {
      fault: "clocks of the functions wrong by 5 minutes",
      expected:
        "jobs start nevertheless; GitHub refuses an App whose clock is ahead, which the log says, so that nothing is reconciled until the clock is right",
      where: "simulated",
    },
    async (see) => {
      const { settings } = pool().aws.lambda;
      settings.skewMs = -SKEW_MS;
      const behind = pool().clock.now() - SKEW_MS;
      const lost = pool().github.webhookFaults.add({ kind: "lost", times: 1, event: /^workflow_job\.queued lost$/ });
      const wait = await pool().during(async () => {
        const announced = await pool().succeed([pool().queue("announced")], 4 * MINUTE);
        await pool().succeed([pool().queue("lost")], REPAIRED);
        return announced;
      });
      lost.remove();
      for (const error of [SCALE_METRIC.scalerErrors, SOURCE_METRIC.reconcileErrors, SOURCE_METRIC.deliveryErrors])
        assert.equal(pool().metric(error, behind), 0, error);
      for (const cause of [WaitCause.NotAssigned, WaitCause.SourceStale] as const)
        assert.equal(pool().highest(WAIT_CAUSE_METRIC[cause], behind), 0, cause);

      settings.skewMs = SKEW_MS;
      // A process may have a token of GitHub that is still valid.
      await pool().aws.lambda.kill(pool().names.reconcileFunction);
      await pool().during(async () => {
        const started = await pool().succeed([pool().queue("ahead")], 4 * MINUTE);
        await pool().reconcile();
        const refused = () => pool().logged(pool().names.reconcileFunction, "'Expiration time' claim").length;
        const before = refused();
        assert.ok(before > 0, "no log line gives GitHub's reason");
        settings.skewMs = 0;
        // Until the times of all metrics are past.
        await pool().sleep(SKEW_MS / 1000);
        await pool().reconcile();
        assert.equal(refused(), before);
        see(
          `behind: started ${within(ANNOUNCED, wait)}, a lost delivery repaired, no error; ahead: started ${within(ANNOUNCED, started)}, the reconciler's log gives GitHub's reason until the clock is right`,
        );
      });
    },
  );
});

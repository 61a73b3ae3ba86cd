import assert from "node:assert/strict";
import { SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import { type AwsFault, dynamoDbThrottling, outage } from "../../../../rehearsal/aws/api-faults";
import { fault } from "../support/fault-table";
import { type DemandPool, demandPool, MINUTE, RECONCILED, within } from "./demand-harness";

/** Virtual seconds: two reconciliations, and a launch. */
const REPAIRED = 13 * MINUTE;
/** More than the client waits for one attempt of a call, in real milliseconds. */
const TOO_SLOW_MS = 1300;
const ACTIONS = ["UpdateItem", "GetItem", "Query"].map((name) => `dynamodb:${name}`);

/** A job runs and another is queued while no call of the ledger succeeds. Returns the seconds for which the second one waited. */
async function withoutLedger(pool: DemandPool, seconds: number, how: Pick<AwsFault, "error" | "delayMs">): Promise<number> {
  return pool.during(async () => {
    // To the end, or its runner would take the other job, whatever the ledger knows.
    const running = pool.queue("running", { seconds: seconds + REPAIRED });
    await pool.until("the job to start", 3 * MINUTE, () => pool.job(running).state === "acquired");
    // Until that is recorded.
    await pool.sleep(10);
    const ends = ACTIONS.map((action) => pool.aws.faults.inject({ action, ...how }));
    const unannounced = pool.queue("unannounced", { seconds: 30 });
    await pool.sleep(seconds);
    for (const end of ends) end();
    assert.equal(pool.job(running).state, "acquired", "the running job was disturbed");
    const wait = await pool.succeed([unannounced], REPAIRED);
    await pool.succeed([running], REPAIRED);
    return wait;
  });
}

describe("faults of the ledger, simulated", () => {
  const pool = demandPool();

  fault(
    {
      fault: "ledger down",
      expected: "deliveries are answered with 503, the scaler changes nothing, running jobs are unaffected, and the reconciler catches up",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const wait = await withoutLedger(pool(), 6 * MINUTE, { error: outage() });
      assert.ok(pool().metric(SOURCE_METRIC.deliveryErrors, since) > 0);
      assert.equal(pool().launches(since), 2);
      see(`down for 6 min: DeliveryErrors, the running job succeeded, the other one started ${within(6 + RECONCILED, wait)}`);
    },
  );

  fault(
    {
      fault: "ledger throttled",
      expected: "the client retries within the delivery; what remains is answered with 503 and requested again",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      // Three attempts of the four that the client makes.
      const end = pool().aws.faults.inject({
        action: "dynamodb:UpdateItem",
        principal: pool().names.webhookFunction,
        error: dynamoDbThrottling(),
        times: 3,
      });
      await pool().during(() => pool().succeed([pool().queue("throttled")], 3 * MINUTE));
      end();
      assert.equal(pool().metric(SOURCE_METRIC.deliveryErrors, since), 0, "the client did not retry");
      const begun = pool().clock.now();
      const wait = await withoutLedger(pool(), 6 * MINUTE, { error: dynamoDbThrottling() });
      assert.ok(pool().metric(SOURCE_METRIC.deliveryErrors, begun) > 0);
      see(
        `3 calls: no delivery failed; all calls for 6 min: DeliveryErrors, the running job succeeded, the other one started ${within(6 + RECONCILED, wait)}`,
      );
    },
  );

  fault(
    {
      fault: "ledger slow",
      expected: "each function ends within its bound, and the next one catches up",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const wait = await withoutLedger(pool(), MINUTE, { delayMs: TOO_SLOW_MS });
      const timedOut = pool().environment.context.timeline.events.filter(
        (event) => event.kind === "function-run" && event.at >= since && /Sandbox.Timedout/.test(event.error ?? ""),
      );
      assert.deepEqual(timedOut, [], "Lambda ended a function");
      assert.ok(pool().metric(SOURCE_METRIC.deliveryErrors, since) + pool().metric(SCALE_METRIC.scalerErrors, since) > 0);
      see(
        `each call takes longer than the client waits, for 1 min: no function reached its timeout, the running job succeeded, the other one started ${within(1 + RECONCILED, wait)}`,
      );
    },
  );
});

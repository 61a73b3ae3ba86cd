import assert from "node:assert/strict";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import { fault } from "../support/fault-table";
import { breakBundle, interceptDeliveries, withoutConcurrency } from "./demand-faults";
import { ANNOUNCED, type DemandPool, demandPool, MINUTE, RECONCILED, within } from "./demand-harness";

/** Minutes of the outage: more than one interval of the reconciler. */
const OUTAGE = 7;

/**
 * Deliveries fail for seven minutes. One job is of a repository that the reconciler knows, and one of a repository without earlier jobs,
 * which only a repeated delivery announces soon. Returns the waits and the answers to GitHub.
 *
 * @param check is called before the end of the outage.
 */
async function whileFailing(pool: DemandPool, fresh: string, begin: () => () => void, check = async () => {}) {
  const since = pool.clock.now();
  // No instance idles, or GitHub would give it the jobs whatever the pool knows.
  await pool.during(() => pool.succeed([pool.queue("before", { seconds: 5 })], 4 * MINUTE));
  const waits = await pool.during(async () => {
    const end = begin();
    const known = pool.queue("unannounced", { seconds: 20 * MINUTE });
    const unknown = pool.queue("unannounced too", { seconds: 20 * MINUTE, repository: fresh });
    await pool.sleep(OUTAGE * MINUTE);
    await check();
    end();
    return { known: await pool.succeed([known], 40 * MINUTE), unknown: await pool.succeed([unknown], 40 * MINUTE) };
  });
  const outcomes = pool.environment.context.timeline.events.flatMap((event) =>
    event.kind === "webhook" && event.at >= since && !event.outcome.startsWith("2") ? [event.outcome.split(" ")[0]!] : [],
  );
  return { ...waits, answers: [...new Set(outcomes)].join(", ") };
}

describe("faults of the webhook of demand, simulated", () => {
  const pool = demandPool();
  const expected = "GitHub counts the deliveries as failed, and the reconciler reads the queue and requests them again until they arrive";
  const described = (waits: { known: number; unknown: number; answers: string }) =>
    `answers ${waits.answers} for ${OUTAGE} min: a job of a known repository started ${within(RECONCILED, waits.known)}, one of a new repository ${within(OUTAGE + RECONCILED, waits.unknown)}`;

  fault({ fault: "webhook down", expected, where: "simulated" }, async (see) => {
    const { settings } = pool().aws.functionUrls;
    const waits = await whileFailing(pool(), "example-org/new-1", () => {
      settings.unavailable = true;
      return () => void (settings.unavailable = false);
    });
    assert.equal(waits.answers, "503");
    see(described(waits));
  });

  fault({ fault: "webhook throttled", expected, where: "simulated" }, async (see) => {
    const waits = await whileFailing(pool(), "example-org/new-2", () => withoutConcurrency(pool(), pool().names.webhookFunction));
    assert.equal(waits.answers, "429");
    see(described(waits));
  });

  fault({ fault: "webhook's bundle failing", expected: `${expected}; an alarm reports the function`, where: "simulated" }, async (see) => {
    const waits = await whileFailing(
      pool(),
      "example-org/new-3",
      () => breakBundle(pool(), pool().names.webhookFunction),
      async () => assert.ok(pool().inAlarm("webhook-function-errors")),
    );
    assert.equal(waits.answers, "502");
    see(`${described(waits)}; alarm webhook-function-errors`);
  });

  fault(
    {
      fault: "webhook slower than GitHub waits",
      expected: "the late delivery counts all the same, and its repetition changes nothing",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const end = interceptDeliveries(pool(), async (_, through) => {
        await pool().sleep(11);
        return through();
      });
      const wait = await pool().during(async () => {
        const job = pool().queue("late", { seconds: 6 * MINUTE });
        // Until the deliveries of its start have timed out, too.
        await pool().until("the job to start", 3 * MINUTE, () => pool().job(job).state === "acquired");
        await pool().sleep(MINUTE);
        end();
        const started = await pool().succeed([job], 10 * MINUTE);
        await pool().untilSeen(
          "the deliveries to be requested again",
          6 * MINUTE,
          () => pool().metric(SOURCE_METRIC.lostDeliveries, since) > 0,
        );
        await pool().untilSeen("the end to be recorded", 6 * MINUTE, async () => (await pool().row(job))?.jobStatus === "completed");
        return started;
      });
      assert.equal(pool().metric(SOURCE_METRIC.repairedJobs, since), 0, "the late delivery was not recorded");
      see(
        `answers after 11 s, all timed out at GitHub: the job started ${within(ANNOUNCED, wait)}, deliveries requested again, nothing to repair`,
      );
    },
  );
});

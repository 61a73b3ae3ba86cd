import assert from "node:assert/strict";
import { SOURCE_METRIC } from "../../../../contract/workflow-jobs/metrics";
import type { RotateInput } from "../../../../contract/workflow-jobs/webhook";
import { count, fault } from "../support/fault-table";
import { interceptCalls, interceptDeliveries, withoutSchedule } from "./demand-faults";
import { demandPool, MINUTE, RECONCILED, within } from "./demand-harness";

/** Virtual seconds: two reconciliations, and a launch. */
const REPAIRED = 13 * MINUTE;
/** Seconds for which a rotation waits before GitHub signs with the new secret; functions run outside of virtual time. */
const ROTATION = 12.5;
const EVENTS = ["queued", "in_progress", "completed"] as const;

describe("faults of deliveries, simulated", () => {
  const pool = demandPool();
  const secret = () => {
    const rotate: RotateInput = { workflowJobs: pool().source, task: "rotate-secret" };
    return pool().invoke(pool().names.setupFunction, rotate);
  };

  fault(
    { fault: "delivery lost", expected: "the reconciler requests it again, until it arrives, and reads the queue", where: "simulated" },
    async (see) => {
      const waits: number[] = [];
      for (const event of EVENTS) {
        const since = pool().clock.now();
        const lost = pool().github.webhookFaults.add({ kind: "lost", times: 1, event: new RegExp(`^workflow_job\\.${event} lost$`) });
        await pool().during(async () => {
          const job = pool().queue("lost");
          waits.push(await pool().succeed([job], REPAIRED));
          await pool().untilSeen(
            "the delivery to be requested again",
            REPAIRED,
            () => pool().metric(SOURCE_METRIC.lostDeliveries, since) > 0,
          );
          await pool().untilSeen("the end to be recorded", REPAIRED, async () => (await pool().row(job))?.jobStatus === "completed");
        });
        lost.remove();
      }
      see(`${EVENTS.join(", ")}: each requested again and applied, its job succeeded, started ${within(RECONCILED, Math.max(...waits))}`);
    },
  );

  fault(
    {
      fault: "delivery never generated",
      expected: "the reconciler finds the job by reading the queue; without a reconciler it would wait for ever",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const fault = pool().github.webhookFaults.add({ kind: "lost", generated: false, times: 1, event: /^workflow_job\.queued silent$/ });
      const restore = withoutSchedule(pool(), pool().names.reconcileRule);
      await pool().during(async () => {
        const job = pool().queue("silent");
        // The control.
        await pool().sleep(60 * MINUTE);
        assert.equal(pool().job(job).state, "queued", "something else than the reconciler found the job");
        const repaired = pool().clock.now();
        restore();
        await pool().succeed([job], REPAIRED);
        const seconds = (pool().job(job).acquiredAt! - repaired) / 1000;
        see(`still queued after an hour without a reconciler; with one it started ${within(RECONCILED, seconds)}`);
      });
      fault.remove();
      assert.equal(pool().metric(SOURCE_METRIC.lostDeliveries, since), 0, "GitHub listed the delivery");
      assert.ok(pool().metric(SOURCE_METRIC.repairedJobs, since) >= 1);
    },
  );

  fault(
    { fault: "delivery duplicated", expected: "the second one changes nothing, and launches nothing", where: "simulated" },
    async (see) => {
      const since = pool().clock.now();
      const twice = pool().github.webhookFaults.add({ kind: "duplicated", event: /^workflow_job\./ });
      await pool().during(() => pool().succeed([pool().queue("twice")], 3 * MINUTE));
      twice.remove();
      assert.equal(pool().metric(SOURCE_METRIC.deliveries, since), EVENTS.length);
      assert.equal(pool().launches(since), 1);
      see(`all deliveries of a job twice: ${EVENTS.length} applied, ${count(pool().launches(since), "launch")}`);
    },
  );

  fault(
    { fault: "deliveries in the wrong order", expected: "a job that has started is not queued again", where: "simulated" },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        // A runner idles, so that the next job starts at once.
        await pool().succeed([pool().queue("before", { seconds: 5 })], 3 * MINUTE);
        const swapped = pool().github.webhookFaults.add({ kind: "swapped", times: 1, event: /^workflow_job\.queued overtaken$/ });
        const job = pool().queue("overtaken", { seconds: 60 });
        await pool().until("the job to start", MINUTE, () => pool().job(job).state === "acquired");
        await pool().sleep(10);
        assert.equal((await pool().row(job))?.jobStatus, "in_progress");
        await pool().succeed([job], 3 * MINUTE);
        swapped.remove();
      });
      assert.equal(pool().launches(since), 1, "the late delivery launched an instance");
      see("queued after in_progress: the row stays in_progress, no further launch");
    },
  );

  fault(
    {
      fault: "delivery with a forged signature",
      expected: "it is refused before it is read, counted, and alarmed if repeated",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      const forged = pool().github.webhookFaults.add({ kind: "forged", event: /^workflow_job\.queued forged/ });
      await pool().during(async () => {
        const jobs = [pool().queue("forged 1")];
        await pool().sleep(5);
        assert.equal(await pool().row(jobs[0]!), undefined, "a forged delivery was recorded");
        await pool().sleep(5 * MINUTE);
        jobs.push(pool().queue("forged 2"));
        await pool().alarmed("refused-deliveries", 10 * MINUTE);
        forged.remove();
        await pool().succeed(jobs, REPAIRED);
      });
      const refused = pool().metric(SOURCE_METRIC.refusedDeliveries, since);
      assert.equal(refused, 2);
      see(`${refused} refused with 401, alarm refused-deliveries; the jobs, which were real, were found by the reconciler and succeeded`);
    },
  );

  fault(
    {
      fault: "webhook's secret rotated in mid-flight",
      expected: "deliveries signed with either secret are accepted; without the wait of the rotation they would be refused",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        await pool().aws.lambda.kill(pool().names.webhookFunction);
        // The only process of the webhook has read the old secret; one delivery is held back until the rotation is over.
        const jobs = [pool().queue("before", { seconds: 5 })];
        let release: () => void = () => {};
        const rotated = new Promise<void>((resolve) => (release = resolve));
        const stop = interceptDeliveries(pool(), async (_, through) => {
          await rotated;
          return through();
        });
        jobs.push(pool().queue("in flight"));
        await pool().sleep(0.5);
        stop();
        let writes = 0;
        const ignore = interceptCalls(pool(), async ({ action }, through) => {
          const reply = await through();
          // Between the two writes GitHub still signs with the old secret.
          if (action === "secretsmanager:PutSecretValue" && writes++ === 0) jobs.push(pool().queue("during"));
          return reply;
        });
        assert.ok(!("error" in (await secret())));
        ignore();
        await pool().sleep(ROTATION);
        release();
        jobs.push(pool().queue("after"));
        await pool().succeed(jobs, 3 * MINUTE);
      });
      const refused = pool().metric(SOURCE_METRIC.refusedDeliveries, since);
      assert.equal(refused, 0);

      // The control: GitHub signs with a secret that the process, which has just read the old ones, cannot know yet.
      const control = pool().clock.now();
      await pool().during(async () => {
        await pool().aws.lambda.kill(pool().names.webhookFunction);
        const jobs = [pool().queue("before", { seconds: 5 })];
        await pool().sleep(0.5);
        assert.ok(!("error" in (await secret())));
        jobs.push(pool().queue("too early"));
        await pool().succeed(jobs, REPAIRED);
      });
      const tooEarly = pool().metric(SOURCE_METRIC.refusedDeliveries, control);
      assert.ok(tooEarly > 0, "the wait of the rotation makes no difference");
      see(`before, in flight, during and after a rotation: none refused; without its wait: refused, and repaired`);
    },
  );
});

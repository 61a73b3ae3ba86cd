import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, MINUTE, pairs, type Harness } from "./harness";

/** Seconds from the notice to the end. */
const NOTICE = 120;

/** Milliseconds from the notice to the stop of the runner's unit. */
async function interrupt(harness: Harness, instance: string): Promise<number> {
  const begun = harness.environment.clock.now();
  harness.environment.autoscaling.interruptSpot(instance);
  const unit = harness.environment.hosts.running(instance)!.unit;
  await harness.environment.until(() => unit.snapshot().active !== "active", 10, 0.1);
  return harness.environment.clock.now() - begun;
}

describe("faults of Spot instances, simulated", () => {
  fault(
    {
      fault: "Spot notice with a short job",
      expected: "the drain starts at once, the job succeeds within the two minutes, and the instance terminates before the deadline",
      where: "simulated",
    },
    async (see) => {
      // The notice comes at any moment of a job of 60 s, and before and after it.
      const seen = await each(every(3, 22), {}, async (harness, after) => {
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        const delay = await interrupt(harness, busy.instance);
        const notice = harness.environment.clock.now();
        await harness.keepsPromise(busy, { jobWithin: 60, grace: 30 });
        assert.ok(harness.entered(busy.instance, "Terminated") - notice < NOTICE * 1000, "before the deadline");
        assert.equal(harness.metric(METRIC.busyAtTermination), 0);
        return delay;
      });
      assert.ok(highestOf(seen) <= 2000, String(seen));
      see(`${count(seen.length, "job")} of 60 s, the notice after 0 to 63 s: all succeeded`);
      see(`drains started within ${Math.ceil(highestOf(seen) / 1000)} s`);
    },
  );

  fault(
    {
      fault: "Spot notice with a long job",
      expected: "the drain starts at once; the job is lost when EC2 reclaims the instance, and the loss is reported",
      where: "simulated",
    },
    async (see) => {
      // The termination falls anywhere between two sweeps, and the group waits for the dead instance until the hook's timeout.
      const pool = ([, heartbeatTimeout]: [number, number]) => ({ pool: { heartbeatTimeout } });
      const seen = await each(pairs(every(40, 8), [300, 1800, 7200]), pool, async (harness, [after, heartbeatTimeout]) => {
        await harness.environment.run(after);
        const busy = await harness.busy({ seconds: HOUR });
        const delay = await interrupt(harness, busy.instance);
        const begun = harness.environment.clock.now();
        await harness.environment.run(NOTICE - 10);
        assert.equal(harness.state(busy.job), "acquired", "it runs until the end of the notice");
        await harness.ended(busy.job, HOUR);
        assert.equal(harness.state(busy.job), "lost");
        const reported = harness.metric(METRIC.busyAtTermination);
        assert.ok(reported > 0, "the loss is reported");
        assert.equal(harness.logged("error", /GitHub (still )?counts a job on its runner/).length, reported);
        await harness.ready(1);
        await harness.gone(busy.instance, 3 * HOUR);
        const over = (harness.environment.clock.now() - begun) / 1000 - heartbeatTimeout;
        await harness.cleared();
        return { delay, over };
      });
      const over = Math.ceil(highestOf(seen.map(({ over }) => over)) / MINUTE);
      assert.ok(highestOf(seen.map(({ delay }) => delay)) <= 2000);
      see(`${count(seen.length, "job")} of an hour lost after 2 minutes, drains started within 1 s`);
      see(`every loss reported by the log and BusyAtTermination before GitHub gave up the job`);
      see(`replaced, and the dead instance removed from the group at most ${over} min after the heartbeat timeout (5 min to 2 h)`);
    },
  );
});

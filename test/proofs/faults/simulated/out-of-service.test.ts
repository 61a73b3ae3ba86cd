import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, harness, highestOf, MINUTE, type Harness } from "./harness";

const operator = { kind: "operator" as const };

function standby(harness: Harness, operation: "EnterStandby" | "ExitStandby", instance: string): Promise<unknown> {
  return harness.environment.gateway.call(operator, `autoscaling:${operation}`, {
    AutoScalingGroupName: harness.pool.names.group,
    InstanceIds: [instance],
    ...(operation === "EnterStandby" ? { ShouldDecrementDesiredCapacity: true } : {}),
  });
}

function online(harness: Harness, instance: string): boolean {
  return harness.environment.github.runners().some((runner) => runner.name === instance && runner.online);
}

/** Jobs that the instance's runner acquired after the time. */
function acquiredSince(harness: Harness, jobs: readonly string[], since: number): number {
  return harness.environment.timeline.events.filter(
    (event) => event.kind === "job" && event.change === "acquired" && jobs.includes(event.job) && event.at > since,
  ).length;
}

describe("instances that must take no further job, simulated", () => {
  fault(
    {
      fault: "instance put into standby during a job",
      expected: "the job succeeds, the drained runner takes no other job, and serves again once the instance is back in service",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(every(4, 14), { pool: { minSize: 0 } }, async (harness, after) => {
        const { job, instance } = await harness.busy({ seconds: 60 });
        await harness.environment.clock.sleep(after * 1000);
        await standby(harness, "EnterStandby", instance);
        await harness.ended(job, 3 * MINUTE);
        assert.equal(harness.state(job), "succeeded");
        // A job that GitHub assigns before the fence is up is waited for, as in any drain.
        await harness.within(MINUTE, () => !harness.pool.ready().includes(instance) && !online(harness, instance), "the runner is offline");
        const entered = harness.environment.clock.now();
        const next = harness.pool.queueJob({ seconds: 10, instance });
        await harness.environment.run(10 * MINUTE);
        assert.equal(acquiredSince(harness, [next], entered), 0, "a job starts in standby");
        assert.equal(harness.lifecycle(instance), "Standby", "the instance stays");
        await standby(harness, "ExitStandby", instance);
        const returned = harness.environment.clock.now();
        await harness.ended(next, 5 * MINUTE);
        assert.equal(harness.state(next), "succeeded");
        return Math.ceil((harness.environment.github.job(next).endedAt! - returned) / 1000);
      });
      see(
        `${count(seen.length, "moment")} of a job: it succeeded, the next job waited through 10 min of standby and succeeded after the return`,
      );
      assert.ok(highestOf(seen) < 3 * MINUTE);
    },
  );

  fault(
    {
      fault: "full disk in service",
      expected: "the running job keeps its time, no other job starts there, an alarm fires, and the group replaces the instance",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(every(4, 14), { pool: { minSize: 1 } }, async (harness, after) => {
        const { job, instance } = await harness.busy({ seconds: 60 });
        await harness.environment.clock.sleep(after * 1000);
        harness.environment.hosts.running(instance)!.fillDisk(true);
        await harness.environment.clock.sleep(5_000);
        const filled = harness.environment.clock.now();
        const next = harness.pool.queueJob({ seconds: 10 });
        await harness.ended(job, 3 * MINUTE);
        assert.equal(harness.state(job), "succeeded");
        await harness.gone(instance, MINUTE);
        await harness.ended(next, 10 * MINUTE);
        assert.equal(harness.state(next), "succeeded");
        const elsewhere = harness.environment.timeline.events.filter(
          (event) => event.kind === "job" && event.job === next && event.change === "acquired",
        );
        assert.ok(elsewhere.length === 1 && elsewhere[0]!.at > filled);
        assert.ok(harness.metric(METRIC.fullDisks) >= 1);
        assert.deepEqual([harness.pool.ready().length, harness.pool.ready().includes(instance)], [1, false]);
        return harness.secondsAfterJob(instance, job);
      });
      see(
        `${count(seen.length, "moment")} of a job: it succeeded, its instance terminated at most ${highestOf(seen)} s after it, the next job ran on the replacement, ${METRIC.fullDisks} counted`,
      );
    },
  );

  fault(
    {
      fault: "image too full for its pool",
      expected: "its launches are abandoned and counted, and no healthy instance is replaced",
      where: "simulated",
    },
    async (see) => {
      await harness({ pool: { instances: 1, minSize: 0, maxSize: 2 } }, async (pool) => {
        const [healthy] = pool.pool.ready() as [string];
        pool.environment.image.full = true;
        await pool.pool.scaleTo(2);
        await pool.environment.run(60 * MINUTE);
        assert.deepEqual(pool.pool.ready(), [healthy]);
        const launched = new Set(
          pool.environment.timeline.events.flatMap((event) =>
            event.kind === "instance-state" && event.state === "Pending" ? [event.instance] : [],
          ),
        );
        const served = pool.environment.timeline.events.filter((event) => event.kind === "instance-state" && event.state === "InService");
        assert.equal(served.length, 1, "none but the healthy one was ever in service");
        const abandoned = launched.size - 1;
        assert.ok(abandoned >= 2 && abandoned <= 30, `${abandoned} launches in an hour`);
        assert.ok(pool.metric(METRIC.fullDisks) >= abandoned - 1);
        pool.environment.image.full = false;
        await pool.within(20 * MINUTE, () => pool.pool.ready().length === 2, "an image with space enters service");
        see("at most 30 launches in an hour, slowed down by Auto Scaling, each counted; the healthy instance stayed in service");
      });
    },
  );
});

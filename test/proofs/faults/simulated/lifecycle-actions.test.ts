import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { AwsError } from "../../../../rehearsal/aws/api";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs, type Harness, harness } from "./harness";

const COMPLETE = "autoscaling:CompleteLifecycleAction";
/** The SDK's error for a connection without an answer. */
const noAnswer = () => new AwsError("RequestTimeout", "the request took longer than 5000 ms", 400);

const operator = (harness: Harness, operation: string, params: Record<string, unknown>) =>
  harness.environment.gateway.call({ kind: "operator" }, `autoscaling:${operation}`, {
    AutoScalingGroupName: harness.pool.names.group,
    ...params,
  });
const closings = (harness: Harness, instance: string) =>
  harness.environment.timeline.events.filter((event) => event.kind === "action-closed" && event.instance === instance);

describe("faults of lifecycle actions, simulated", () => {
  fault(
    {
      fault: "CompleteLifecycleAction lost",
      expected: "the call is retried whether or not the lost one took effect, and the instance terminates",
      where: "simulated",
    },
    async (see) => {
      const WAYS = ["the request", "the reply"] as const;
      const seen = await each(pairs(WAYS, [1, 4, 5, 12]), { launching: true }, async (harness, [lost, times]) => {
        let left = 0;
        harness.intercept(async ({ action, principal }, through) => {
          if (action !== COMPLETE || principal !== "instance" || left-- <= 0) return through();
          if (lost === "the reply") await through().catch(() => undefined);
          throw noAnswer();
        });
        left = times; // at launch
        await harness.ready(1, 300);
        left = times; // and at termination
        const busy = await harness.busy({ seconds: 60 });
        await harness.pool.terminate(busy.instance);
        const grace = await harness.keepsPromise(busy, { jobWithin: 90, grace: 120 });
        assert.equal(closings(harness, busy.instance).length, 2, "one action for the launch and one for the termination");
        return { lost, grace };
      });
      for (const way of WAYS) {
        const graces = seen.filter(({ lost }) => lost === way).map(({ grace }) => grace);
        see(`${way} lost 1 to 12 times at launch and at termination: ${kept(graces)}`);
      }
    },
  );

  fault(
    {
      fault: "CompleteLifecycleAction repeated",
      expected: "the second call has nothing to do and does no harm",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(
        [0, 50, 2000],
        { launching: true, pool: { instances: 2, warmPool: { minSize: 1 } } },
        async (harness, apart) => {
          harness.intercept(async ({ action }, through) => {
            const twin =
              action === COMPLETE
                ? harness.environment.clock
                    .sleep(apart)
                    .then(through)
                    .catch(() => undefined)
                : undefined;
            const answer = await through();
            if (apart === 0) await twin;
            return answer;
          });
          await harness.ready(2, 300);
          await harness.within(300, () => harness.pool.instances("Warmed:Stopped").length > 0, "an instance in the warm pool");
          const [trimmed] = harness.pool.instances("Warmed:Stopped") as [string];
          const busy = await harness.busy({ seconds: 60 });
          const [other] = harness.pool.ready().filter((id) => id !== busy.instance) as [string];
          await harness.pool.sizeWarmPool(0);
          await harness.pool.terminate(busy.instance);
          const grace = await harness.keepsPromise(busy, { jobWithin: 90, grace: 30 });
          await harness.gone(trimmed, 60);
          assert.equal(closings(harness, busy.instance).length, 2);
          assert.ok(harness.pool.inService().includes(other), "the neighbour stays");
          assert.equal(harness.deadLetters().length, 0);
          return grace;
        },
      );
      see(
        `each call made twice, 0 to 2 s apart: ${count(graces.length, "job")} succeeded, each action closed once, no dead letter, instances terminated at most ${highestOf(graces)} s after the job`,
      );
    },
  );

  fault(
    {
      fault: "No active Lifecycle Action found",
      expected: "it means that another caller was first: launches proceed, and a waiting drain keeps waiting",
      where: "simulated",
    },
    async (see) => {
      // An operator CONTINUEs the launch at each moment of it.
      const early = await each(every(1000, 25), { launching: true }, async (harness, ms) => {
        await harness.within(30, () => harness.pool.instances("Pending:Wait").length === 1, "an instance waits");
        const [instance] = harness.pool.instances() as [string];
        await harness.environment.clock.sleep(ms);
        await operator(harness, "CompleteLifecycleAction", {
          LifecycleHookName: harness.pool.names.launchHook,
          InstanceId: instance,
          LifecycleActionResult: "CONTINUE",
        }).catch(() => undefined); // the host may have been first
        await harness.ready(1);
        const job = harness.pool.queueJob({ seconds: 10 });
        await harness.ended(job, 60);
        assert.equal(harness.state(job), "succeeded");
        assert.equal(harness.pool.ready()[0], instance, "it is not replaced");
        await harness.cleared(80 * MINUTE);
      });
      see(
        `${count(early.length, "launch")} continued by an operator at every second: all in service and working`.replace(
          "launchs",
          "launches",
        ),
      );

      // The action expired at its heartbeat timeout; heartbeats and completion find none.
      const kept = await harness({}, async (harness) => {
        harness.environment.faults.inject({
          action: "autoscaling:RecordLifecycleActionHeartbeat",
          error: throttling(),
          untilMs: harness.environment.clock.now() + 40 * MINUTE * 1000,
        });
        const busy = await harness.busy({ seconds: 2 * HOUR });
        await harness.pool.terminate(busy.instance);
        await harness.keepsPromise(busy, { jobWithin: 2 * HOUR, grace: HOUR });
        return (
          harness.failedCalls("autoscaling:RecordLifecycleActionHeartbeat", "ValidationError") +
          harness.failedCalls(COMPLETE, "ValidationError")
        );
      });
      assert.ok(kept > 2);
      see("an expired action: heartbeats and completion found none, the 2 h job succeeded");
    },
  );

  fault(
    {
      fault: "heartbeats failing until the timeout",
      expected: "the instance is retained with its job, the job succeeds, an alarm fires, and the sweep terminates the instance",
      where: "simulated",
    },
    async (see) => {
      const pool = ([heartbeatTimeout]: [number, number]) => ({ pool: { heartbeatTimeout } });
      const seen = await each(pairs([300, 1800], [0.5, 1, 3]), pool, async (harness, [heartbeatTimeout, hours]) => {
        harness.environment.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttling() });
        const busy = await harness.busy({ seconds: hours * HOUR + 60 });
        await harness.pool.terminate(busy.instance, false);
        await harness.within(heartbeatTimeout + 60, () => harness.lifecycle(busy.instance) === "Terminating:Retained", "it is retained");
        assert.equal(harness.state(busy.job), "acquired");
        assert.deepEqual(harness.pool.ready().length, 1, "its replacement is in service");
        const grace = await harness.keepsPromise(busy, { jobWithin: hours * HOUR, grace: 30 * MINUTE });
        assert.equal(harness.highest(METRIC.retainedInstances), 1);
        return grace;
      });
      see(
        `${count(seen.length, "job")} of 30 min to 3 h succeeded on retained instances (RetainedInstances 1), which the sweep terminated at most ${Math.ceil(highestOf(seen) / 60)} min after the job`,
      );

      const lost = await harness({ pool: { retain: false, heartbeatTimeout: 300 } }, async (harness) => {
        harness.environment.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttling() });
        const busy = await harness.busy({ seconds: HOUR });
        await harness.pool.terminate(busy.instance);
        await harness.ended(busy.job, HOUR);
        assert.equal(harness.state(busy.job), "lost");
        await harness.cleared(HOUR);
        return harness.metric(METRIC.busyAtTermination);
      });
      assert.ok(lost >= 1);
      see("with retention off: job lost at the timeout and counted as BusyAtTermination");
    },
  );

  fault(
    {
      fault: "hook deleted during a drain",
      expected: "AWS continues the termination at once, so the job is lost, and the loss is reported",
      where: "simulated",
    },
    async (see) => {
      const reported = await each([-5, 1, 10, 400, 3000], {}, async (harness, after) => {
        const { pool } = harness;
        const remove = () => operator(harness, "DeleteLifecycleHook", { LifecycleHookName: pool.names.terminateHook });
        const busy = await harness.busy({ seconds: HOUR });
        if (after < 0) await remove();
        await pool.terminate(busy.instance);
        await harness.environment.run(Math.max(0, after));
        if (after >= 0) await remove();
        await harness.gone(busy.instance, 60);
        await harness.ended(busy.job, HOUR);
        assert.equal(harness.state(busy.job), "lost");
        await harness.cleared(HOUR);
        assert.equal(
          harness.logged("error", /GitHub (still )?counts a job on its runner/).length,
          harness.metric(METRIC.busyAtTermination),
        );
        return harness.metric(METRIC.busyAtTermination);
      });
      assert.ok(
        reported.every((number) => number > 0),
        String(reported),
      );
      see(`${count(reported.length, "job")} lost, each reported by the log and BusyAtTermination; runners removed`);
    },
  );
});

import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { AwsError } from "../../../../rehearsal/aws/api";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs, type Scene, scene } from "./harness";

const COMPLETE = "autoscaling:CompleteLifecycleAction";
/** What the SDK makes of a connection that brings no answer. */
const noAnswer = () => new AwsError("RequestTimeout", "the request took longer than 5000 ms", 400);

const operator = (scene: Scene, operation: string, params: Record<string, unknown>) =>
  scene.world.door.call({ kind: "operator" }, `autoscaling:${operation}`, { AutoScalingGroupName: scene.pool.names.group, ...params });
const closings = (scene: Scene, instance: string) =>
  scene.world.timeline.events.filter((event) => event.kind === "action-closed" && event.instance === instance);

describe("faults of lifecycle actions, simulated", () => {
  fault(
    {
      fault: "CompleteLifecycleAction lost",
      expected: "the call is made again, whether the lost one had its effect or not, and the instance goes",
      where: "simulated",
    },
    async (see) => {
      const WAYS = ["the request", "the reply"] as const;
      const seen = await each(pairs(WAYS, [1, 4, 5, 12]), { launching: true }, async (scene, [lost, times]) => {
        let left = 0;
        scene.between(async ({ action, principal }, through) => {
          if (action !== COMPLETE || principal !== "instance" || left-- <= 0) return through();
          if (lost === "the reply") await through().catch(() => undefined);
          throw noAnswer();
        });
        left = times; // on the way in
        await scene.ready(1, 300);
        left = times; // and on the way out
        const busy = await scene.busy({ seconds: 60 });
        await scene.pool.terminate(busy.instance);
        const grace = await scene.keepsPromise(busy, { jobWithin: 90, grace: 120 });
        assert.equal(closings(scene, busy.instance).length, 2, "the launch's action and the termination's");
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
      expected: "the second one finds nothing to do and harms nothing",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(
        [0, 50, 2000],
        { launching: true, pool: { instances: 2, warmPool: { minSize: 1 } } },
        async (scene, apart) => {
          scene.between(async ({ action }, through) => {
            const twin =
              action === COMPLETE
                ? scene.world.clock
                    .sleep(apart)
                    .then(through)
                    .catch(() => undefined)
                : undefined;
            const answer = await through();
            if (apart === 0) await twin;
            return answer;
          });
          await scene.ready(2, 300);
          await scene.within(300, () => scene.pool.instances("Warmed:Stopped").length > 0, "an instance in the warm pool");
          const [trimmed] = scene.pool.instances("Warmed:Stopped") as [string];
          const busy = await scene.busy({ seconds: 60 });
          const [other] = scene.pool.ready().filter((id) => id !== busy.instance) as [string];
          await scene.pool.terminate(trimmed);
          await scene.pool.terminate(busy.instance);
          const grace = await scene.keepsPromise(busy, { jobWithin: 90, grace: 30 });
          await scene.gone(trimmed, 60);
          assert.equal(closings(scene, busy.instance).length, 2);
          assert.ok(scene.pool.inService().includes(other), "the neighbour stays");
          assert.equal(scene.deadLetters().length, 0);
          return grace;
        },
      );
      see(
        `each call made twice, 0 to 2 s apart: ${count(graces.length, "job")} succeeded, each action closed once, no dead letter, instances gone at most ${highestOf(graces)} s after the job`,
      );
    },
  );

  fault(
    {
      fault: "No active Lifecycle Action found",
      expected: "it means that somebody else was first: launches go on, a drain that waits goes on waiting",
      where: "simulated",
    },
    async (see) => {
      // An operator CONTINUEs the launch at any moment of it.
      const early = await each(every(1000, 25), { launching: true }, async (scene, ms) => {
        await scene.within(30, () => scene.pool.instances("Pending:Wait").length === 1, "an instance waits");
        const [instance] = scene.pool.instances() as [string];
        await scene.world.clock.sleep(ms);
        await operator(scene, "CompleteLifecycleAction", {
          LifecycleHookName: scene.pool.names.launchHook,
          InstanceId: instance,
          LifecycleActionResult: "CONTINUE",
        }).catch(() => undefined); // the host was first
        await scene.ready(1);
        const job = scene.pool.queueJob({ seconds: 10 });
        await scene.ended(job, 60);
        assert.equal(scene.state(job), "succeeded");
        assert.equal(scene.pool.ready()[0], instance, "it is not replaced");
        await scene.cleared(80 * MINUTE);
      });
      see(
        `${count(early.length, "launch")} continued by an operator at each second: all in service and working`.replace(
          "launchs",
          "launches",
        ),
      );

      // The action ended at its heartbeat timeout; beats and completion find none.
      const kept = await scene({}, async (scene) => {
        scene.world.faults.inject({
          action: "autoscaling:RecordLifecycleActionHeartbeat",
          error: throttling(),
          untilMs: scene.world.clock.now() + 40 * MINUTE * 1000,
        });
        const busy = await scene.busy({ seconds: 2 * HOUR });
        await scene.pool.terminate(busy.instance);
        await scene.keepsPromise(busy, { jobWithin: 2 * HOUR, grace: HOUR });
        return (
          scene.failedCalls("autoscaling:RecordLifecycleActionHeartbeat", "ValidationError") +
          scene.failedCalls(COMPLETE, "ValidationError")
        );
      });
      assert.ok(kept > 2);
      see("an action that had expired: beats and completion found none, the job of 2 h succeeded");
    },
  );

  fault(
    {
      fault: "heartbeats failing until the timeout",
      expected: "the instance is retained with its job, the job succeeds, an alarm tells, and the sweep ends the instance",
      where: "simulated",
    },
    async (see) => {
      const pool = ([heartbeatTimeout]: [number, number]) => ({ pool: { heartbeatTimeout } });
      const seen = await each(pairs([300, 1800], [0.5, 1, 3]), pool, async (scene, [heartbeatTimeout, hours]) => {
        scene.world.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttling() });
        const busy = await scene.busy({ seconds: hours * HOUR + 60 });
        await scene.pool.terminate(busy.instance, false);
        await scene.within(heartbeatTimeout + 60, () => scene.lifecycle(busy.instance) === "Terminating:Retained", "it is retained");
        assert.equal(scene.state(busy.job), "acquired");
        assert.deepEqual(scene.pool.ready().length, 1, "its replacement is in service");
        const grace = await scene.keepsPromise(busy, { jobWithin: hours * HOUR, grace: 20 * MINUTE });
        assert.equal(scene.highest(METRIC.retainedInstances), 1);
        return grace;
      });
      see(
        `${count(seen.length, "job")} of 30 min to 3 h succeeded on retained instances (RetainedInstances 1), which the sweep ended at most ${Math.ceil(highestOf(seen) / 60)} min after the job`,
      );

      const lost = await scene({ pool: { retain: false, heartbeatTimeout: 300 } }, async (scene) => {
        scene.world.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttling() });
        const busy = await scene.busy({ seconds: HOUR });
        await scene.pool.terminate(busy.instance);
        await scene.ended(busy.job, HOUR);
        assert.equal(scene.state(busy.job), "lost");
        await scene.cleared(HOUR);
        return scene.metric(METRIC.busyAtTermination);
      });
      assert.ok(lost >= 1);
      see("with retention turned off: job lost at the timeout and counted as BusyAtTermination");
    },
  );

  fault(
    {
      fault: "hook deleted during a drain",
      expected: "AWS continues the termination at once, so the job is lost, and the loss is told",
      where: "simulated",
    },
    async (see) => {
      const told = await each([-5, 1, 10, 400, 3000], {}, async (scene, after) => {
        const { pool } = scene;
        const remove = () => operator(scene, "DeleteLifecycleHook", { LifecycleHookName: pool.names.terminateHook });
        const busy = await scene.busy({ seconds: HOUR });
        if (after < 0) await remove();
        await pool.terminate(busy.instance);
        await scene.world.run(Math.max(0, after));
        if (after >= 0) await remove();
        await scene.gone(busy.instance, 60);
        await scene.ended(busy.job, HOUR);
        assert.equal(scene.state(busy.job), "lost");
        await scene.cleared(HOUR);
        assert.equal(scene.said("error", /GitHub (still )?counts a job on its runner/).length, scene.metric(METRIC.busyAtTermination));
        return scene.metric(METRIC.busyAtTermination);
      });
      assert.ok(
        told.every((number) => number > 0),
        String(told),
      );
      see(`${count(told.length, "job")} lost, each told by the log and BusyAtTermination; runners removed`);
    },
  );
});

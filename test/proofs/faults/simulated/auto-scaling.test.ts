import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import type { AwsError } from "../../../../rehearsal/aws/api";
import { resourceContention, throttling } from "../../../../rehearsal/aws/api-faults";
import { count, fault } from "../support/fault-table";
import type { FaultName } from "../support/required";
import { each, HOUR, highestOf, MINUTE, pairs, type Scene } from "./harness";

const ERRORS: [prefix: "Throttling" | "ResourceContention", error: () => AwsError][] = [
  ["Throttling", throttling],
  ["ResourceContention", resourceContention],
];
/** Minutes that an outage lasts; the heartbeat timeout is 30. */
const SHORT = [1, 5, 20];
const LONG = 45;

describe("faults of Auto Scaling, simulated", () => {
  for (const [kind, error] of ERRORS) {
    const fail = (scene: Scene, operation: string, minutes: number, principal?: string) =>
      scene.world.faults.inject({
        action: `autoscaling:${operation}`,
        ...(principal ? { principal } : {}),
        untilMs: scene.world.clock.now() + minutes * MINUTE * 1000,
        error: error(),
      });
    const name = (operation: string) => `${kind} for minutes on ${operation}` as FaultName;

    fault(
      {
        fault: name("CompleteLifecycleAction"),
        expected:
          "the instance goes seconds after calls work again; where that is after the heartbeat timeout it is retained and the sweep ends it",
        where: "simulated",
      },
      async (see) => {
        // The outage begins with the termination or in the middle of the completion; the job ends 30 s after the former.
        const late = await each(pairs([0, 29, 31], SHORT), {}, async (scene, [after, minutes]) => {
          const busy = await scene.busy({ seconds: 60 });
          await scene.world.run(30);
          await scene.pool.terminate(busy.instance);
          await scene.world.run(after);
          fail(scene, "CompleteLifecycleAction", minutes);
          const end = scene.world.clock.now() + minutes * MINUTE * 1000;
          await scene.keepsPromise(busy, { jobWithin: 60, grace: minutes * MINUTE + 60 });
          const gone = scene.entered(busy.instance, "Terminated");
          return Math.ceil(Math.max(0, gone - end) / 1000);
        });
        assert.ok(highestOf(late) <= 30, String(late));
        see(`${count(late.length, "job")} of ${late.length} succeeded through outages of 1 to 20 minutes`);
        see(`instances gone at most ${highestOf(late)} s after an outage`);

        const [retained] = await each([LONG], {}, async (scene) => {
          const busy = await scene.busy({ seconds: 60 });
          fail(scene, "CompleteLifecycleAction", LONG);
          await scene.pool.terminate(busy.instance);
          await scene.keepsPromise(busy, { jobWithin: 120, grace: HOUR });
          scene.entered(busy.instance, "Terminating:Retained");
          return scene.highest(METRIC.retainedInstances);
        });
        assert.equal(retained, 1);
        see(`outage of ${LONG} minutes: job succeeded, instance retained (RetainedInstances ${retained}), then ended by the sweep`);
      },
    );

    fault(
      {
        fault: name("RecordLifecycleActionHeartbeat"),
        expected: "the job succeeds; beats are repeated until one is heard, or the instance is retained with its job",
        where: "simulated",
      },
      async (see) => {
        const seen = await each(pairs([0, 200, 1700], [...SHORT, LONG]), {}, async (scene, [after, minutes]) => {
          const busy = await scene.busy({ seconds: 2 * HOUR });
          await scene.pool.terminate(busy.instance);
          await scene.world.run(after);
          fail(scene, "RecordLifecycleActionHeartbeat", minutes);
          const grace = await scene.keepsPromise(busy, { jobWithin: 2 * HOUR, grace: HOUR });
          const retained = scene.highest(METRIC.retainedInstances);
          // What is short of the heartbeat timeout leaves the action alive.
          if (minutes < 25) assert.ok(grace <= 30 && retained === 0, `${grace} s, retained ${retained}`);
          else assert.equal(retained, 1);
          return { minutes, grace };
        });
        const short = seen.filter(({ minutes }) => minutes !== LONG).map(({ grace }) => grace);
        see(`${count(seen.length, "job")} of 2 h succeeded`);
        see(`outages of 1 to 20 minutes: instances gone at most ${highestOf(short)} s after the job`);
        see(`of ${LONG} minutes: retained, then ended by the sweep`);
      },
    );

    fault(
      {
        fault: name("SetInstanceProtection"),
        expected: "the drain protects the job all the same, and protection is lifted once calls work again",
        where: "simulated",
      },
      async (see) => {
        const graces = await each(pairs([0, 5, 60, 290], [5, 20]), {}, async (scene, [after, minutes]) => {
          fail(scene, "SetInstanceProtection", minutes);
          const busy = await scene.busy({ seconds: 300 });
          await scene.world.run(after);
          await scene.pool.scaleTo(0);
          return scene.keepsPromise(busy, { jobWithin: 300, grace: 60 });
        });
        assert.ok(highestOf(graces) <= 30, String(graces));
        see(`${count(graces.length, "job")} of ${graces.length} succeeded though chosen unprotected`);
        see(`instances gone at most ${highestOf(graces)} s after the job`);

        const held = await each([5, 20], {}, async (scene, minutes) => {
          const busy = await scene.busy({ seconds: 60 });
          await scene.world.run(30); // protected by now
          fail(scene, "SetInstanceProtection", minutes);
          const end = scene.world.clock.now() + minutes * MINUTE * 1000;
          await scene.ended(busy.job, 60);
          await scene.pool.scaleTo(0);
          await scene.world.run(60);
          assert.ok(scene.pool.inService().includes(busy.instance), "still protected though idle");
          await scene.gone(busy.instance, minutes * MINUTE + 120);
          await scene.cleared();
          return Math.ceil((scene.entered(busy.instance, "Terminated") - end) / 1000);
        });
        assert.ok(highestOf(held) <= 90, String(held));
        see(`instances that an outage left protected went at most ${highestOf(held)} s after its end`);
      },
    );

    fault(
      {
        fault: name("DescribeAutoScalingInstances"),
        expected: "launches wait or are replaced, drains are not touched, and the pool is whole again afterwards",
        where: "simulated",
      },
      async (see) => {
        const launches = await each([1, 5, 12, 20], { launching: true }, async (scene, minutes) => {
          fail(scene, "DescribeAutoScalingInstances", minutes);
          await scene.ready(1, minutes * MINUTE + 300);
          const job = scene.pool.queueJob({ seconds: 30 });
          await scene.ended(job, 90);
          assert.equal(scene.state(job), "succeeded");
          await scene.cleared(80 * MINUTE);
          return Math.ceil((scene.world.github.job(job).endedAt! - Date.UTC(2026, 0, 1)) / 1000) - minutes * MINUTE;
        });
        see(
          `launching through outages of 1 to 20 minutes: in service and a job of 30 s done at most ${highestOf(launches)} s after their end`,
        );

        const graces = await each([1, 5, 20], {}, async (scene, minutes) => {
          const busy = await scene.busy({ seconds: 120 });
          fail(scene, "DescribeAutoScalingInstances", minutes);
          await scene.pool.terminate(busy.instance);
          return scene.keepsPromise(busy, { jobWithin: 120, grace: 30, clearWithin: minutes * MINUTE + 900 });
        });
        see(`${count(graces.length, "drain")}: jobs succeeded, instances gone at most ${highestOf(graces)} s after the job`);
      },
    );

    fault(
      {
        fault: name("the sweep's calls"),
        expected: "each part that fails is counted, nothing is ended by mistake, and the first sweep that works clears up",
        where: "simulated",
      },
      async (see) => {
        const CALLS = [
          "DescribeAutoScalingGroups",
          "DescribeWarmPool",
          "DescribeScalingActivities",
          "DescribeAutoScalingInstances",
          "TerminateInstanceInAutoScalingGroup",
        ];
        const errors = await each([...CALLS, "*"], { pool: { instances: 2 } }, async (scene, call) => {
          const { world, pool } = scene;
          world.bus.knobs.loss = 1; // so that all is the sweep's to do
          const [first, second] = pool.ready() as [string, string];
          const busy = await scene.busy({ seconds: 2 * HOUR, instance: first });
          const keep = await scene.busy({ seconds: 3 * HOUR, instance: second });
          // The one loses its heartbeats and is retained, then ends its job.
          world.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttling() });
          await pool.terminate(first);
          await scene.ended(busy.job, 3 * HOUR);
          for (const operation of call === "*" ? CALLS : [call]) fail(scene, operation, 30, pool.names.sweepFunction);
          await world.run(30 * MINUTE);
          if (call === "TerminateInstanceInAutoScalingGroup" || call === "*") assert.ok(pool.instances().includes(first));
          await scene.gone(first, 10 * MINUTE);
          await scene.ended(keep.job, 2 * HOUR);
          assert.deepEqual([scene.state(busy.job), scene.state(keep.job)], ["succeeded", "succeeded"]);
          await scene.cleared();
          return scene.metric(METRIC.sweepErrors);
        });
        assert.ok(errors.filter((number) => number > 0).length >= 5, String(errors));
        see(
          `calls failing for 30 minutes, each alone and all together: ${count(errors.filter((n) => n > 0).length, "case")} of ${errors.length} counted as SweepErrors`,
        );
        see(`${count(2 * errors.length, "job")} succeeded, retained instances ended within 10 minutes after`);
      },
    );
  }
});

import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import type { AwsError } from "../../../../rehearsal/aws/api";
import { resourceContention, throttling } from "../../../../rehearsal/aws/api-faults";
import { count, fault } from "../support/fault-table";
import type { FaultName } from "../support/required";
import { each, HOUR, highestOf, MINUTE, pairs, type Harness } from "./harness";

const ERRORS: [prefix: "Throttling" | "ResourceContention", error: () => AwsError][] = [
  ["Throttling", throttling],
  ["ResourceContention", resourceContention],
];
/** Minutes that an outage lasts; the heartbeat timeout is 30. */
const SHORT = [1, 5, 20];
const LONG = 45;

describe("faults of Auto Scaling, simulated", () => {
  for (const [kind, error] of ERRORS) {
    const fail = (harness: Harness, operation: string, minutes: number, principal?: string) =>
      harness.environment.faults.inject({
        action: `autoscaling:${operation}`,
        ...(principal ? { principal } : {}),
        untilMs: harness.environment.clock.now() + minutes * MINUTE * 1000,
        error: error(),
      });
    const name = (operation: string) => `${kind} for minutes on ${operation}` as FaultName;

    fault(
      {
        fault: name("CompleteLifecycleAction"),
        expected:
          "the instance terminates seconds after calls succeed again; past the heartbeat timeout it is retained and the sweep terminates it",
        where: "simulated",
      },
      async (see) => {
        // The outage begins with the termination or in the middle of the completion; the job ends 30 s after the former.
        const late = await each(pairs([0, 29, 31], SHORT), {}, async (harness, [after, minutes]) => {
          const busy = await harness.busy({ seconds: 60 });
          await harness.environment.run(30);
          await harness.pool.terminate(busy.instance);
          await harness.environment.run(after);
          fail(harness, "CompleteLifecycleAction", minutes);
          const end = harness.environment.clock.now() + minutes * MINUTE * 1000;
          await harness.keepsPromise(busy, { jobWithin: 60, grace: minutes * MINUTE + 60 });
          const gone = harness.entered(busy.instance, "Terminated");
          return Math.ceil(Math.max(0, gone - end) / 1000);
        });
        assert.ok(highestOf(late) <= 30, String(late));
        see(`${count(late.length, "job")} of ${late.length} succeeded through outages of 1 to 20 minutes`);
        see(`instances terminated at most ${highestOf(late)} s after an outage`);

        const [retained] = await each([LONG], {}, async (harness) => {
          const busy = await harness.busy({ seconds: 60 });
          fail(harness, "CompleteLifecycleAction", LONG);
          await harness.pool.terminate(busy.instance);
          await harness.keepsPromise(busy, { jobWithin: 120, grace: HOUR });
          harness.entered(busy.instance, "Terminating:Retained");
          return harness.highest(METRIC.retainedInstances);
        });
        assert.equal(retained, 1);
        see(`outage of ${LONG} minutes: job succeeded, instance retained (RetainedInstances ${retained}), then terminated by the sweep`);
      },
    );

    fault(
      {
        fault: name("RecordLifecycleActionHeartbeat"),
        expected: "the job succeeds; heartbeats are retried until one succeeds, or the instance is retained with its job",
        where: "simulated",
      },
      async (see) => {
        const seen = await each(pairs([0, 200, 1700], [...SHORT, LONG]), {}, async (harness, [after, minutes]) => {
          const busy = await harness.busy({ seconds: 2 * HOUR });
          await harness.pool.terminate(busy.instance);
          await harness.environment.run(after);
          fail(harness, "RecordLifecycleActionHeartbeat", minutes);
          const grace = await harness.keepsPromise(busy, { jobWithin: 2 * HOUR, grace: HOUR });
          const retained = harness.highest(METRIC.retainedInstances);
          // An outage shorter than the heartbeat timeout does not let the action expire.
          if (minutes < 25) assert.ok(grace <= 30 && retained === 0, `${grace} s, retained ${retained}`);
          else assert.equal(retained, 1);
          return { minutes, grace };
        });
        const short = seen.filter(({ minutes }) => minutes !== LONG).map(({ grace }) => grace);
        see(`${count(seen.length, "job")} of 2 h succeeded`);
        see(`outages of 1 to 20 minutes: instances terminated at most ${highestOf(short)} s after the job`);
        see(`of ${LONG} minutes: retained, then terminated by the sweep`);
      },
    );

    fault(
      {
        fault: name("SetInstanceProtection"),
        expected: "the drain still protects the job, and scale-in protection is removed once calls succeed again",
        where: "simulated",
      },
      async (see) => {
        const graces = await each(pairs([0, 5, 60, 290], [5, 20]), {}, async (harness, [after, minutes]) => {
          fail(harness, "SetInstanceProtection", minutes);
          const busy = await harness.busy({ seconds: 300 });
          await harness.environment.run(after);
          await harness.pool.scaleTo(0);
          return harness.keepsPromise(busy, { jobWithin: 300, grace: 60 });
        });
        assert.ok(highestOf(graces) <= 30, String(graces));
        see(`${count(graces.length, "job")} of ${graces.length} succeeded although scaled in unprotected`);
        see(`instances terminated at most ${highestOf(graces)} s after the job`);

        const held = await each([5, 20], {}, async (harness, minutes) => {
          const busy = await harness.busy({ seconds: 60 });
          await harness.environment.run(30); // protected by now
          fail(harness, "SetInstanceProtection", minutes);
          const end = harness.environment.clock.now() + minutes * MINUTE * 1000;
          await harness.ended(busy.job, 60);
          await harness.pool.scaleTo(0);
          await harness.environment.run(60);
          assert.ok(harness.pool.inService().includes(busy.instance), "still protected though idle");
          await harness.gone(busy.instance, minutes * MINUTE + 120);
          await harness.cleared();
          return Math.ceil((harness.entered(busy.instance, "Terminated") - end) / 1000);
        });
        assert.ok(highestOf(held) <= 90, String(held));
        see(`instances that an outage left protected terminated at most ${highestOf(held)} s after its end`);
      },
    );

    fault(
      {
        fault: name("DescribeAutoScalingInstances"),
        expected: "launches wait or are replaced, drains are unaffected, and the pool recovers afterwards",
        where: "simulated",
      },
      async (see) => {
        const launches = await each([1, 5, 12, 20], { launching: true }, async (harness, minutes) => {
          fail(harness, "DescribeAutoScalingInstances", minutes);
          await harness.ready(1, minutes * MINUTE + 300);
          const job = harness.pool.queueJob({ seconds: 30 });
          await harness.ended(job, 90);
          assert.equal(harness.state(job), "succeeded");
          await harness.cleared(80 * MINUTE);
          return Math.ceil((harness.environment.github.job(job).endedAt! - Date.UTC(2026, 0, 1)) / 1000) - minutes * MINUTE;
        });
        see(`launches during outages of 1 to 20 minutes: in service and a 30 s job done at most ${highestOf(launches)} s after the outage`);

        const graces = await each([1, 5, 20], {}, async (harness, minutes) => {
          const busy = await harness.busy({ seconds: 120 });
          fail(harness, "DescribeAutoScalingInstances", minutes);
          await harness.pool.terminate(busy.instance);
          return harness.keepsPromise(busy, { jobWithin: 120, grace: 30, clearWithin: minutes * MINUTE + 900 });
        });
        see(`${count(graces.length, "drain")}: jobs succeeded, instances terminated at most ${highestOf(graces)} s after the job`);
      },
    );

    fault(
      {
        fault: name("the sweep's calls"),
        expected: "each failing part is counted, nothing is terminated by mistake, and the first successful sweep cleans up",
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
        const errors = await each([...CALLS, "*"], { pool: { instances: 2 } }, async (harness, call) => {
          const { environment, pool } = harness;
          environment.bus.settings.loss = 1; // so that the sweep does all the work
          const [first, second] = pool.ready() as [string, string];
          const busy = await harness.busy({ seconds: 2 * HOUR, instance: first });
          const keep = await harness.busy({ seconds: 3 * HOUR, instance: second });
          // The first instance loses its heartbeats and is retained, then finishes its job.
          environment.faults.inject({ action: "autoscaling:RecordLifecycleActionHeartbeat", error: throttling() });
          await pool.terminate(first);
          await harness.ended(busy.job, 3 * HOUR);
          for (const operation of call === "*" ? CALLS : [call]) fail(harness, operation, 30, pool.names.sweepFunction);
          await environment.run(30 * MINUTE);
          if (call === "TerminateInstanceInAutoScalingGroup" || call === "*") assert.ok(pool.instances().includes(first));
          await harness.gone(first, 25 * MINUTE);
          await harness.ended(keep.job, 2 * HOUR);
          assert.deepEqual([harness.state(busy.job), harness.state(keep.job)], ["succeeded", "succeeded"]);
          await harness.cleared();
          return harness.metric(METRIC.sweepErrors);
        });
        assert.ok(errors.filter((number) => number > 0).length >= 5, String(errors));
        see(
          `calls failing for 30 minutes, each alone and all together: ${count(errors.filter((n) => n > 0).length, "case")} of ${errors.length} counted as SweepErrors`,
        );
        see(`${count(2 * errors.length, "job")} succeeded, retained instances terminated within 25 minutes afterwards`);
      },
    );
  }
});

import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { AwsError } from "../../../../rehearsal/aws/api";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs } from "./harness";

describe("faults of the official runner, simulated", () => {
  fault(
    {
      fault: "listener crash during a job",
      expected: "the worker runs to its end, no second listener starts beside it, and a scale-in meanwhile waits for it",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(pairs(every(3, 20, 1), [0, 4, 30]), {}, async (harness, [after, later]) => {
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        harness.environment.hosts.running(busy.instance)!.processes!.crash();
        await harness.environment.run(later);
        await harness.pool.terminate(busy.instance);
        return harness.keepsPromise(busy, { jobWithin: 70, grace: 60 });
      });
      see(`killed every 3 s of a 60 s job, scale-in at once, 4 or 30 s later: ${kept(graces)}`);
      const stays = await each(every(6, 10, 1), {}, async (harness, after) => {
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        harness.environment.hosts.running(busy.instance)!.processes!.crash();
        await harness.ended(busy.job, 70);
        assert.equal(harness.state(busy.job), "succeeded");
        const begun = harness.environment.clock.now();
        const next = harness.pool.queueJob({ seconds: 10, instance: busy.instance });
        await harness.ended(next, 5 * MINUTE);
        assert.equal(harness.state(next), "succeeded");
        return (harness.environment.clock.now() - begun) / 1000 - 10;
      });
      // Without its listener a job's lock is not renewed, and GitHub gives the job up after ten minutes.
      const reported = await each([20, 60], {}, async (harness, minutes) => {
        await harness.environment.run(15 * MINUTE);
        const busy = await harness.busy({ seconds: minutes * MINUTE });
        harness.environment.hosts.running(busy.instance)!.processes!.crash();
        await harness.ended(busy.job, minutes * MINUTE);
        assert.equal(harness.state(busy.job), "lost");
        const reported = harness.metric(METRIC.unregisteredInstances);
        assert.ok(reported > 0 && harness.logged("error", /in service without a runner online/).length === reported);
        await harness.ready(1, minutes * MINUTE + 5 * MINUTE);
        return reported;
      });
      see(
        `${count(reported.length, "job")} of 20 min and an hour: GitHub gives up a job that is not renewed for 10 min, reported as UnregisteredInstances before that`,
      );
      see(
        `without a scale-in: ${count(stays.length, "job")} succeeded, the next one started at most ${Math.ceil(highestOf(stays))} s later`,
      );
    },
  );

  fault({ fault: "listener crash during a drain", expected: "the drain still waits for the worker", where: "simulated" }, async (see) => {
    const graces = await each(every(0.5, 128), {}, async (harness, after) => {
      const busy = await harness.busy({ seconds: 60 });
      await harness.pool.terminate(busy.instance);
      await harness.environment.clock.sleep(after * 1000);
      harness.environment.hosts.running(busy.instance)?.processes?.crash();
      return harness.keepsPromise(busy, { jobWithin: 70, grace: 60 });
    });
    see(`killed at every half second of it: ${kept(graces)}`);
  });

  fault(
    {
      fault: "worker hung forever",
      expected: "the drain ends at maxDrain with a forced stop that is logged and counted, even if the count must be retried",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs([0.5, 3], [0, 1, 2]),
        ([hours]) => ({ pool: { maxDrain: hours * HOUR } }),
        async (harness, [hours, down]) => {
          const busy = await harness.busy({ seconds: 60 });
          harness.environment.hosts.running(busy.instance)!.processes!.hang();
          await harness.pool.terminate(busy.instance);
          const begun = harness.environment.clock.now();
          await harness.environment.run(hours * HOUR - MINUTE);
          assert.equal(harness.state(busy.job), "acquired");
          if (down > 0) {
            // CloudWatch refuses the metric for some minutes.
            const untilMs = harness.environment.clock.now() + (down + 1) * MINUTE * 1000;
            harness.environment.faults.inject({
              action: "cloudwatch:PutMetricData",
              untilMs,
              error: new AwsError("ServiceUnavailable", "try later", 503),
            });
          }
          await harness.gone(busy.instance, 10 * MINUTE);
          const over = Math.ceil((harness.environment.clock.now() - begun) / 1000 - hours * HOUR);
          assert.equal(harness.state(busy.job), "lost");
          assert.equal(harness.metric(METRIC.forcedStops), 1, "the loss is counted once");
          assert.ok(harness.hostLogged(busy.instance, /maxDrain reached/) > 0);
          await harness.cleared();
          return { over, down };
        },
      );
      const over = (down: boolean) => highestOf(seen.filter((each) => each.down > 0 === down).map((each) => each.over));
      see(
        `${count(seen.length, "hung job")}: each stopped at maxDrain, logged and counted once as ForcedStops; instances terminated at most ${over(false)} s after maxDrain`,
      );
      see(`with CloudWatch failing for 1 or 2 min at that time: at most ${over(true)} s`);
    },
  );
});

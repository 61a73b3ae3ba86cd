import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { AwsError } from "../../../../rehearsal/aws/api";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs } from "./harness";

describe("faults of the official runner, simulated", () => {
  fault(
    {
      fault: "listener crash during a job",
      expected: "its worker runs to its end, no other listener starts beside it, and a scale-in meanwhile waits for it",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(pairs(every(3, 20, 1), [0, 4, 30]), {}, async (scene, [after, later]) => {
        const busy = await scene.busy({ seconds: 60 });
        await scene.world.run(after);
        scene.world.hosts.running(busy.instance)!.processes!.crash();
        await scene.world.run(later);
        await scene.pool.terminate(busy.instance);
        return scene.keepsPromise(busy, { jobWithin: 70, grace: 60 });
      });
      see(`killed every 3 s of a job of 60 s, a scale-in at once, 4 or 30 s later: ${kept(graces)}`);
      const stays = await each(every(6, 10, 1), {}, async (scene, after) => {
        const busy = await scene.busy({ seconds: 60 });
        await scene.world.run(after);
        scene.world.hosts.running(busy.instance)!.processes!.crash();
        await scene.ended(busy.job, 70);
        assert.equal(scene.state(busy.job), "succeeded");
        const begun = scene.world.clock.now();
        const next = scene.pool.queueJob({ seconds: 10, instance: busy.instance });
        await scene.ended(next, 5 * MINUTE);
        assert.equal(scene.state(next), "succeeded");
        return (scene.world.clock.now() - begun) / 1000 - 10;
      });
      // Nobody renews the lock of a job whose listener is dead, and GitHub gives it up after ten minutes.
      const told = await each([20, 60], {}, async (scene, minutes) => {
        await scene.world.run(15 * MINUTE);
        const busy = await scene.busy({ seconds: minutes * MINUTE });
        scene.world.hosts.running(busy.instance)!.processes!.crash();
        await scene.ended(busy.job, minutes * MINUTE);
        assert.equal(scene.state(busy.job), "lost");
        const told = scene.metric(METRIC.unregisteredInstances);
        assert.ok(told > 0 && scene.said("error", /in service without a runner online/).length === told);
        await scene.ready(1, minutes * MINUTE + 5 * MINUTE);
        return told;
      });
      see(
        `${count(told.length, "job")} of 20 min and an hour: GitHub gives up what nobody renews for 10 min, told as UnregisteredInstances before`,
      );
      see(`without a scale-in: ${count(stays.length, "job")} succeeded, the next one begun at most ${Math.ceil(highestOf(stays))} s later`);
    },
  );

  fault(
    { fault: "listener crash during a drain", expected: "the drain waits for the worker all the same", where: "simulated" },
    async (see) => {
      const graces = await each(every(0.5, 128), {}, async (scene, after) => {
        const busy = await scene.busy({ seconds: 60 });
        await scene.pool.terminate(busy.instance);
        await scene.world.clock.sleep(after * 1000);
        scene.world.hosts.running(busy.instance)?.processes?.crash();
        return scene.keepsPromise(busy, { jobWithin: 70, grace: 60 });
      });
      see(`killed at each half second of it: ${kept(graces)}`);
    },
  );

  fault(
    {
      fault: "worker hung for ever",
      expected: "the drain ends at maxDrain by a forced stop that is logged and counted, also where the count must be tried again",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs([0.5, 3], [0, 1, 2]),
        ([hours]) => ({ pool: { maxDrain: hours * HOUR } }),
        async (scene, [hours, down]) => {
          const busy = await scene.busy({ seconds: 60 });
          scene.world.hosts.running(busy.instance)!.processes!.hang();
          await scene.pool.terminate(busy.instance);
          const begun = scene.world.clock.now();
          await scene.world.run(hours * HOUR - MINUTE);
          assert.equal(scene.state(busy.job), "acquired");
          if (down > 0) {
            // CloudWatch does not take the count for some minutes.
            const untilMs = scene.world.clock.now() + (down + 1) * MINUTE * 1000;
            scene.world.faults.inject({
              action: "cloudwatch:PutMetricData",
              untilMs,
              error: new AwsError("ServiceUnavailable", "try later", 503),
            });
          }
          await scene.gone(busy.instance, 10 * MINUTE);
          const over = Math.ceil((scene.world.clock.now() - begun) / 1000 - hours * HOUR);
          assert.equal(scene.state(busy.job), "lost");
          assert.equal(scene.metric(METRIC.forcedStops), 1, "the loss is counted once");
          assert.ok(scene.hostSaid(busy.instance, /maxDrain reached/) > 0);
          await scene.cleared();
          return { over, down };
        },
      );
      const over = (down: boolean) => highestOf(seen.filter((each) => each.down > 0 === down).map((each) => each.over));
      see(
        `${count(seen.length, "hung job")}: each stopped at maxDrain, logged and counted once as ForcedStops; instances gone at most ${over(false)} s after maxDrain`,
      );
      see(`with CloudWatch out of order for 1 or 2 min then: at most ${over(true)} s`);
    },
  );
});

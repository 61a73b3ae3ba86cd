import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, MINUTE, pairs, type Scene } from "./harness";

/** Seconds from the notice to the end. */
const NOTICE = 120;

/** Milliseconds from the notice to the stop of the runner's unit. */
async function interrupt(scene: Scene, instance: string): Promise<number> {
  const begun = scene.world.clock.now();
  scene.world.autoscaling.interruptSpot(instance);
  const unit = scene.world.hosts.running(instance)!.unit;
  await scene.world.until(() => unit.look().active !== "active", 10, 0.1);
  return scene.world.clock.now() - begun;
}

describe("faults of Spot instances, simulated", () => {
  fault(
    {
      fault: "Spot notice with a short job",
      expected: "the drain begins at once, the job succeeds within the two minutes, and the instance goes before its time",
      where: "simulated",
    },
    async (see) => {
      // The notice comes at any moment of a job of 60 s, and before and after it.
      const seen = await each(every(3, 22), {}, async (scene, after) => {
        const busy = await scene.busy({ seconds: 60 });
        await scene.world.run(after);
        const delay = await interrupt(scene, busy.instance);
        const notice = scene.world.clock.now();
        await scene.keepsPromise(busy, { jobWithin: 60, grace: 30 });
        assert.ok(scene.entered(busy.instance, "Terminated") - notice < NOTICE * 1000, "before its time");
        assert.equal(scene.metric(METRIC.busyAtTermination), 0);
        return delay;
      });
      assert.ok(highestOf(seen) <= 2000, String(seen));
      see(`${count(seen.length, "job")} of 60 s, the notice after 0 to 63 s: all succeeded`);
      see(`drains began within ${Math.ceil(highestOf(seen) / 1000)} s`);
    },
  );

  fault(
    {
      fault: "Spot notice with a long job",
      expected: "the drain begins at once; the job is lost when EC2 takes the instance, and the loss is told",
      where: "simulated",
    },
    async (see) => {
      // The end falls anywhere between two sweeps, and the dead instance is waited for as long as the hook says.
      const pool = ([, heartbeatTimeout]: [number, number]) => ({ pool: { heartbeatTimeout } });
      const seen = await each(pairs(every(40, 8), [300, 1800, 7200]), pool, async (scene, [after, heartbeatTimeout]) => {
        await scene.world.run(after);
        const busy = await scene.busy({ seconds: HOUR });
        const delay = await interrupt(scene, busy.instance);
        const begun = scene.world.clock.now();
        await scene.world.run(NOTICE - 10);
        assert.equal(scene.state(busy.job), "acquired", "it runs on to the end of the notice");
        await scene.ended(busy.job, HOUR);
        assert.equal(scene.state(busy.job), "lost");
        const told = scene.metric(METRIC.busyAtTermination);
        assert.ok(told > 0, "the loss is told");
        assert.equal(scene.said("error", /GitHub (still )?counts a job on its runner/).length, told);
        await scene.ready(1);
        await scene.gone(busy.instance, 3 * HOUR);
        const over = (scene.world.clock.now() - begun) / 1000 - heartbeatTimeout;
        await scene.cleared();
        return { delay, over };
      });
      const over = Math.ceil(highestOf(seen.map(({ over }) => over)) / MINUTE);
      assert.ok(highestOf(seen.map(({ delay }) => delay)) <= 2000);
      see(`${count(seen.length, "job")} of an hour lost after 2 minutes, drains begun within 1 s`);
      see(`every loss told by the log and BusyAtTermination before GitHub gave the job up`);
      see(`replaced, and the dead instance out of the group at most ${over} min after the heartbeat timeout (5 min to 2 h)`);
    },
  );
});

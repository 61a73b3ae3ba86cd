import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, pairs, type Scene } from "./harness";

/** Slow steps of the official runner, so that a moment falls into each of them. */
function slowRunner(scene: Scene): void {
  Object.assign(scene.world.pace, { message: 3000, acquire: 3000, announce: 3000, workerStart: 4000 });
}

async function jumps(seconds: number, fromJob: readonly number[], terminate: readonly number[]) {
  // The job is queued at 0; it needs some 13 s until a worker runs, then 60 s.
  return each(pairs(fromJob, terminate), {}, async (scene, [jump, stop]) => {
    slowRunner(scene);
    const [instance] = scene.pool.ready() as [string];
    const job = scene.pool.queueJob({ seconds: 60, instance });
    const { clock, hosts } = scene.world;
    clock.after(jump * 1000, () => hosts.running(instance)?.jumpClock(seconds * 1000));
    clock.after(stop * 1000, () => void scene.pool.terminate(instance));
    await scene.world.run(stop);
    // What the runner had not acquired goes back to the queue: only a job that it accepted has to end well.
    await scene.gone(instance, 60 + 30 + 60);
    const state = scene.state(job);
    assert.ok(["succeeded", "queued", "assigned"].includes(state), `the job is ${state}`);
    const accepted = scene.world.timeline.events.some((event) => event.kind === "job" && event.job === job && event.change === "acquired");
    if (accepted) assert.equal(state, "succeeded");
    await scene.cleared();
    return accepted ? scene.secondsAfterJob(instance, job) : undefined;
  });
}

describe("faults of hosts, simulated", () => {
  for (const [name, sign] of [
    ["forward", 1],
    ["back", -1],
  ] as const) {
    fault(
      {
        fault: `clock jump of an hour ${name}`,
        expected: "no job that the runner has accepted is lost, and the instance goes seconds after it",
        where: "simulated",
      },
      async (see) => {
        const seen = await jumps(sign * HOUR, every(2, 10), [...every(1.7, 12, 0.5), 40]);
        const accepted = seen.filter((grace) => grace !== undefined);
        see(
          `${count(seen.length, "pair")} of a jump and a scale-in in the first 20 s of a job, and a scale-in in its middle: ${count(accepted.length, "accepted job")} succeeded, instances gone at most ${highestOf(accepted)} s after the job`,
        );
      },
    );
  }

  fault(
    {
      fault: "power-off without notice",
      expected: "the job is lost, which nobody can help, and the loss is told wherever the end falls",
      where: "simulated",
    },
    async (see) => {
      // EC2 takes the instance by a raw termination: while its job runs, in service or draining, at any time between two sweeps.
      const seen = await each(pairs(every(25, 12), ["in service", "draining"] as const), {}, async (scene, [after, how]) => {
        await scene.world.run(after);
        const busy = await scene.busy({ seconds: 3 * HOUR });
        if (how === "draining") {
          await scene.pool.terminate(busy.instance, false);
          await scene.world.run(60);
        }
        const begun = scene.world.clock.now();
        await scene.world.fleet.lose(scene.world.fleet.get(busy.instance)!);
        await scene.ended(busy.job, HOUR);
        assert.equal(scene.state(busy.job), "lost");
        assert.ok(scene.metric(METRIC.busyAtTermination) > 0, "the loss is told");
        await scene.ready(1);
        await scene.gone(busy.instance, 3 * HOUR);
        const minutes = (scene.world.clock.now() - begun) / 60_000;
        await scene.cleared();
        return minutes;
      });
      see(`${count(seen.length, "busy instance")} terminated behind the group's back: every loss told by BusyAtTermination`);
      see(`replaced, and out of the group at most ${Math.ceil(highestOf(seen))} min later (heartbeat timeout 30 min)`);
    },
  );
});

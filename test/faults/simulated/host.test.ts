import assert from "node:assert/strict";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, pairs, Scene } from "./scene";

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
  for (const [name, sign] of [["forward", 1], ["back", -1]] as const) {
    fault(
      { fault: `clock jump of an hour ${name}`, expected: "no job that the runner has accepted is lost, and the instance goes seconds after it", where: "simulated" },
      async (see) => {
        const seen = await jumps(sign * HOUR, every(1, 22), [...every(1, 20), 40]);
        const accepted = seen.filter((grace) => grace !== undefined);
        see(`${count(seen.length, "pair")} of a jump and a scale-in at each second of a job's first 20: ${count(accepted.length, "accepted job")} succeeded, instances gone at most ${highestOf(accepted)} s after the job`);
      },
    );
  }
});

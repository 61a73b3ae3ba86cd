import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, pairs, type Harness } from "./harness";

/** Slows the official runner's steps, so that some moments fall into each of them. */
function slowRunner(harness: Harness): void {
  Object.assign(harness.environment.timing, { message: 3000, acquire: 3000, announce: 3000, workerStart: 4000 });
}

async function jumps(seconds: number, fromJob: readonly number[], terminate: readonly number[]) {
  // The job is queued at 0; its worker starts after about 13 s and runs for 60 s.
  return each(pairs(fromJob, terminate), {}, async (harness, [jump, stop]) => {
    slowRunner(harness);
    const [instance] = harness.pool.ready() as [string];
    const job = harness.pool.queueJob({ seconds: 60, instance });
    const { clock, hosts } = harness.environment;
    clock.after(jump * 1000, () => hosts.running(instance)?.jumpClock(seconds * 1000));
    clock.after(stop * 1000, () => void harness.pool.terminate(instance));
    await harness.environment.run(stop);
    // A job that the runner has not acquired returns to the queue; only an accepted job must succeed.
    await harness.gone(instance, 60 + 30 + 60);
    const state = harness.state(job);
    assert.ok(["succeeded", "queued", "assigned"].includes(state), `the job is ${state}`);
    const accepted = harness.environment.timeline.events.some(
      (event) => event.kind === "job" && event.job === job && event.change === "acquired",
    );
    if (accepted) assert.equal(state, "succeeded");
    await harness.cleared();
    return accepted ? harness.secondsAfterJob(instance, job) : undefined;
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
        expected: "no job that the runner has accepted is lost, and the instance terminates seconds after it",
        where: "simulated",
      },
      async (see) => {
        const seen = await jumps(sign * HOUR, every(2, 10), [...every(1.7, 12, 0.5), 40]);
        const accepted = seen.filter((grace) => grace !== undefined);
        see(
          `${count(seen.length, "pair")} of a jump and a scale-in in the first 20 s of a job, and a scale-in in its middle: ${count(accepted.length, "accepted job")} succeeded, instances terminated at most ${highestOf(accepted)} s after the job`,
        );
      },
    );
  }

  fault(
    {
      fault: "power-off without notice",
      expected: "the job is inevitably lost, and the loss is reported whenever the power-off happens",
      where: "simulated",
    },
    async (see) => {
      // EC2 terminates the instance directly while its job runs, in service or draining, at any time between two sweeps.
      const seen = await each(pairs(every(25, 12), ["in service", "draining"] as const), {}, async (harness, [after, how]) => {
        await harness.environment.run(after);
        const busy = await harness.busy({ seconds: 3 * HOUR });
        if (how === "draining") {
          await harness.pool.terminate(busy.instance, false);
          await harness.environment.run(60);
        }
        const begun = harness.environment.clock.now();
        await harness.environment.fleet.lose(harness.environment.fleet.get(busy.instance)!);
        await harness.ended(busy.job, HOUR);
        assert.equal(harness.state(busy.job), "lost");
        assert.ok(harness.metric(METRIC.busyAtTermination) > 0, "the loss is reported");
        await harness.ready(1);
        await harness.gone(busy.instance, 3 * HOUR);
        const minutes = (harness.environment.clock.now() - begun) / 60_000;
        await harness.cleared();
        return minutes;
      });
      see(`${count(seen.length, "busy instance")} terminated outside Auto Scaling: every loss reported by BusyAtTermination`);
      see(`replaced, and removed from the group at most ${Math.ceil(highestOf(seen))} min later (heartbeat timeout 30 min)`);
    },
  );
});

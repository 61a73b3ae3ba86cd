import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, kept, pairs, type Harness } from "./harness";

/** Terminates a busy instance and returns the milliseconds until its unit stops and the seconds from the job's end to its termination. */
async function drain(harness: Harness, seconds: number, after: number) {
  const busy = await harness.busy({ seconds });
  await harness.environment.run(after);
  const { clock, hosts } = harness.environment;
  const begun = clock.now();
  const { unit } = hosts.running(busy.instance)!;
  await harness.pool.terminate(busy.instance);
  await harness.environment.until(() => unit.snapshot().active !== "active", 10, 0.1);
  const begins = clock.now() - begun;
  const grace = await harness.keepsPromise(busy, { jobWithin: seconds + 10, grace: 30 });
  return { begins, grace };
}

describe("faults of Systems Manager, simulated", () => {
  const EXPECTED = "the agent sees the termination itself: the drain starts within two seconds, and the failed stop is reported";
  for (const name of ["SSM agent never registered", "SSM agent offline"] as const) {
    fault({ fault: name, expected: EXPECTED, where: "simulated" }, async (see) => {
      const seen = await each(every(9, 8), { launching: true }, async (harness, after) => {
        if (name === "SSM agent never registered") {
          await harness.within(10, () => harness.pool.instances().length === 1, "an instance");
          harness.environment.ssm.offline.add(harness.pool.instances()[0]!);
        }
        await harness.ready(1);
        harness.environment.ssm.offline.add(harness.pool.instances()[0]!);
        const drained = await drain(harness, 60, after);
        assert.equal(harness.metric(METRIC.stopFailures), 1);
        assert.equal(harness.deadLetters().length, 0);
        return drained;
      });
      assert.ok(highestOf(seen.map(({ begins }) => begins)) <= 2000);
      see(
        `${count(seen.length, "drain")} started within ${Math.ceil(highestOf(seen.map(({ begins }) => begins)) / 1000)} s, jobs succeeded, instances terminated at most ${highestOf(seen.map(({ grace }) => grace))} s after the job, one StopFailures each`,
      );
    });
  }

  fault(
    {
      fault: "SSM command delivered late",
      expected: "the drain is under way or over by then, and the command changes nothing",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(pairs([5, 60, 300, 600], [0, 57]), {}, async (harness, [late, after]) => {
        Object.assign(harness.environment.ssm.delivery, { min: late * 1000, max: late * 1000 });
        const drained = await drain(harness, 60, after);
        await harness.environment.run(late);
        return drained;
      });
      see(`5 s to 10 min late: ${kept(seen.map(({ grace }) => grace))}`);
    },
  );

  fault(
    {
      fault: "SSM command delivered twice",
      expected: "stopping a unit that is already stopping changes nothing",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(pairs([2, 5], every(6, 11)), {}, async (harness, [copies, after]) => {
        harness.environment.ssm.copies = () => copies;
        return drain(harness, 60, after);
      });
      see(`2 to 5 deliveries, 2 s apart, throughout a 60 s job: ${kept(seen.map(({ grace }) => grace))}`);
    },
  );
});

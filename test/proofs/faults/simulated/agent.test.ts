import { count, fault } from "../support/fault-table";
import { each, every, highestOf, kept, MINUTE, pairs, type Harness } from "./harness";

/** What becomes of the killed agent: systemd starts it again after a second, or nothing ever does. */
const AFTERWARDS = ["again", "never"] as const;
const kill = (harness: Harness, instance: string, then: (typeof AFTERWARDS)[number]) =>
  harness.environment.hosts.running(instance)?.killAgent(then === "never");

describe("faults of the agent, simulated", () => {
  fault(
    {
      fault: "agent killed with SIGKILL while idle",
      expected: "launches go on where they were, and scale-ins are seen",
      where: "simulated",
    },
    async (see) => {
      const launches = await each(every(0.25, 60, 8), { launching: true }, async (harness, after) => {
        await harness.environment.clock.sleep(after * 1000);
        kill(harness, harness.pool.instances()[0]!, "again");
        await harness.ready(1);
        const busy = await harness.busy({ seconds: 10 });
        await harness.pool.terminate(busy.instance);
        // Killed between the registration and the deletion of its token, it leaves that to whoever clears up after it.
        return harness.keepsPromise(busy, { jobWithin: 20, grace: 30 });
      });
      see(`killed at each quarter of a second of a launch and after it: ${kept(launches)}, nothing left`);
    },
  );

  fault(
    {
      fault: "agent killed with SIGKILL during a job",
      expected:
        "the job does not notice, and a scale-in that follows is seen; without any agent the command from Systems Manager or the heartbeat timer begins the drain",
      where: "simulated",
    },
    async (see) => {
      for (const then of AFTERWARDS) {
        const graces = await each(pairs(every(1, 60), [0, 0.7]), {}, async (harness, [after, apart]) => {
          const busy = await harness.busy({ seconds: 60 });
          await harness.environment.clock.sleep(after * 1000);
          kill(harness, busy.instance, then);
          await harness.environment.clock.sleep(apart * 1000);
          await harness.pool.terminate(busy.instance);
          return harness.keepsPromise(busy, { jobWithin: 70, grace: 60 });
        });
        see(`killed at each second of it, ${then === "again" ? "started again after 1 s" : "never started again"}: ${kept(graces)}`);
      }
      const alone = await each(every(40, 4), {}, async (harness, after) => {
        harness.environment.bus.knobs.loss = 1;
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        kill(harness, busy.instance, "never");
        await harness.pool.terminate(busy.instance);
        return harness.keepsPromise(busy, { jobWithin: 70, grace: 6 * MINUTE });
      });
      see(
        `never started again and all events lost: ${count(alone.length, "job")} succeeded, instances gone at most ${Math.ceil(highestOf(alone) / MINUTE)} min after the job, by the heartbeat timer alone`,
      );
    },
  );

  fault(
    {
      fault: "agent killed with SIGKILL during a drain",
      expected: "the drain goes on and completes",
      where: "simulated",
    },
    async (see) => {
      for (const then of AFTERWARDS) {
        const graces = await each(every(0.5, 68), {}, async (harness, after) => {
          const busy = await harness.busy({ seconds: 35 });
          await harness.environment.run(3);
          await harness.pool.terminate(busy.instance);
          await harness.environment.clock.sleep(after * 1000);
          kill(harness, busy.instance, then);
          return harness.keepsPromise(busy, { jobWithin: 45, grace: 60 });
        });
        see(`killed at each half second of it, ${then === "again" ? "started again after 1 s" : "never started again"}: ${kept(graces)}`);
      }
    },
  );

  fault(
    {
      fault: "drain process killed with SIGKILL during the job that it waits for",
      expected: "the next stop command drains again, and the job succeeds",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(pairs(every(0.5, 68), [1, 2]), {}, async (harness, [after, times]) => {
        const busy = await harness.busy({ seconds: 35 });
        await harness.pool.terminate(busy.instance);
        await harness.environment.clock.sleep(after * 1000);
        for (let time = 1; time <= times; time++) {
          harness.environment.hosts.running(busy.instance)?.killDrain();
          await harness.environment.clock.sleep(400);
        }
        return harness.keepsPromise(busy, { jobWithin: 45, grace: 60 });
      });
      see(`killed once or twice at each half second of it: ${kept(graces)}`);
    },
  );
});

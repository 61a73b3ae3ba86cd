import { count, fault } from "../support/fault-table";
import { each, every, highestOf, kept, MINUTE, pairs, type Harness } from "./harness";

/** After the kill: systemd restarts the agent after a second, or nothing ever does. */
const AFTERWARDS = ["again", "never"] as const;
const kill = (harness: Harness, instance: string, then: (typeof AFTERWARDS)[number]) =>
  harness.environment.hosts.running(instance)?.killAgent(then === "never");

describe("faults of the agent, simulated", () => {
  fault(
    {
      fault: "agent killed with SIGKILL while idle",
      expected: "launches resume, and scale-ins are still detected",
      where: "simulated",
    },
    async (see) => {
      const launches = await each(every(0.25, 60, 8), { launching: true }, async (harness, after) => {
        await harness.environment.clock.sleep(after * 1000);
        kill(harness, harness.pool.instances()[0]!, "again");
        await harness.ready(1);
        const busy = await harness.busy({ seconds: 10 });
        await harness.pool.terminate(busy.instance);
        // Killed between its registration and the deletion of its token, it leaves the token to the sweep.
        return harness.keepsPromise(busy, { jobWithin: 20, grace: 30 });
      });
      see(`killed at every quarter second during and after a launch: ${kept(launches)}, nothing left`);
    },
  );

  fault(
    {
      fault: "agent killed with SIGKILL during a job",
      expected:
        "the job is unaffected, and a later scale-in is detected; without an agent the Systems Manager command or the heartbeat timer starts the drain",
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
        see(`killed at every second of it, ${then === "again" ? "restarted after 1 s" : "never restarted"}: ${kept(graces)}`);
      }
      const alone = await each(every(40, 4), {}, async (harness, after) => {
        harness.environment.bus.settings.loss = 1;
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        kill(harness, busy.instance, "never");
        await harness.pool.terminate(busy.instance);
        return harness.keepsPromise(busy, { jobWithin: 70, grace: 6 * MINUTE });
      });
      see(
        `never restarted and all events lost: ${count(alone.length, "job")} succeeded, instances terminated at most ${Math.ceil(highestOf(alone) / MINUTE)} min after the job, by the heartbeat timer alone`,
      );
    },
  );

  fault(
    {
      fault: "agent killed with SIGKILL during a drain",
      expected: "the drain continues and completes",
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
        see(`killed at every half second of it, ${then === "again" ? "restarted after 1 s" : "never restarted"}: ${kept(graces)}`);
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
      see(`killed once or twice at every half second of it: ${kept(graces)}`);
    },
  );
});

import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, MINUTE, pairs, type Harness, harness } from "./harness";

/** Virtual seconds since `from`, rounded up. */
const secondsSince = (harness: Harness, from: number) => Math.ceil((harness.environment.clock.now() - from) / 1000);
const activities = (harness: Harness) =>
  harness.environment.gateway.call({ kind: "operator" }, "autoscaling:DescribeScalingActivities", {
    AutoScalingGroupName: harness.pool.names.group,
  });

/** Terminates the instance, of the group unless `how` says otherwise, and returns the seconds until it is gone. */
async function terminate(harness: Harness, instance: string, bound: number, how = () => harness.pool.terminate(instance)): Promise<number> {
  const begun = harness.environment.clock.now();
  await how();
  await harness.gone(instance, bound);
  const seconds = secondsSince(harness, begun);
  await harness.cleared();
  assert.equal(harness.metric(METRIC.busyAtTermination), 0);
  return seconds;
}

/** A kernel that hangs: EC2 counts the instance as running, and nothing runs on it. */
function hang({ environment }: Harness, instance: string): void {
  environment.hosts.running(instance)!.powerOff();
  environment.ssm.offline.add(instance);
}

/** A host hangs so many seconds after its launch into the pool. Returns the instance once the launch has timed out. */
async function abandonedPreparation(harness: Harness, after: number): Promise<string> {
  await harness.within(10, () => harness.pool.instances("Warmed:Pending:Wait").length === 1, "an instance enters the pool");
  const [instance] = harness.pool.instances("Warmed:Pending:Wait") as [string];
  await harness.environment.run(after);
  hang(harness, instance);
  await harness.within(HOUR, () => harness.lifecycle(instance) === "Warmed:Terminating:Wait", "its launch times out");
  return instance;
}

/** Returns the seconds until the terminating instance of the pool is gone, which another one replaces. */
async function trimmed(harness: Harness, instance: string, bound = 6 * MINUTE): Promise<number> {
  const seconds = await terminate(harness, instance, bound, async () => undefined);
  harness.environment.bus.settings.loss = 0;
  await harness.within(5 * MINUTE, () => harness.pool.instances("Warmed:Stopped").length === 1, "another instance in the pool");
  return seconds;
}

describe("scale-ins at bad moments, simulated", () => {
  fault(
    {
      fault: "instance scaled in before it ever came into service",
      expected: "it terminates within seconds of its boot and leaves neither runner nor token",
      where: "simulated",
    },
    async (see) => {
      // From the first second of the launch to beyond the registration; it is in service after about 15 s.
      const seen = await each(every(0.25, 80, 0.5), { launching: true }, async (harness, after) => {
        await harness.environment.clock.sleep(after * 1000);
        const [instance] = harness.pool.instances() as [string];
        const served = harness.lifecycle(instance) === "InService";
        const seconds = await terminate(harness, instance, 60);
        return { served, seconds };
      });
      const early = seen.filter(({ served }) => !served);
      assert.ok(early.length > 30 && early.length < seen.length, "the moments cover both launch and service");
      see(
        `${early.length} launches cut short, one every quarter second: all gone within ${highestOf(early.map(({ seconds }) => seconds))} s, no runner and no token left`,
      );
    },
  );

  fault(
    {
      fault: "instance scaled in during bootstrap",
      expected: "it terminates within seconds of its boot and leaves nothing, even if events arrive late",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(pairs(every(1, 16, 0.5), [10, 120, 900]), { launching: true }, async (harness, [after, late]) => {
        Object.assign(harness.environment.bus.settings.delay, { min: 0, max: late * 1000 });
        await harness.environment.clock.sleep(after * 1000);
        const [instance] = harness.pool.instances() as [string];
        const begun = harness.environment.clock.now();
        await harness.pool.terminate(instance);
        await harness.gone(instance, 60);
        const seconds = secondsSince(harness, begun);
        // A token minted for a terminated instance is swept once no host can still be about to use it.
        await harness.cleared(40 * MINUTE);
        return seconds;
      });
      see(
        `${seen.length} launches cut short at every second, events up to 15 min late: all gone within ${highestOf(seen)} s, nothing left`,
      );
    },
  );

  fault(
    {
      fault: "instance scaled in while in the warm pool",
      expected:
        "it terminates at once although it is off and cannot respond; if its event is lost, the next sweep completes the termination",
      where: "simulated",
    },
    async (see) => {
      const pool = { instances: 1, warmPool: { minSize: 2 } };
      for (const [events, bound] of [
        ["delivered", 10],
        ["lost", 6 * MINUTE],
      ] as const) {
        const seen = await each(every(37, 8), { pool }, async (harness, after) => {
          await harness.within(120, () => harness.pool.instances("Warmed:Stopped").length === 2, "a warm pool");
          await harness.environment.run(after);
          if (events === "lost") harness.environment.bus.settings.loss = 1;
          const [oldest] = harness.pool.instances("Warmed:Stopped") as [string];
          const seconds = await terminate(harness, oldest, bound, () => harness.pool.sizeWarmPool(1));
          assert.equal(harness.pool.ready().length, 1, "the instance in service is unaffected");
          return seconds;
        });
        see(
          `event ${events}: ${count(seen.length, "instance")} gone within ${events === "lost" ? `${Math.ceil(highestOf(seen) / MINUTE)} min` : `${highestOf(seen)} s`}`,
        );
      }
      // While entering the pool, during installation.
      const entering = await each(every(1, 12, 1), { pool }, async (harness, after) => {
        await harness.within(60, () => harness.pool.instances("Warmed:Stopped").length === 2, "a warm pool");
        await harness.pool.sizeWarmPool(1);
        await harness.within(60, () => harness.pool.instances("Warmed:Stopped").length === 1, "a smaller pool");
        await harness.pool.sizeWarmPool(2);
        await harness.within(60, () => harness.pool.instances("Warmed:Pending:Wait").length === 1, "an instance entering the pool");
        await harness.environment.run(after);
        const [instance] = harness.pool.instances("Warmed:Pending:Wait") as [string | undefined];
        if (instance === undefined) return undefined;
        return terminate(harness, instance, 60, () => harness.pool.sizeWarmPool(0));
      });
      const cut = entering.filter((seconds) => seconds !== undefined);
      assert.ok(cut.length >= 4, String(entering));
      see(`${count(cut.length, "instance")} entering the pool gone within ${highestOf(cut)} s`);
    },
  );

  fault(
    {
      fault: "host that hangs while it prepares for the warm pool",
      expected: "once its launch has timed out, a sweep terminates it, because the group's history shows that it never served",
      where: "simulated",
    },
    async (see) => {
      for (const reuseOnScaleIn of [false, true]) {
        const seen = await each(
          every(2, 5),
          { launching: true, pool: { instances: 1, warmPool: { minSize: 1, reuseOnScaleIn } } },
          async (harness, after) => trimmed(harness, await abandonedPreparation(harness, after)),
        );
        see(
          `${reuseOnScaleIn ? "with" : "without"} reuse: ${count(seen.length, "instance")} gone at most ${Math.ceil(highestOf(seen) / MINUTE)} min after the timeout, and another one in the pool`,
        );
      }
      await harness({ launching: true, pool: { instances: 1, warmPool: { minSize: 1 } } }, async (harness) => {
        const instance = await abandonedPreparation(harness, 5);
        harness.environment.faults.inject({ action: "autoscaling:DescribeScalingActivities", error: throttling() });
        await harness.within(HOUR, () => harness.lifecycle(instance) === "Warmed:Terminating:Retained", "the action expires");
      });
      see("control, without the history: retained, and billed until an operator ends it");
    },
  );

  fault(
    {
      fault: "host that hangs in a warm pool of running instances",
      expected: "the next sweep completes its trim, because the group's history shows that it never served",
      where: "simulated",
    },
    async (see) => {
      const pool = { instances: 1, warmPool: { minSize: 1, poolState: "Running" as const } };
      const seen = await each(every(37, 8), { pool }, async (harness, after) => {
        await harness.within(120, () => harness.pool.instances("Warmed:Running").length === 1, "a warm pool");
        const [instance] = harness.pool.instances("Warmed:Running") as [string];
        hang(harness, instance);
        await harness.environment.run(after);
        return terminate(harness, instance, 6 * MINUTE, () => harness.pool.sizeWarmPool(0));
      });
      see(`${count(seen.length, "instance")} gone within ${Math.ceil(highestOf(seen) / MINUTE)} min`);
    },
  );

  fault(
    {
      fault: "instance ended in EC2 while in the warm pool",
      expected: "its termination is completed at once, and if the event is lost, by the next sweep; another instance takes its place",
      where: "simulated",
    },
    async (see) => {
      for (const [events, bound] of [
        ["delivered", 30],
        ["lost", 6 * MINUTE],
      ] as const) {
        const seen = await each(every(37, 8), { pool: { instances: 1, warmPool: { minSize: 1 } } }, async (harness, after) => {
          await harness.within(120, () => harness.pool.instances("Warmed:Stopped").length === 1, "a warm pool");
          await harness.environment.run(after);
          const [instance] = harness.pool.instances("Warmed:Stopped") as [string];
          if (events === "lost") harness.environment.bus.settings.loss = 1;
          await harness.environment.fleet.lose(harness.environment.fleet.get(instance)!);
          await harness.within(HOUR, () => harness.lifecycle(instance) !== "Warmed:Stopped", "the group notices");
          return trimmed(harness, instance, bound);
        });
        const longest = events === "lost" ? `${Math.ceil(highestOf(seen) / MINUTE)} min` : `${highestOf(seen)} s`;
        see(`event ${events}: ${count(seen.length, "instance")} gone within ${longest} after the group's health check`);
      }
    },
  );

  fault(
    {
      fault: "instance scaled in while leaving the warm pool",
      expected: "it terminates within seconds of its boot and leaves neither runner nor token",
      where: "simulated",
    },
    async (see) => {
      for (const poolState of ["Stopped", "Hibernated", "Running"] as const) {
        const seen = await each(
          every(0.5, 40, 0.5),
          { pool: { instances: 1, maxSize: 4, warmPool: { minSize: 1, poolState } } },
          async (harness, after) => {
            await harness.within(120, () => harness.pool.instances(`Warmed:${poolState}`).length > 0, "a warm pool");
            const pooled = harness.pool.instances(`Warmed:${poolState}`);
            await harness.pool.scaleTo(2);
            await harness.environment.clock.sleep(after * 1000);
            const taken = pooled.find((id) => !harness.lifecycle(id)?.startsWith("Warmed:"))!;
            const served = harness.lifecycle(taken) === "InService";
            const seconds = await terminate(harness, taken, 60);
            return { served, seconds };
          },
        );
        const early = seen.filter(({ served }) => !served);
        assert.ok(early.length > 5 && early.length < seen.length, `${early.length} of ${seen.length}`);
        see(
          `${poolState}: ${count(early.length, "instance")} scaled in before service, gone within ${highestOf(early.map(({ seconds }) => seconds))} s`,
        );
      }
    },
  );

  fault(
    {
      fault: "two scale-ins at once",
      expected: "both drains keep their jobs, however far apart the scale-ins are",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(pairs(every(7, 12), [0, 0.3, 3]), { pool: { instances: 3 } }, async (harness, [after, apart]) => {
        const [one, two] = harness.pool.ready() as [string, string];
        const first = await harness.busy({ seconds: 60, instance: one });
        const second = await harness.busy({ seconds: 60, instance: two });
        await harness.environment.run(after);
        await harness.pool.terminate(one);
        await harness.environment.clock.sleep(apart * 1000);
        await harness.pool.terminate(two);
        await harness.pool.terminate(one).catch(() => undefined); // and once more
        return [
          await harness.keepsPromise(first, { jobWithin: 70, grace: 30 }),
          await harness.keepsPromise(second, { jobWithin: 70, grace: 30 }),
        ];
      });
      see(
        `${count(graces.length * 2, "job")} succeeded, instances terminated at most ${highestOf(graces.flat())} s after their job or scale-in`,
      );
    },
  );

  fault(
    {
      fault: "all instances protected",
      expected: "the desired capacity falls but no instance terminates until one is idle; no job that arrives at that moment is lost",
      where: "simulated",
    },
    async (see) => {
      // The next job arrives at any moment around the end of the first, when protection is removed.
      const seen = await each(every(0.5, 40, -8), { pool: { instances: 2 } }, async (harness, next) => {
        const { pool, environment } = harness;
        const [one, two] = pool.ready() as [string, string];
        const short = await harness.busy({ seconds: 60, instance: one });
        const long = await harness.busy({ seconds: 300, instance: two });
        await environment.run(10);
        await pool.scaleTo(1);
        await environment.run(20);
        assert.equal(pool.inService().length, 2, "no instance terminates");
        assert.match(JSON.stringify(await activities(harness)), /all remaining instances are protected from scale in/);
        const end = environment.github.job(short.job).acquiredAt! + 60_500;
        await environment.clock.sleep(Math.max(0, end + next * 1000 - environment.clock.now()));
        const later = pool.queueJob({ seconds: 30 });
        await harness.within(20 * MINUTE, () => pool.inService().length === 1 && pool.instances().length === 1, "one instance terminates");
        for (const job of [short.job, long.job, later]) {
          await harness.ended(job, 10 * MINUTE);
          assert.equal(harness.state(job), "succeeded");
        }
        await harness.cleared();
      });
      see(`${count(seen.length * 3, "job")} succeeded, the third of each queued from 8 s before to 12 s after the end of the first`);
      see(`every group scaled in to one instance`);
    },
  );

  fault(
    {
      fault: "max lifetime on a busy instance",
      expected: "protection delays the replacement until the job ends; without it the drain does",
      where: "simulated",
    },
    async (see) => {
      const DAY = 24 * HOUR;
      for (const isProtected of [true, false]) {
        const graces = await each([1, 3], { pool: { maxInstanceLifetime: DAY } }, async (harness, hours) => {
          await harness.environment.run(DAY - HOUR);
          if (!isProtected) harness.environment.faults.inject({ action: "autoscaling:SetInstanceProtection", error: throttling() });
          const busy = await harness.busy({ seconds: hours * HOUR + 0.5 * HOUR });
          await harness.environment.run(1.25 * HOUR);
          assert.equal(harness.lifecycle(busy.instance), isProtected ? "InService" : "Terminating:Wait");
          const grace = await harness.keepsPromise(busy, { jobWithin: 3 * HOUR, grace: 60 });
          await harness.ready(1);
          return grace;
        });
        see(
          `${isProtected ? "protected" : "unprotected"}: ${count(graces.length, "job")} across the 24 h limit succeeded, instances terminated at most ${highestOf(graces)} s after the job and replaced`,
        );
      }
    },
  );

  fault(
    {
      fault: "instance refresh on a busy instance",
      expected: "the job succeeds, whether the refresh waits for protected instances, ignores them or replaces them",
      where: "simulated",
    },
    async (see) => {
      for (const protectedInstances of ["Wait", "Ignore", "Refresh"] as const) {
        const outcomes = await each([600, 2 * HOUR], { pool: { instances: 2, protectedInstances } }, async (harness, seconds) => {
          const busy = await harness.busy({ seconds });
          const before = harness.pool.inService();
          await harness.environment.run(10);
          harness.pool.refresh();
          await harness.ended(busy.job, seconds + MINUTE);
          assert.equal(harness.state(busy.job), "succeeded");
          await harness.environment.run(10 * MINUTE);
          await harness.ready(2, 300);
          await harness.cleared();
          const outdated = harness.pool.inService().filter((id) => before.includes(id)).length;
          return `${harness.environment.autoscaling.group(harness.pool.names.group)?.refresh}, ${count(outdated, "old instance")}`;
        });
        see(`${protectedInstances}: jobs of 10 min and 2 h succeeded (refresh ${outcomes.join("; ")} left)`);
      }
    },
  );
});

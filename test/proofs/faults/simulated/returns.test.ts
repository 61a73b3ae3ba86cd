import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, MINUTE, pairs, type Harness, type HarnessOptions } from "./harness";

const STATES = ["Stopped", "Hibernated", "Running"] as const;
type State = (typeof STATES)[number];

/** One instance, and a warm pool that has room for it once the group needs none. */
function reuse(poolState: State = "Stopped", options: HarnessOptions["pool"] = {}): HarnessOptions {
  const warmPool = { poolState, reuseOnScaleIn: true };
  // A call that names the instance: a scale-in by the desired capacity alone would leave a busy, protected instance alone.
  return { terminateCallWithReuse: "return", pool: { instances: 1, maxSize: 1, warmPool, ...options } };
}

const resting = (harness: Harness, state: State = "Stopped") => harness.pool.instances(`Warmed:${state}`);

/** Waits until the instance rests in the pool. Returns the seconds since the given time, rounded up. */
async function backInPool(
  harness: Harness,
  instance: string,
  within: number,
  state: State = "Stopped",
  since = harness.environment.clock.now(),
) {
  await harness.within(within, () => resting(harness, state).includes(instance), `${instance} rests in the warm pool`);
  return Math.ceil((harness.environment.clock.now() - since) / 1000);
}

/** Calls an instance into service. It is the same one, under a new registration, and runs a job. Returns the seconds until it is ready. */
async function servesAgain(harness: Harness, instance: string, within = 2 * MINUTE): Promise<number> {
  const { environment, pool } = harness;
  const begun = environment.clock.now();
  await pool.scaleTo(1);
  await harness.ready(1, within);
  const seconds = Math.ceil((environment.clock.now() - begun) / 1000);
  assert.deepEqual(pool.ready(), [instance]);
  await runsJob(harness, instance);
  return seconds;
}

async function runsJob(harness: Harness, instance: string): Promise<void> {
  const busy = await harness.busy({ seconds: 10, instance });
  await harness.ended(busy.job, 30);
  assert.equal(harness.state(busy.job), "succeeded");
  const names = harness.environment.github.runners().map(({ name }) => name);
  assert.deepEqual(names, [instance], "one registration at GitHub, that of this service");
  assert.equal(harness.metric(METRIC.busyAtTermination), 0);
}

/** GitHub lists no runner: the instance rests in the pool without a registration. */
const forgotten = (harness: Harness, within: number) =>
  harness.within(within, () => harness.environment.github.runners().length === 0, "GitHub lists no runner");

const succeeded = (seconds: readonly number[]) =>
  `${count(seconds.length, "job")} succeeded, instances rested in the warm pool at most ${highestOf(seconds)} s after the job`;

/** Returns a busy instance; resolves when the job has succeeded and the instance rests in the pool, with the seconds in between. */
async function returnBusy(harness: Harness, { job, instance }: { job: string; instance: string }, grace: number, state: State = "Stopped") {
  await harness.ended(job, HOUR);
  assert.equal(harness.state(job), "succeeded");
  return backInPool(harness, instance, grace, state, harness.environment.github.job(job).endedAt);
}

describe("returns to the warm pool, simulated", () => {
  fault(
    {
      fault: "instance returned to the warm pool during a job",
      expected: "the job succeeds, the instance returns after it without a registration, and serves again under a new one",
      where: "simulated",
    },
    async (see) => {
      for (const state of STATES) {
        const seen = await each(every(7, 12), reuse(state), async (harness, after) => {
          const busy = await harness.busy({ seconds: 90 });
          await harness.environment.run(after);
          await harness.pool.terminate(busy.instance);
          const grace = await returnBusy(harness, busy, 30, state);
          await forgotten(harness, 6 * MINUTE);
          const again = await servesAgain(harness, busy.instance);
          return { grace, again };
        });
        const graces = seen.map(({ grace }) => grace);
        see(`${state}: ${succeeded(graces)}, ready again at most ${highestOf(seen.map(({ again }) => again))} s after the next scale-out`);
      }
      const long = await each([20, 40], reuse(), async (harness, hours) => {
        const busy = await harness.busy({ seconds: hours * HOUR });
        await harness.pool.terminate(busy.instance);
        await harness.environment.run(hours * HOUR - MINUTE);
        assert.equal(harness.lifecycle(busy.instance), "Warmed:Pending:Wait");
        return returnBusy(harness, busy, 30);
      });
      see(`jobs of 20 h and 40 h: ${succeeded(long)}`);
    },
  );

  fault(
    {
      fault: "instance returned to the warm pool and called again at once",
      expected: "it serves again, however soon it is called, and however often it has returned",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs(every(0.5, 40), STATES),
        ([, state]) => reuse(state),
        async (harness, [after, state]) => {
          const { pool, environment } = harness;
          const [instance] = pool.ready() as [string];
          await pool.scaleTo(0);
          await environment.clock.sleep(after * 1000);
          await pool.scaleTo(1);
          // Before it rests, Auto Scaling launches another one, and takes that one back or this one.
          await harness.ready(1, 3 * MINUTE);
          for (let round = 0; round < 2; round++) {
            await pool.scaleTo(0);
            await harness.within(MINUTE, () => resting(harness, state).length > 0 && pool.inService().length === 0, "the scale-in ends");
            await pool.scaleTo(1);
            await harness.ready(1, 3 * MINUTE);
          }
          const [last] = pool.ready() as [string];
          const busy = await harness.busy({ seconds: 10, instance: last });
          await harness.ended(busy.job, 30);
          assert.equal(harness.state(busy.job), "succeeded");
          return last === instance;
        },
      );
      assert.ok(seen.some(Boolean) && seen.length === 120);
      see(`${count(seen.length, "pool")}, called again every half second from the scale-in on, and twice more: each ran a job at the end`);
    },
  );

  fault(
    {
      fault: "agent killed with SIGKILL during a return",
      expected: "the job succeeds and the instance returns; without an agent the heartbeat timer starts the drain",
      where: "simulated",
    },
    async (see) => {
      const killAgent = (harness: Harness, instance: string, forGood: boolean) =>
        harness.environment.hosts.running(instance)?.killAgent(forGood);
      const graces = await each(every(0.5, 60, 0.25), reuse(), async (harness, after) => {
        const busy = await harness.busy({ seconds: 8 });
        await harness.pool.terminate(busy.instance);
        await harness.environment.clock.sleep(after * 1000);
        killAgent(harness, busy.instance, false);
        const grace = await returnBusy(harness, busy, 60);
        await servesAgain(harness, busy.instance);
        return grace;
      });
      see(`killed at every half second of it: ${succeeded(graces)} and served again`);
      const alone = await each(every(15, 4), reuse(), async (harness, after) => {
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        killAgent(harness, busy.instance, true);
        await harness.pool.terminate(busy.instance);
        const grace = await returnBusy(harness, busy, 6 * MINUTE);
        await servesAgain(harness, busy.instance);
        return Math.ceil(grace / MINUTE);
      });
      see(
        `never restarted: ${count(alone.length, "job")} succeeded, instances rested at most ${highestOf(alone)} min after the job and served again after their next boot`,
      );
    },
  );

  fault(
    {
      fault: "completion killed with SIGKILL during a return",
      expected: "the instance returns, renewed, and serves again",
      where: "simulated",
    },
    async (see) => {
      const graces = await each(
        pairs(every(0.25, 60, 5), ["Stopped", "Running"] as const),
        ([, state]) => reuse(state),
        async (harness, [after, state]) => {
          const busy = await harness.busy({ seconds: 8 });
          await harness.pool.terminate(busy.instance);
          await harness.environment.clock.sleep(after * 1000);
          harness.environment.hosts.running(busy.instance)?.killCompletion();
          const grace = await returnBusy(harness, busy, 60, state);
          await servesAgain(harness, busy.instance);
          return grace;
        },
      );
      see(`killed at every quarter second from 3 s before the end of the job on: ${succeeded(graces)} and served again`);
    },
  );

  fault(
    {
      fault: "events of a return lost",
      expected: "the host returns by itself; a sweep removes its runner, and provides the token of its next launch",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(every(15, 4), reuse(), async (harness, after) => {
        const busy = await harness.busy({ seconds: 60 });
        await harness.environment.run(after);
        harness.environment.bus.settings.loss = 1;
        await harness.pool.terminate(busy.instance);
        const grace = await returnBusy(harness, busy, 30);
        await forgotten(harness, 11 * MINUTE);
        const again = await servesAgain(harness, busy.instance, 11 * MINUTE);
        return { grace, again };
      });
      see(
        `${succeeded(seen.map(({ grace }) => grace))}, and were ready again within ${Math.ceil(highestOf(seen.map(({ again }) => again)) / MINUTE)} min of the next scale-out`,
      );
      // Called again before any sweep: GitHub still lists the runner of the service before.
      const quick = await each(every(60, 5), reuse(), async (harness, after) => {
        const [instance] = harness.pool.ready() as [string];
        await harness.environment.run(after);
        harness.environment.bus.settings.loss = 1;
        await harness.pool.scaleTo(0);
        await backInPool(harness, instance, 60);
        return servesAgain(harness, instance, 11 * MINUTE);
      });
      see(`the same within ${Math.ceil(highestOf(quick) / MINUTE)} min if called at once, while GitHub still listed the old runner`);
    },
  );

  fault(
    {
      fault: "events of a return late",
      expected: "an event that arrives during the next service neither stops, cordons nor removes its runner",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs([5, 20, 40, 60, 90, 300], ["Stopped", "Running"] as const),
        ([, state]) => reuse(state),
        async (harness, [late, state]) => {
          const { environment, pool } = harness;
          const [instance] = pool.ready() as [string];
          Object.assign(environment.bus.settings.delay, { min: late * 1000, max: late * 1000 });
          await pool.scaleTo(0);
          await backInPool(harness, instance, 60, state);
          Object.assign(environment.bus.settings.delay, { min: 150, max: 600 });
          const again = await servesAgain(harness, instance, 11 * MINUTE);
          await environment.run(2 * late + MINUTE);
          assert.deepEqual(pool.ready(), [instance], "its runner is still online");
          const [runner] = environment.github.runners();
          assert.ok(runner!.labels.length > 0, "and has its labels");
          await runsJob(harness, instance);
          return again;
        },
      );
      see(
        `${count(seen.length, "return")}, events 5 to 300 s late: each instance served again, kept its runner and labels, and ran two jobs`,
      );
    },
  );

  fault(
    {
      fault: "reboot during a return",
      expected: "the instance returns after its boot, renewed, and serves again",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(
        pairs(every(0.5, 40), STATES),
        ([, state]) => reuse(state),
        async (harness, [after, state]) => {
          const { environment, pool } = harness;
          const [instance] = pool.ready() as [string];
          await pool.scaleTo(0);
          await environment.clock.sleep(after * 1000);
          const rebooted = harness.lifecycle(instance) === "Warmed:Pending:Wait";
          if (rebooted) environment.hosts.cutPower(instance, 5_000);
          await backInPool(harness, instance, 2 * MINUTE, state);
          await servesAgain(harness, instance);
          return rebooted;
        },
      );
      const rebooted = seen.filter(Boolean).length;
      assert.ok(rebooted > 20, `${rebooted}`);
      see(`${count(rebooted, "power cut")} at every half second of a return: each instance rested in the warm pool and served again`);
    },
  );

  fault(
    {
      fault: "machine that cannot be renewed",
      expected: "it returns, but takes no job: its next launch tries again, or is abandoned and the instance replaced",
      where: "simulated",
    },
    async (see) => {
      for (const state of STATES) {
        const [healed] = await each([true], reuse(state), async (harness) => {
          const instance = await returnSpoilt(harness, state);
          harness.environment.hosts.spoilRenewal(instance, false);
          return servesAgain(harness, instance, 3 * MINUTE);
        });
        const [replaced] = await each([true], reuse(state), async (harness) => {
          const instance = await returnSpoilt(harness, state);
          await harness.pool.scaleTo(1);
          await harness.ready(1, 5 * MINUTE);
          assert.ok(!harness.pool.inService().includes(instance), "it never enters service");
          await harness.gone(instance, 2 * MINUTE);
          return harness.metric(METRIC.failedRenewals);
        });
        assert.ok(healed! > 0 && replaced! >= 2);
      }
      see(
        "Stopped, Hibernated and Running: renewed at its next launch where that worked, else the launch abandoned and another instance in service; FailedRenewals counted",
      );
    },
  );

  fault(
    {
      fault: "return completed by someone else",
      expected: "the job is not lost, and the instance is renewed before it serves again",
      where: "simulated",
    },
    async (see) => {
      const seen = await each(every(0.25, 40, 1.5), reuse("Running"), async (harness, after) => {
        const [instance] = harness.pool.ready() as [string];
        const completed = await completeEarly(harness, instance, after);
        await servesAgain(harness, instance, 3 * MINUTE);
        assert.ok(harness.hostLogged(instance, /^machine renewed/) >= 1);
        return completed;
      });
      const early = seen.filter(Boolean).length;
      assert.ok(early > 10, `${early}`);
      see(
        `${count(early, "return")} completed by an operator at every quarter second from 1.5 s on: each instance was renewed, registered anew and ran a job`,
      );
      // Before the agent's next reading of the metadata: the runner is still in service, so nothing continues the launch.
      const unseen = await each([0.25, 0.5, 0.75], reuse("Running", { launchTimeout: 120 }), async (harness, after) => {
        const [instance] = harness.pool.ready() as [string];
        await completeEarly(harness, instance, after);
        await harness.pool.scaleTo(1);
        const busy = await harness.busy({ seconds: 5 * MINUTE, instance });
        await harness.ended(busy.job, 6 * MINUTE);
        assert.equal(harness.state(busy.job), "succeeded");
        await harness.ready(1, 10 * MINUTE);
      });
      see(
        `called again within the same second: ${count(unseen.length, "job")} of 5 min succeeded, and a pool in service after the launch had timed out`,
      );
    },
  );

  fault(
    {
      fault: "registration token missing after a return",
      expected: "the launch is abandoned and the instance replaced; it does not serve with its old registration",
      where: "simulated",
    },
    async (see) => {
      const [seconds] = await each([1], reuse(), async (harness) => {
        const { environment, pool } = harness;
        const [instance] = pool.ready() as [string];
        await pool.scaleTo(0);
        await backInPool(harness, instance, 60);
        const remove = harness.intercept((call, through) =>
          call.action === "secretsmanager:GetSecretValue" && call.instance === instance
            ? Promise.reject(Object.assign(new Error("not authorized"), { name: "AccessDeniedException" }))
            : through(),
        );
        const begun = environment.clock.now();
        await pool.scaleTo(1);
        await harness.gone(instance, 15 * MINUTE);
        remove();
        await harness.ready(1, 5 * MINUTE);
        assert.ok(!pool.inService().includes(instance));
        return (environment.clock.now() - begun) / 1000;
      });
      see(`the instance was replaced by another one, in service within ${Math.ceil(seconds! / MINUTE)} min`);
    },
  );

  fault(
    {
      fault: "warm pool deleted during a return",
      expected:
        "the job succeeds, although its instance terminates from the warm pool, where the functions end the action of a host that is off",
      where: "simulated",
    },
    async (see) => {
      for (const loss of [0, 1]) {
        const graces = await each(every(20, 8), reuse(), async (harness, after) => {
          const { environment, pool } = harness;
          const busy = await harness.busy({ seconds: 20 * MINUTE });
          await pool.terminate(busy.instance);
          await environment.run(after);
          environment.bus.settings.loss = loss;
          await environment.gateway.call({ kind: "operator" }, "autoscaling:DeleteWarmPool", { AutoScalingGroupName: pool.names.group });
          await environment.run(MINUTE);
          assert.equal(harness.lifecycle(busy.instance), "Warmed:Terminating:Wait");
          return harness.keepsPromise(busy, { jobWithin: 20 * MINUTE, grace: 60 });
        });
        see(
          `events ${loss === 0 ? "delivered" : "lost"}: ${count(graces.length, "job")} succeeded, instances terminated at most ${highestOf(graces)} s after the job`,
        );
      }
    },
  );
});

/** Scales in, and completes the return's action after so many seconds, if it is open by then. The instance rests in the pool. */
async function completeEarly(harness: Harness, instance: string, after: number): Promise<boolean> {
  const { environment, pool } = harness;
  await pool.scaleTo(0);
  await environment.clock.sleep(after * 1000);
  const action = { AutoScalingGroupName: pool.names.group, LifecycleHookName: pool.names.terminateHook, InstanceId: instance };
  const call = environment.gateway.call({ kind: "operator" }, "autoscaling:CompleteLifecycleAction", {
    ...action,
    LifecycleActionResult: "CONTINUE",
  });
  const completed = await call.then(
    () => true,
    () => false,
  );
  await backInPool(harness, instance, 60, "Running");
  return completed;
}

/** An instance whose renewal fails returns to the pool. */
async function returnSpoilt(harness: Harness, state: State): Promise<string> {
  const [instance] = harness.pool.ready() as [string];
  await runsJob(harness, instance);
  // As long as it is protected, the pool launches another instance for the room that it has.
  await harness.environment.run(10);
  harness.environment.hosts.spoilRenewal(instance, true);
  await harness.pool.scaleTo(0);
  await backInPool(harness, instance, 2 * MINUTE, state);
  assert.ok(harness.metric(METRIC.failedRenewals) >= 1);
  return instance;
}

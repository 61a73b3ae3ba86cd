import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import { count, fault } from "../support/fault-table";
import { each, every, highestOf, HOUR, kept, MINUTE, pairs, type Harness } from "./harness";

const never = () => new Promise<never>(() => undefined);

/** Seconds; more than any function's timeout except the sweep's. */
const TIMEOUT = 60;

/**
 * Ends each function's process at its n-th call to AWS, `times` times, with or without the call's effect: `crash` at
 * once, as SIGKILL does; `hang` at the function's timeout, blocked until then.
 */
function endAt(harness: Harness, how: "crash" | "hang", { at, effect, times }: { at: number; effect: boolean; times: number }): void {
  const { functions, clock } = harness.environment;
  const invoke = functions.invoke.bind(functions);
  const left = new Map<string, number>();
  const running = new Map<string, { calls: number; stuck: boolean; die(errorType: string): void }>();
  functions.invoke = (name, event, requestId = functions.newRequestId()) => {
    const tries = left.get(name) ?? times;
    left.set(name, tries - 1);
    running.delete(name);
    const answer = invoke(name, event, requestId);
    if (tries <= 0) return answer;
    const run = { calls: 0, stuck: false, die: (_: string): void => undefined };
    running.set(name, run);
    const died = new Promise<Awaited<typeof answer>>((resolve) => {
      run.die = (errorType) => {
        functions.endProcess(name);
        resolve({ requestId, error: { errorType, errorMessage: "the process ended" } });
      };
    });
    return Promise.race([answer.then((outcome) => (run.stuck ? never() : outcome)), died]);
  };
  harness.intercept(async ({ principal }, through) => {
    const run = running.get(principal);
    if (!run || ++run.calls !== at) return through();
    run.stuck = true;
    if (effect) await through().catch(() => undefined);
    if (how === "crash") run.die("Runtime.ExitError");
    else clock.after(TIMEOUT * 1000, () => run.die("Sandbox.Timedout"));
    return never();
  });
}

async function lifetime(harness: Harness): Promise<{ launch: number; grace: number }> {
  const begun = harness.environment.clock.now();
  await harness.ready(1, 14 * MINUTE);
  const launch = Math.ceil((harness.environment.clock.now() - begun) / 1000);
  const busy = await harness.busy({ seconds: 300 });
  await harness.environment.run(20);
  await harness.pool.terminate(busy.instance);
  const grace = await harness.keepsPromise(busy, { jobWithin: 310, grace: 30, clearWithin: 90 * MINUTE });
  return { launch, grace };
}

describe("faults of functions, simulated", () => {
  for (const [name, how] of [
    ["function crash", "crash"],
    ["function timeout", "hang"],
  ] as const) {
    fault(
      {
        fault: name,
        expected: "Lambda retries, then the sweep does the work; drains are unaffected",
        where: "simulated",
      },
      async (see) => {
        const ways = pairs(pairs(every(1, 6, 1), [false, true]), [1, 2, 3]);
        const seen = await each(ways, { launching: true }, async (harness, [[at, effect], times]) => {
          endAt(harness, how, { at, effect, times });
          const lived = await lifetime(harness);
          return { ...lived, letters: harness.deadLetters().length };
        });
        const graces = seen.map(({ grace }) => grace);
        assert.ok(
          seen.some(({ letters }) => letters > 0),
          "three failures leave a dead letter",
        );
        see(`every function stopped at its 1st to 6th call, 1 to 3 times in a row: ${count(seen.length, "job")} succeeded`);
        see(
          `in service within ${Math.ceil(highestOf(seen.map(({ launch }) => launch)) / 60)} min, instances terminated at most ${highestOf(graces)} s after the job, ${count(seen.filter(({ letters }) => letters > 0).length, "run")} with dead letters, nothing left`,
        );
      },
    );
  }

  fault(
    {
      fault: "function cold start",
      expected: "a drain starts before the function does, and a launch waits only for its token",
      where: "simulated",
    },
    async (see) => {
      const seen = await each([3, 10, 30], { launching: true }, async (harness, seconds) => {
        Object.assign(harness.environment.latencies.start, { min: seconds * 1000, max: seconds * 1000 });
        const begun = harness.environment.clock.now();
        await harness.ready(1, 120);
        const launch = Math.ceil((harness.environment.clock.now() - begun) / 1000) - seconds;
        const busy = await harness.busy({ seconds: 60 });
        await harness.pool.terminate(busy.instance);
        await harness.environment.run(2);
        assert.equal(harness.environment.hosts.running(busy.instance)!.unit.snapshot().active, "deactivating", "it is already draining");
        const grace = await harness.keepsPromise(busy, { jobWithin: 70, grace: 30 });
        return { launch, grace };
      });
      see(
        `3 to 30 s: in service at most ${highestOf(seen.map(({ launch }) => launch))} s after the function's start, drains started within 2 s, ${kept(seen.map(({ grace }) => grace))}`,
      );
    },
  );

  fault({ fault: "dead-letter replay", expected: "an event handled hours later does no harm", where: "simulated" }, async (see) => {
    // Every event ends as a dead letter; then all are replayed at once: while the job runs, during its drain, or long after.
    const seen = await each(
      pairs(["in service", "draining", "gone"] as const, [0.5, 3]),
      { launching: true, pool: { instances: 2 } },
      async (harness, [when, hours]) => {
        const { environment, pool } = harness;
        const heal = [
          environment.faults.inject({ action: "ssm:SendCommand", error: throttling() }),
          environment.faults.inject({ action: "secretsmanager:CreateSecret", principal: pool.names.registerFunction, error: throttling() }),
          environment.faults.inject({
            action: "autoscaling:DescribeAutoScalingInstances",
            principal: pool.names.deregisterFunction,
            error: throttling(),
          }),
        ];
        await harness.ready(2, 12 * MINUTE); // with tokens from the sweep
        const busy = await harness.busy({ seconds: (hours + 1) * HOUR });
        const neighbour = await harness.busy({ seconds: 12 * HOUR, instance: pool.ready().find((id) => id !== busy.instance)! });
        await environment.run(10 * MINUTE);
        if (when !== "in service") await pool.terminate(busy.instance);
        await environment.run(hours * HOUR);
        if (when === "gone") {
          await harness.gone(busy.instance, 2 * HOUR);
          await environment.run(hours * HOUR);
        }
        const letters = harness.deadLetters();
        assert.ok(letters.length >= (when === "in service" ? 2 : 3), `${letters.length} dead letters`);
        heal.forEach((lift) => lift());
        for (const { body } of letters) {
          const { requestPayload, requestContext } = JSON.parse(body);
          assert.ok(environment.async.invoke(requestContext.functionArn.split(":")[6], requestPayload));
        }
        await environment.run(5 * MINUTE);
        assert.equal(harness.state(neighbour.job), "acquired");
        assert.ok(pool.ready().includes(neighbour.instance));
        assert.equal(harness.deadLetters().length, letters.length, "no replayed event becomes a dead letter again");
        if (when === "in service") await pool.terminate(busy.instance);
        await harness.ended(busy.job, 4 * HOUR);
        assert.equal(harness.state(busy.job), "succeeded");
        await harness.gone(busy.instance, 60);
        await harness.cleared(80 * MINUTE);
        assert.equal(harness.metric(METRIC.busyAtTermination), 0);
        return letters.length;
      },
    );
    see(
      `${count(
        seen.reduce((sum, letters) => sum + letters, 0),
        "event",
      )} replayed half an hour to 3 h later, in service, in the drain and after the end: ${count(seen.length * 2, "job")} untouched, no new dead letter, unused tokens swept`,
    );
  });
});

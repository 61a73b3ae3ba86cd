import assert from "node:assert/strict";
import { SCALE_METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import { fault } from "../support/fault-table";
import { breakBundle, interceptCalls } from "./demand-faults";
import { ANNOUNCED, demandPool, MINUTE, within } from "./demand-harness";

const SET = "autoscaling:SetDesiredCapacity";
const TERMINATE = "autoscaling:TerminateInstanceInAutoScalingGroup";

describe("faults of the scaler, simulated", () => {
  const pool = demandPool();

  fault(
    {
      fault: "scaler down for 10 minutes",
      expected: "running jobs are unaffected, alarms report it, and the first pass after it catches up",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const running = pool().queue("running", { seconds: 11 * MINUTE });
        await pool().until("the job to start", 3 * MINUTE, () => pool().job(running).state === "acquired");
        const repair = breakBundle(pool(), pool().scaler);
        const waiting = pool().queue("waiting");
        await pool().sleep(10 * MINUTE);
        assert.equal(pool().launches(since), 1, "something else than the scaler launched an instance");
        assert.ok(pool().inAlarm("scale-function-errors"));
        const repaired = pool().clock.now();
        repair();
        await pool().succeed([running, waiting], 5 * MINUTE);
        const seconds = (pool().job(waiting).acquiredAt! - repaired) / 1000;
        see(`alarm scale-function-errors; the running job succeeded, the waiting one started ${within(ANNOUNCED, seconds)} of the repair`);
      });
    },
  );

  fault(
    {
      fault: "Auto Scaling slow for the scaler",
      expected: "a pass takes longer, and ends within its bound",
      where: "simulated",
    },
    async (see) => {
      const end = pool().aws.faults.inject({
        action: "autoscaling:DescribeAutoScalingGroups",
        principal: pool().scaler,
        delayMs: 2000,
        times: 3,
      });
      const wait = await pool().during(() => pool().succeed([pool().queue("patient")], 3 * MINUTE));
      end();
      see(`2 s a call: the job started ${within(ANNOUNCED, wait)}`);
    },
  );

  fault(
    {
      fault: "Auto Scaling throttled for the scaler",
      expected: "what a pass could not change is counted, alarmed if repeated, and changed by the next pass",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const ends = [SET, TERMINATE].map((action) => pool().aws.faults.inject({ action, principal: pool().scaler, error: throttling() }));
        const job = pool().queue("throttled");
        await pool().alarmed("scaler-errors", 10 * MINUTE);
        assert.equal(pool().launches(since), 0);
        const over = pool().clock.now();
        for (const end of ends) end();
        await pool().succeed([job], 4 * MINUTE);
        const errors = pool().metric(SCALE_METRIC.scalerErrors, since);
        assert.ok(errors > 1);
        see(
          `ScalerErrors at each pass, alarm scaler-errors; the job started ${within(ANNOUNCED, (pool().job(job).acquiredAt! - over) / 1000)} of the end`,
        );
      });
    },
  );

  fault(
    {
      fault: "scaler killed between raising and recording",
      expected: "what it raised stays, its lease ends, and no pass raises it again",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      let killed = 0;
      const end = interceptCalls(pool(), async ({ principal, action }, through) => {
        const reply = await through();
        if (principal === pool().scaler && action === SET && killed++ === 0) await pool().aws.lambda.kill(pool().scaler);
        return reply;
      });
      const wait = await pool().during(async () => {
        const jobs = ["one", "two"].map((name) => pool().queue(name));
        const longest = await pool().succeed(jobs, 4 * MINUTE);
        await pool().untilSeen("a pass after it", 3 * MINUTE, () => pool().metric(SCALE_METRIC.scalerPasses, since) > 0);
        return longest;
      });
      end();
      assert.equal(killed, 1, "the kill missed its moment, or the capacity was raised again");
      assert.equal(pool().launches(since), 2);
      see(`killed after SetDesiredCapacity: 2 jobs started ${within(ANNOUNCED, wait)}, 2 launches, capacity raised once, passes resumed`);
    },
  );

  fault(
    {
      fault: "two scalers at once",
      expected: "one of them acts, the other asks it for another pass; the capacity is raised once",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      let raised = 0;
      let begun = false;
      const others: Promise<unknown>[] = [];
      const end = interceptCalls(pool(), async ({ principal, action }, through) => {
        if (principal !== pool().scaler) return through();
        if (action === SET) raised += 1;
        // While the first one works: it has the lease.
        if (action === "autoscaling:DescribeAutoScalingGroups" && !begun) {
          begun = true;
          others.push(pool().invoke(pool().scaler), pool().invoke(pool().scaler));
          await Promise.all(others);
        }
        return through();
      });
      await pool().during(() => pool().succeed([pool().queue("wanted")], 3 * MINUTE));
      end();
      const asked = pool().logged(pool().scaler, "was asked for another pass").length;
      assert.ok(asked >= 2, "the others did not overlap");
      assert.equal(raised, 1);
      assert.equal(pool().launches(since), 1);
      see(`3 invocations at once: 2 asked for another pass, capacity raised ${raised} time, 1 launch`);
    },
  );

  fault(
    {
      fault: "instance busy in the moment of its scale-in by the scaler",
      expected: "the drain lets the job end",
      where: "simulated",
    },
    async (see) => {
      const since = pool().clock.now();
      await pool().during(async () => {
        const caught: string[] = [];
        let terminated = 0;
        const end = interceptCalls(pool(), async ({ principal, action }, through) => {
          // The job is assigned to the idle runner before the call takes effect.
          if (principal === pool().scaler && action === TERMINATE && terminated++ === 0)
            caught.push(pool().queue("caught", { seconds: 120 }));
          return through();
        });
        await pool().succeed([pool().queue("first", { seconds: 5 })], 3 * MINUTE);
        await pool().untilSeen("the scale-in", 4 * MINUTE, () => terminated > 0);
        await pool().succeed(caught, 8 * MINUTE);
        end();
        const { requeues, runnerName } = pool().job(caught[0]!);
        assert.equal(requeues, 0);
        const hit = pool().environment.context.timeline.events.find(
          (event) => event.kind === "instance-state" && event.at >= since && event.state === "Terminating:Wait",
        );
        assert.equal(hit?.kind === "instance-state" && hit.instance, runnerName, "the job ran elsewhere");
        see("assigned as TerminateInstanceInAutoScalingGroup began: the job succeeded on the draining instance");
      });
    },
  );
});

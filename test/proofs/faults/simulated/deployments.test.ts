import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { AwsError } from "../../../../rehearsal/aws/api";
import { fault } from "../support/fault-table";
import { each, HOUR, MINUTE, type Harness } from "./harness";

const START = "autoscaling:StartInstanceRefresh";
const CANCEL = "autoscaling:CancelInstanceRefresh";

const group = ({ environment, pool }: Harness) => environment.autoscaling.group(pool.names.group)!;

/** Launch template versions of the instances in service and in the warm pool, sorted. */
function versions(harness: Harness): string[] {
  const counted = group(harness).instances.filter(({ state }) => /^(InService|Warmed:(Stopped|Running|Hibernated))$/.test(state));
  return counted.map(({ launchTemplateVersion }) => launchTemplateVersion).sort();
}

const everywhere = (harness: Harness, version: number, instances: number) => () =>
  versions(harness).length === instances && versions(harness).every((one) => one === String(version));

/** Successful calls, by their caller. */
const calls = ({ environment }: Harness, action: string) =>
  environment.timeline.events.flatMap((e) => (e.kind === "api-call" && e.action === action && e.outcome === "ok" ? [e.principal] : []));

/** Virtual seconds: longer than the 15 minutes for which the provider waits for a cancellation. */
const JOB = 25 * MINUTE;
/** A pool in which each busy instance that the refresh replaces drains at once, for as long as its job. */
const DRAINING = { pool: { instances: 3, protectedInstances: "Refresh" } } as const;

async function refreshDuringJobs(harness: Harness): Promise<string[]> {
  const jobs: string[] = [];
  for (const instance of harness.pool.ready()) jobs.push((await harness.busy({ seconds: JOB, instance })).job);
  await harness.pool.deploy();
  await harness.within(2 * MINUTE, () => harness.pool.instances("Terminating:Wait").length > 0, "the refresh begins a drain");
  assert.equal(group(harness).refresh, "InProgress");
  return jobs;
}

function allSucceeded(harness: Harness, jobs: readonly string[]): void {
  assert.deepEqual([...new Set(jobs.map((job) => harness.state(job)))], ["succeeded"]);
}

describe("deployments at bad moments, simulated", () => {
  fault(
    {
      fault: "second deployment during a drain longer than the provider waits",
      expected: "it succeeds, the whole pool ends on the last template and every job succeeds; so with a rollback as the third",
      where: "simulated",
    },
    async (see) => {
      const seen = await each([1, 20], DRAINING, async (harness, after) => {
        const jobs = await refreshDuringJobs(harness);
        await harness.environment.run(after);
        const begun = harness.environment.clock.now();
        await harness.pool.deploy();
        await harness.environment.run(20);
        await harness.pool.deploy();
        const seconds = Math.ceil((harness.environment.clock.now() - begun) / 1000);
        await harness.within(HOUR, everywhere(harness, 4, 3), "the whole pool on version 4");
        for (const job of jobs) await harness.ended(job, JOB);
        allSucceeded(harness, jobs);
        assert.ok(!calls(harness, START).includes(harness.pool.names.sweepFunction), "the sweep had to start a refresh");
        return seconds;
      });
      assert.ok(Math.max(...seen) < 2 * MINUTE, String(seen));
      see(
        `${seen.length} moments: second deployment and rollback took less than 2 min together, whole pool on the last template, all jobs succeeded`,
      );

      // The control: as a component of 0.2.0 deploys.
      await each([1], DRAINING, async (harness) => {
        await refreshDuringJobs(harness);
        await assert.rejects(
          harness.pool.deploy({ invokes: false }),
          /instance refresh cancel: timeout after 900 s: its status is Cancelling/,
        );
      });
      see(`without the cancellation before the update: the deployment fails after 15 min`);
    },
  );

  fault(
    {
      fault: "deployment that failed to start its refresh",
      expected: "the sweep starts it after the drain, and the whole pool ends on the last template",
      where: "simulated",
    },
    async (see) => {
      const deployedInVain = async (harness: Harness) => {
        const jobs = await refreshDuringJobs(harness);
        await assert.rejects(harness.pool.deploy({ invokes: false }));
        return jobs;
      };
      const warmPool = { minSize: 1, maxGroupPreparedCapacity: 4, poolState: "Stopped" as const };
      for (const pool of [DRAINING.pool, { ...DRAINING.pool, maxSize: 8, warmPool }]) {
        const instances = "warmPool" in pool ? 4 : 3;
        await each([1], { pool }, async (harness) => {
          const jobs = await deployedInVain(harness);
          await harness.within(HOUR, everywhere(harness, 3, instances), "the whole pool on version 3");
          for (const job of jobs) await harness.ended(job, JOB);
          allSucceeded(harness, jobs);
          assert.deepEqual(
            calls(harness, START).filter((by) => by !== "operator"),
            [harness.pool.names.sweepFunction],
          );
          assert.equal(harness.highest(METRIC.outdatedInstances), 0);
        });
      }
      see("with and without a warm pool: one refresh started by the sweep, whole pool on the last template, all jobs succeeded");

      // The control: a sweep that may not start it.
      await each([1], DRAINING, async (harness) => {
        harness.intercept(({ principal, action }, through) => {
          if (principal !== harness.pool.names.sweepFunction || action !== START) return through();
          throw new AwsError("AccessDenied", "not authorized to perform autoscaling:StartInstanceRefresh", 403);
        });
        await deployedInVain(harness);
        await harness.environment.run(3 * HOUR);
        assert.ok(
          versions(harness).some((version) => version !== "3"),
          "something else replaced the old instances",
        );
        assert.ok(harness.metric(METRIC.sweepErrors) > 0);
      });
      see("without the sweep's start: old instances for as long as the test looked (3 h)");
    },
  );

  fault(
    {
      fault: "deployment that cancelled a refresh and failed to start its own",
      expected: "the sweep does not take the cancellation for an operator's and starts the refresh, also if the deployment was repeated",
      where: "simulated",
    },
    async (see) => {
      await each(["once", "repeated"], DRAINING, async (harness, how) => {
        const { pool } = harness;
        const jobs = await refreshDuringJobs(harness);
        harness.intercept(({ principal, action }, through) => {
          if (principal !== "operator" || action !== START) return through();
          throw new AwsError("Throttling", "Rate exceeded");
        });
        if (how === "repeated") {
          await assert.rejects(pool.deploy({ updates: false }), /could not be updated/);
          assert.equal(group(harness).refresh, "Cancelled");
          await harness.environment.run(3 * HOUR);
          assert.deepEqual(calls(harness, START), ["operator"], "a refresh to a version that the next deployment replaces");
          assert.ok(harness.highest(METRIC.outdatedInstances) > 0, "no alarm");
        }
        await assert.rejects(pool.deploy(), /Rate exceeded/);
        assert.equal(group(harness).refresh, "Cancelled");
        assert.deepEqual(calls(harness, CANCEL), [pool.names.sweepFunction]);
        await harness.within(HOUR, everywhere(harness, 3, 3), "the whole pool on version 3");
        for (const job of jobs) await harness.ended(job, JOB);
        allSucceeded(harness, jobs);
        assert.deepEqual(calls(harness, START), ["operator", pool.names.sweepFunction]);
      });
      see(
        "at once, and 3 h after one that did not update the group: one refresh started by the sweep, whole pool on the last template, all jobs succeeded",
      );
    },
  );

  fault(
    {
      fault: "refresh that fails because jobs are longer than it waits",
      expected: "the sweep tries again, less and less often and with an alarm, until the last job has ended",
      where: "simulated",
    },
    async (see) => {
      const [starts] = await each([6 * HOUR], { pool: { instances: 2 } }, async (harness, seconds) => {
        const { job } = await harness.busy({ seconds });
        await harness.pool.deploy();
        await harness.within(2 * HOUR, () => group(harness).refresh === "Failed", "the refresh gives up");
        await harness.ended(job, seconds);
        assert.equal(harness.state(job), "succeeded");
        const begun = calls(harness, START).filter((by) => by === harness.pool.names.sweepFunction).length;
        assert.ok(harness.highest(METRIC.outdatedInstances) === 1, "no alarm");
        await harness.within(3 * HOUR, everywhere(harness, 2, 2), "the whole pool on version 2");
        return begun;
      });
      assert.equal(starts, 2, "30 min after the first, 60 min after the second");
      see(`job of 6 h: it succeeded, ${starts} refreshes by the sweep meanwhile, then the whole pool on the last template`);
    },
  );

  fault(
    {
      fault: "refresh cancelled or suspended by an operator",
      expected: "the sweep overrides neither; a cancelled one raises an alarm, and the next deployment goes on",
      where: "simulated",
    },
    async (see) => {
      const onGroup = (harness: Harness, operation: string, params = {}) =>
        harness.environment.gateway.call({ kind: "operator" }, `autoscaling:${operation}`, {
          AutoScalingGroupName: harness.pool.names.group,
          ...params,
        });
      await each(["cancelled", "suspended"], DRAINING, async (harness, how) => {
        await refreshDuringJobs(harness);
        if (how === "suspended") await onGroup(harness, "SuspendProcesses", { ScalingProcesses: ["InstanceRefresh"] });
        await onGroup(harness, "CancelInstanceRefresh", { WaitForTransitioningInstances: false });
        await harness.environment.run(3 * HOUR);
        assert.ok(versions(harness).includes("1"), versions(harness).join());
        assert.deepEqual(calls(harness, START), ["operator"]);
        assert.equal(harness.highest(METRIC.outdatedInstances) > 0, how === "cancelled");
        if (how === "suspended") await onGroup(harness, "ResumeProcesses", { ScalingProcesses: ["InstanceRefresh"] });
        await harness.pool.deploy();
        await harness.within(HOUR, everywhere(harness, 3, 3), "the whole pool on version 3");
        assert.deepEqual([...new Set(calls(harness, CANCEL))], ["operator"]);
      });
      see("3 h without a start by the sweep; alarm if cancelled, none if suspended; the next deployment replaced all");
    },
  );
});

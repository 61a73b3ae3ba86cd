/** Instances that must take no further job although no termination has begun: a nearly full disk, and standby. */
import assert from "node:assert/strict";
import { LOG, PATHS, UNITS } from "../../../../contract/actions-runner-pool/host";
import type { TargetState } from "../../../../contract/aws/lifecycle";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { SDK_ATTEMPTS } from "../../../../host-config/shared/sdk-bounds";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { fill, inAlarm, launched } from "./host";
import { onOne, type Scenario } from "./scenario";
import type { TargetInstance } from "./target";

const HEALTH = "autoscaling:SetInstanceHealth";
const COMPLETE = "autoscaling:CompleteLifecycleAction";
/** KiB: far below the floor of 1 GiB, and enough for the runner to go on, so that only the agent keeps jobs away. */
const FREE = 65_536;
/** More than one call's attempts, so the completion's next run, 10 s later, was refused too: many ticks of the agent. */
const REFUSALS = SDK_ATTEMPTS + 1;

export const OUT_OF_SERVICE: readonly Scenario[] = [
  onOne(
    "full disk in service",
    "the running job succeeds, no other job starts there, an alarm is raised, and the group replaces the instance",
    async (target, see, pool) => {
      const { aws, github } = pool.environment;
      const job = await target.hold();
      await target.untilSeen("protection", () => target.isProtected);
      const launchedBefore = launched(pool, "Pending");
      await target.sh(fill([PATHS.runner], FREE));
      await target.until("a report to the group", () => target.calls(HEALTH).includes("ok"));
      await target.until("its termination", () => target.state === "Terminating:Wait");
      assert.match(await terminationCause(pool, target), /in response to a health check/);
      await target.untilLogged(LOG.drainBegun);
      await target.untilSeen("the alarm", () => inAlarm(pool, "full-disks") === true);
      assert.ok(aws.cloudwatch.metrics.all().some(({ name }) => name === METRIC.fullDisks));
      // Not until the group is full: other scenarios scale it in parallel.
      await target.until("a replacement", () => launched(pool, "InService").some((id) => !launchedBefore.includes(id)));
      assert.ok(!job.changes().includes("steps-ended"));
      const lift = aws.faults.inject({ action: COMPLETE, instance: target.id, error: throttling() });
      await job.release();
      await job.succeeds();
      await target.untilSeen("the runner to be offline", () => !isOnline(target));
      // Only now: a job that GitHub assigns before the fence is up is waited for, as in any drain.
      const next = target.queue();
      await target.until(
        `${REFUSALS} refused completions`,
        () => target.calls(COMPLETE).filter((outcome) => outcome !== "ok").length >= REFUSALS,
      );
      assert.ok(!isOnline(target));
      lift();
      const departed = await target.departs(job);
      assert.equal(next.state, "queued");
      github.cancelJob(next.id);
      see(
        `disk of the runner's folder nearly full: reported to the group as unhealthy, ${METRIC.fullDisks} counted and its alarm raised, another instance in service; the next job never started there; ${departed}`,
      );
    },
    { seconds: 90 },
  ),

  onOne(
    "instance put into standby during a job",
    "the job succeeds, the runner is offline until the instance is back in service, and then takes the next job",
    async (target, see, pool) => {
      const { group } = pool.environment.context;
      const job = await target.hold();
      await target.untilSeen("protection", () => target.isProtected);
      await group.enterStandby(target.id);
      await target.untilLogged(LOG.drainBegun);
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      await job.succeeds();
      await target.untilSeen("the runner to stop", async () => (await target.show(UNITS.runner, "ActiveState")) === "inactive");
      await target.untilSeen("the runner to be offline", () => !isOnline(target));
      const next = target.queue();
      // The next agent knows only what it reads from the host; an outage of the metadata must not look like a return.
      await target.killMain(UNITS.agent);
      await target.until("the next agent to know the target", () => learned(target, "Standby") === 2);
      const lift = pool.environment.aws.imdsFaults.inject(target.id, { kind: "down" });
      await target.untilLogged("instance metadata does not answer, keeping the last target state");
      lift();
      await target.untilLogged("instance metadata answers again");
      assert.equal(await target.show(UNITS.runner, "ActiveState"), "inactive");
      assert.deepEqual([target.state, next.state, isOnline(target)], ["Standby", "queued", false]);
      await group.exitStandby(target.id);
      await target.until("the next job's step to run", () => next.changes().includes("steps-started"));
      assert.deepEqual([target.state, isOnline(target)], ["InService", true]);
      await next.release();
      await next.succeeds();
      assert.ok(
        !pool.events.some((event) => event.kind === "action-opened" && event.instance === target.id && event.hook.endsWith("-terminate")),
      );
      see(
        "the job succeeded, then the runner was offline; a restarted agent and an outage of the metadata kept it so, and the next job stayed queued; back in service it succeeded",
      );
    },
    { keeps: true, seconds: 90 },
  ),
];

/** How often an agent has learned that this is its instance's target state. */
function learned(target: TargetInstance, state: TargetState): number {
  return target.logged("target lifecycle state").filter(({ to }) => to === state).length;
}

/** Why the group has terminated the instance, in Auto Scaling's words. */
async function terminationCause({ environment: { aws } }: LivePool, { id }: TargetInstance): Promise<string> {
  const group = { AutoScalingGroupName: aws.autoscaling.groupNames()[0]! };
  const { Activities } = await aws.gateway.call({ kind: "operator" }, "autoscaling:DescribeScalingActivities", group);
  const activities = Activities as { Description: string; Cause: string }[];
  return activities.find(({ Description }) => Description.startsWith("Terminating") && Description.includes(id))?.Cause ?? "";
}

function isOnline(target: TargetInstance): boolean {
  return target.pool.environment.context.jobs.online().includes(target.id);
}

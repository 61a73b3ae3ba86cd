/** What happens to the machine as a whole. */
import assert from "node:assert/strict";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import { LOG, PATHS, UNITS } from "../../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { onOne, type Scenario } from "./scenario";
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { TargetInstance } from "./target";

/** Seconds; short enough for a test, long enough to see that a drain waits at all. */
const SHORT_DRAIN = 10;

export const HOST: readonly Scenario[] = [
  onOne("reboot during a drain", "the reboot waits for the job, and the instance goes", async (victim, see) => {
    const job = await victim.hold();
    await victim.scaleIn();
    await victim.sh("systemctl reboot --no-block");
    await victim.untilSeen("a shutdown that waits", async () =>
      (await victim.sh("systemctl list-jobs --no-legend")).includes("reboot.target"),
    );
    assert.ok(!job.changes().includes("steps-ended"));
    await job.release();
    see(`reboot pending during the job; ${await victim.departs(job)}`);
  }),

  onOne(
    "power-off without notice",
    "the instance is replaced, and what was lost is reported",
    async (victim, see, pool) => {
      const { aws } = pool.environment;
      const job = await victim.hold();
      // Process 1 has no part in this: the kernel ends the machine. EC2 then tells the group.
      await pool.run(victim.id, "systemctl poweroff --force --force").catch(() => undefined);
      const instance = aws.fleet.get(victim.id);
      assert.ok(instance);
      const launchedBefore = launched(pool, "Pending");
      await aws.fleet.lose(instance);
      await victim.until("the health check", () => victim.state === "Terminating:Wait");
      // Nobody beats for it any more. What the timeout does after ten minutes an operator does now.
      const action = {
        AutoScalingGroupName: autoScalingGroup(pool),
        LifecycleHookName: `${autoScalingGroup(pool)}-terminate`,
        InstanceId: victim.id,
      };
      await aws.gateway.call({ kind: "operator" }, "autoscaling:CompleteLifecycleAction", { ...action, LifecycleActionResult: "ABANDON" });
      await victim.untilSeen("retention", () => victim.state === "Terminating:Retained");
      // Not until the group is full: other scenarios scale it all the time.
      await victim.until("an instance in its place", () => launched(pool, "InService").some((id) => !launchedBefore.includes(id)));
      const sweep = aws.store.list("aws:lambda/function:Function").find(({ state }) => String(state["name"]).endsWith("-sweep"));
      await aws.lambda.invoke(String(sweep?.state["name"]), {});
      assert.ok(aws.lambda.logs.some(({ line }) => line.includes(victim.id) && line.includes("retained instance is kept")));
      assert.equal(inAlarm(pool, "retained-instances"), true);
      assert.notEqual(job.state, "succeeded");
      see(
        `another instance in service; heartbeat timeout (hastened) led to Terminating:Retained, which the sweep logged, ${METRIC.retainedInstances} counted and its alarm raised`,
      );
    },
    { seconds: 90 },
  ),

  onOne(
    "worker hung for ever",
    "maxDrain ends it, which is logged and counted once",
    async (victim, see, pool) => {
      await shortenDrain(victim, SHORT_DRAIN);
      const job = await victim.hold();
      await victim.sh("kill -STOP $(pgrep -x Runner.Worker)");
      await victim.scaleIn();
      await victim.until("to be gone", () => pool.gone(victim.id));
      assert.equal(victim.logged(LOG.forcedStop).length, 1);
      const points = pool.environment.aws.cloudwatch.metrics.all().filter(({ name }) => name === METRIC.forcedStops);
      assert.equal(
        points.reduce((sum, { value, count }) => sum + value * count, 0),
        1,
      );
      assert.equal(inAlarm(pool, "forced-stops"), true);
      assert.notEqual(job.state, "succeeded");
      see(`forced stop logged once, ${METRIC.forcedStops} 1, alarm raised; instance terminated`);
    },
    { seconds: 70 },
  ),

  onOne("full disk during a job and its drain", "neither the drain nor the completion needs the disk", async (victim, see) => {
    const job = await victim.hold();
    await victim.sh(fill(["/var/log", "/var/tmp", "/var/lib/systemd", PATHS.runner, PATHS.home, "/etc/ci-runners"]));
    await victim.sh("systemctl restart systemd-journald.service");
    await victim.orderScaleIn();
    // Without a journal only systemd can tell.
    await victim.untilSeen("the drain", async () => (await victim.show(UNITS.runner, "ActiveState")) === "deactivating");
    assert.ok(!job.changes().includes("steps-ended"));
    await job.release();
    see(await victim.departs(job));
  }),
];

function autoScalingGroup(pool: LivePool): string {
  return pool.environment.aws.autoscaling.groupNames()[0]!;
}

/** The instances that have been in this state at any time. */
function launched(pool: LivePool, state: Extract<LifecycleState, "Pending" | "InService">): string[] {
  return pool.events.flatMap((event) => (event.kind === "instance-state" && event.state === state ? [event.instance] : []));
}

function inAlarm(pool: LivePool, suffix: string): boolean | undefined {
  return pool.environment.aws.alarms().find(({ name }) => name.endsWith(`-${suffix}`))?.inAlarm;
}

/** As a pool with another `maxDrain` would have been installed. */
export async function shortenDrain(victim: TargetInstance, seconds: number): Promise<void> {
  await victim.sh(`
    set -e
    ${PATHS.node} -e '
      const fs = require("fs"), file = "${PATHS.config}";
      fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file)), drainDeadline: ${seconds} }))'
    ${PATHS.node} ${PATHS.agent} install
    systemctl restart ${UNITS.agent}`);
}

/**
 * The machines' disk is this machine's own, which nobody may fill. So each folder becomes a small file system with the
 * same content and not a byte more.
 */
function fill(folders: readonly string[]): string {
  const each = folders.map(
    (folder) => `
    kept=$(mktemp -d /dev/shm/kept-XXXX)
    cp -a ${folder}/. "$kept"
    mount -t tmpfs -o "size=$(($(du -sk "$kept" | cut -f1) + 64))k,mode=755" full ${folder}
    cp -a "$kept/." ${folder}
    rm -r "$kept"
    cat /dev/zero > ${folder}/filling 2>/dev/null || true
    [ "$(df --output=avail ${folder} | tail -1)" -eq 0 ]`,
  );
  return `set -e\n${each.join("\n")}`;
}

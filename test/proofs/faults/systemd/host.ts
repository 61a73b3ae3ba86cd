/** Faults of the machine as a whole. */
import assert from "node:assert/strict";
import type { LifecycleState } from "../../../../contract/aws/lifecycle";
import { LOG, PATHS, UNITS } from "../../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { onOne, type Scenario } from "./scenario";
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { TargetInstance } from "./target";

/** Seconds; short enough for a test, long enough to show that the drain waits. */
const SHORT_DRAIN = 10;

export const HOST: readonly Scenario[] = [
  onOne("reboot during a drain", "the reboot waits for the job, and the instance terminates", async (target, see) => {
    const job = await target.hold();
    await target.scaleIn();
    await target.sh("systemctl reboot --no-block");
    await target.untilSeen("a pending shutdown", async () =>
      (await target.sh("systemctl list-jobs --no-legend")).includes("reboot.target"),
    );
    assert.ok(!job.changes().includes("steps-ended"));
    await job.release();
    see(`reboot pending during the job; ${await target.departs(job)}`);
  }),

  onOne(
    "power-off without notice",
    "the instance is replaced, and the loss is reported",
    async (target, see, pool) => {
      const { aws } = pool.environment;
      const job = await target.hold();
      // The kernel powers off without process 1. EC2 then reports it to the group.
      await pool.run(target.id, "systemctl poweroff --force --force").catch(() => undefined);
      const instance = aws.fleet.get(target.id);
      assert.ok(instance);
      const launchedBefore = launched(pool, "Pending");
      await aws.fleet.lose(instance);
      await target.until("the health check", () => target.state === "Terminating:Wait");
      // It sends no more heartbeats. The operator now does what the timeout would do after ten minutes.
      const action = {
        AutoScalingGroupName: autoScalingGroup(pool),
        LifecycleHookName: `${autoScalingGroup(pool)}-terminate`,
        InstanceId: target.id,
      };
      await aws.gateway.call({ kind: "operator" }, "autoscaling:CompleteLifecycleAction", { ...action, LifecycleActionResult: "ABANDON" });
      await target.untilSeen("retention", () => target.state === "Terminating:Retained");
      // Not until the group is full: other scenarios scale it in parallel.
      await target.until("a replacement", () => launched(pool, "InService").some((id) => !launchedBefore.includes(id)));
      const sweep = aws.store.list("aws:lambda/function:Function").find(({ state }) => String(state["name"]).endsWith("-sweep"));
      await aws.lambda.invoke(String(sweep?.state["name"]), {});
      assert.ok(aws.lambda.logs.some(({ line }) => line.includes(target.id) && line.includes("retained instance is kept")));
      assert.equal(inAlarm(pool, "retained-instances"), true);
      assert.notEqual(job.state, "succeeded");
      see(
        `another instance in service; heartbeat timeout (forced) led to Terminating:Retained, which the sweep logged, ${METRIC.retainedInstances} counted and its alarm raised`,
      );
    },
    { seconds: 90 },
  ),

  onOne(
    "worker hung forever",
    "maxDrain ends it, which is logged and counted once",
    async (target, see, pool) => {
      await shortenDrain(target, SHORT_DRAIN);
      const job = await target.hold();
      await target.sh("kill -STOP $(pgrep -x Runner.Worker)");
      await target.scaleIn();
      await target.until("to be gone", () => pool.gone(target.id));
      assert.equal(target.logged(LOG.forcedStop).length, 1);
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

  onOne("full disk during a job and its drain", "neither the drain nor the completion needs the disk", async (target, see) => {
    const job = await target.hold();
    await target.sh(fill(["/var/log", "/var/tmp", "/var/lib/systemd", PATHS.runner, PATHS.home, "/etc/ci-runners"]));
    await target.sh("systemctl restart systemd-journald.service");
    await target.requestScaleIn();
    // Without a journal, only systemd shows the state.
    await target.untilSeen("the drain", async () => (await target.show(UNITS.runner, "ActiveState")) === "deactivating");
    assert.ok(!job.changes().includes("steps-ended"));
    await job.release();
    see(await target.departs(job));
  }),
];

function autoScalingGroup(pool: LivePool): string {
  return pool.environment.aws.autoscaling.groupNames()[0]!;
}

/** The instances that have been in this state at any time. */
export function launched(pool: LivePool, state: Extract<LifecycleState, "Pending" | "InService">): string[] {
  return pool.events.flatMap((event) => (event.kind === "instance-state" && event.state === state ? [event.instance] : []));
}

export function inAlarm(pool: LivePool, suffix: string): boolean | undefined {
  return pool.environment.aws.alarms().find(({ name }) => name.endsWith(`-${suffix}`))?.inAlarm;
}

/** Reinstalls the agent as in a pool with another `maxDrain`. */
export async function shortenDrain(target: TargetInstance, seconds: number): Promise<void> {
  await target.sh(`
    set -e
    ${PATHS.node} -e '
      const fs = require("fs"), file = "${PATHS.config}";
      fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file)), drainDeadline: ${seconds} }))'
    ${PATHS.node} ${PATHS.agent} install
    systemctl restart ${UNITS.agent}`);
}

/**
 * The machines share this machine's disk, which must not be filled. So each folder becomes a small file system with the
 * same content and no free space, or as much as `free` says, in KiB and a multiple of the 4 KiB of a page. It is complete
 * when it appears, since a full folder already makes the agent act.
 */
export function fill(folders: readonly string[], free = 0): string {
  const each = folders.map(
    (folder) => `
    kept=$(mktemp -d /dev/shm/kept-XXXX)
    cp -a ${folder}/. "$kept"
    full=$(mktemp -d /dev/shm/full-XXXX)
    size=$(($(du -sk "$kept" | cut -f1) + 64))
    mount -t tmpfs -o "size=\${size}k,mode=755" full "$full"
    cp -a "$kept/." "$full"
    rm -r "$kept"
    cat /dev/zero > "$full/filling" 2>/dev/null || true
    mount -o "remount,size=$((size + ${free}))k" "$full"
    mount --bind "$full" ${folder}
    [ "$(df --output=avail ${folder} | tail -1)" -eq ${free} ]`,
  );
  return `set -e\n${each.join("\n")}`;
}

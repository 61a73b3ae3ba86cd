/** The agent and its parts, killed at any moment. */
import assert from "node:assert/strict";
import { LOG, PATHS, UNITS } from "../../../../contract/actions-runner-pool/host";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import type { TimelineEvent } from "../../../../rehearsal/timeline";
import { onOne, type Scenario } from "./scenario";

/** Milliseconds; "adds milliseconds" with room for a busy machine: it starts a shell and forks once. */
const HOOK_BOUND = 5_000;

export const AGENT: readonly Scenario[] = [
  onOne(
    "agent killed with SIGKILL while idle",
    "the runner does not notice; the next agent goes on where it was",
    async (victim, see) => {
      const runner = await victim.show(UNITS.runner, "MainPID");
      await victim.killMain(UNITS.agent);
      assert.equal(await victim.show(UNITS.runner, "MainPID"), runner);
      const job = await victim.hold();
      await victim.untilSeen("protection", () => victim.isProtected);
      await job.release();
      await job.succeeds();
      await victim.untilSeen("the end of its protection", () => !victim.isProtected);
      see("same runner process; next job protected and succeeded, protection taken back after it");
    },
    { keeps: true },
  ),

  onOne(
    "agent killed with SIGKILL during a job",
    "the job goes on, and a new agent protects its instance",
    async (victim, see) => {
      // Stopped, so that it cannot have seen the job; the next one has only what the host can tell.
      const agent = await victim.show(UNITS.agent, "MainPID");
      await victim.sh(`kill -STOP ${agent}`);
      const job = await victim.hold();
      assert.equal(victim.isProtected, false);
      await victim.killMain(UNITS.agent);
      await victim.untilSeen("protection", () => victim.isProtected);
      for (let kill = 0; kill < 2; kill++) await victim.killMain(UNITS.agent);
      await job.release();
      await job.succeeds();
      await victim.untilSeen("the end of its protection", () => !victim.isProtected);
      see("3 agents killed; job protected by one that had not seen it begin, and succeeded; protection taken back");
    },
    { keeps: true },
  ),

  onOne(
    "agent killed with SIGKILL during a drain",
    "the drain goes on and the action is completed without the agent",
    async (victim, see) => {
      const job = await victim.hold();
      await victim.scaleIn();
      // From now on no agent lives for longer than half a second.
      const kill = `systemctl kill --kill-who=main --signal=KILL ${UNITS.agent}`;
      await victim.sh(`(setsid sh -c 'while :; do ${kill}; sleep 0.5; done' >/dev/null 2>&1 &)`);
      await victim.untilSeen("three restarts", async () => Number(await victim.show(UNITS.agent, "NRestarts")) >= 3);
      await job.release();
      see(`agent killed every 0.5 s until the end; ${await victim.departs(job)}`);
    },
  ),

  onOne(
    "drain process killed with SIGKILL during the job that it waits for",
    "the stop goes on to wait, for as long as the job takes",
    async (victim, see) => {
      const job = await victim.hold();
      await victim.scaleIn();
      await victim.sh(`kill -KILL ${await victim.show(UNITS.runner, "ControlPID")}`);
      await victim.untilLogged(LOG.drainBegun, 2);
      // The second one is the child of a script, which then waits without Node.
      await victim.sh(`pkill -KILL -f 'agent[.]cjs drain'`);
      await victim.untilSeen("no drain", async () => (await victim.pool.run(victim.id, `pgrep -f 'agent[.]cjs drain'`)).exitCode !== 0);
      assert.equal(await victim.show(UNITS.runner, "ActiveState"), "deactivating");
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      see(`drain begun again after the first kill, waited for by a script after the second; ${await victim.departs(job)}`);
    },
  ),

  onOne("completion killed with SIGKILL", "it is begun again, and the action is completed once", async (victim, see, pool) => {
    const lift = pool.environment.aws.faults.inject({
      action: "autoscaling:CompleteLifecycleAction",
      instance: victim.id,
      error: throttling(),
    });
    const job = await victim.hold();
    await victim.scaleIn();
    await job.release();
    await job.succeeds();
    // Refused it tries on for seconds, so it is at it when it is killed.
    await victim.until("a completion", () => victim.calls("autoscaling:CompleteLifecycleAction").length > 0);
    await victim.untilSeen("a completion to kill", async () => (await victim.show(UNITS.complete, "MainPID")) !== "0");
    await victim.sh(`systemctl kill --kill-who=main --signal=KILL ${UNITS.complete}`);
    lift();
    see(await victim.departs(job));
  }),

  onOne("agent socket gone", "job hooks neither fail nor wait, and the agent sees the job by itself", async (victim, see) => {
    await victim.sh(`rm ${PATHS.socket}`);
    const job = await victim.hold();
    await victim.untilSeen("protection", () => victim.isProtected);
    await job.release();
    await job.succeeds();
    await victim.untilSeen("the end of its protection", () => !victim.isProtected);
    assert.ok(job.hookMs !== undefined && job.hookMs < HOOK_BOUND, `the hook took ${job.hookMs} ms`);
    assert.deepEqual(hookFailures(victim.pool.events, job.id), []);
    see("no hook failed; job protected and succeeded, protection taken back after it");
  }),
];

/** A hook that fails says so in its detail. */
function hookFailures(events: readonly TimelineEvent[], job: string): TimelineEvent[] {
  return events.filter((event) => event.kind === "job" && event.job === job && event.change === "hook-ended" && event.detail !== undefined);
}

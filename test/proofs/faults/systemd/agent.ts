/** The agent and its parts, killed at various moments. */
import assert from "node:assert/strict";
import { LOG, PATHS, UNITS } from "../../../../contract/actions-runner-pool/host";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import type { TimelineEvent } from "../../../../rehearsal/timeline";
import { onOne, type Scenario } from "./scenario";

/** Milliseconds. The hook starts a shell and forks once; the rest is room for a busy machine. */
const HOOK_BOUND = 5_000;

export const AGENT: readonly Scenario[] = [
  onOne(
    "agent killed with SIGKILL while idle",
    "the runner is unaffected, and the next agent resumes the work",
    async (target, see) => {
      const runner = await target.show(UNITS.runner, "MainPID");
      await target.killMain(UNITS.agent);
      assert.equal(await target.show(UNITS.runner, "MainPID"), runner);
      const job = await target.hold();
      await target.untilSeen("protection", () => target.isProtected);
      await job.release();
      await job.succeeds();
      await target.untilSeen("its protection to be removed", () => !target.isProtected);
      see("same runner process; next job protected and succeeded, protection removed after it");
    },
    { keeps: true },
  ),

  onOne(
    "agent killed with SIGKILL during a job",
    "the job continues, and a new agent protects its instance",
    async (target, see) => {
      // The instance may have served another scenario, whose last job has just ended.
      await target.untilSeen("no protection", () => !target.isProtected);
      // Stopped, so that it cannot see the job; the next agent knows only what it reads from the host.
      const agent = await target.show(UNITS.agent, "MainPID");
      await target.sh(`kill -STOP ${agent}`);
      const job = await target.hold();
      assert.equal(target.isProtected, false);
      await target.killMain(UNITS.agent);
      await target.untilSeen("protection", () => target.isProtected);
      for (let kill = 0; kill < 2; kill++) await target.killMain(UNITS.agent);
      await job.release();
      await job.succeeds();
      await target.untilSeen("its protection to be removed", () => !target.isProtected);
      see("3 agents killed; job protected by one that did not see it start, and succeeded; protection removed");
    },
    { keeps: true },
  ),

  onOne(
    "agent killed with SIGKILL during a drain",
    "the drain continues, and the action is completed without the agent",
    async (target, see) => {
      const job = await target.hold();
      await target.scaleIn();
      // From now on no agent runs for longer than half a second.
      const kill = `systemctl kill --kill-who=main --signal=KILL ${UNITS.agent}`;
      await target.sh(`(setsid sh -c 'while :; do ${kill}; sleep 0.5; done' >/dev/null 2>&1 &)`);
      await target.untilSeen("three restarts", async () => Number(await target.show(UNITS.agent, "NRestarts")) >= 3);
      await job.release();
      see(`agent killed every 0.5 s until the end; ${await target.departs(job)}`);
    },
  ),

  onOne(
    "drain process killed with SIGKILL during the job that it waits for",
    "the stop keeps waiting for as long as the job takes",
    async (target, see) => {
      const job = await target.hold();
      await target.scaleIn();
      await target.sh(`kill -KILL ${await target.show(UNITS.runner, "ControlPID")}`);
      await target.untilLogged(LOG.drainBegun, 2);
      // The second drain is the child of a script, which then waits without Node.
      await target.sh(`pkill -KILL -f 'agent[.]cjs drain'`);
      await target.untilSeen(
        "no drain process",
        async () => (await target.pool.run(target.id, `pgrep -f 'agent[.]cjs drain'`)).exitCode !== 0,
      );
      assert.equal(await target.show(UNITS.runner, "ActiveState"), "deactivating");
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      see(`drain restarted after the first kill; a script waited after the second; ${await target.departs(job)}`);
    },
  ),

  onOne("completion killed with SIGKILL", "it is restarted, and the action is completed once", async (target, see, pool) => {
    const lift = pool.environment.aws.faults.inject({
      action: "autoscaling:CompleteLifecycleAction",
      instance: target.id,
      error: throttling(),
    });
    const job = await target.hold();
    await target.scaleIn();
    await job.release();
    await job.succeeds();
    // A refused completion retries for seconds, so it is still running when it is killed.
    await target.until("a completion", () => target.calls("autoscaling:CompleteLifecycleAction").length > 0);
    await target.untilSeen("a completion to kill", async () => (await target.show(UNITS.complete, "MainPID")) !== "0");
    await target.sh(`systemctl kill --kill-who=main --signal=KILL ${UNITS.complete}`);
    lift();
    see(await target.departs(job));
  }),

  onOne("agent socket gone", "job hooks neither fail nor block, and the agent detects the job itself", async (target, see) => {
    await target.sh(`rm ${PATHS.socket}`);
    const job = await target.hold();
    await target.untilSeen("protection", () => target.isProtected);
    await job.release();
    await job.succeeds();
    await target.untilSeen("its protection to be removed", () => !target.isProtected);
    assert.ok(job.hookMs !== undefined && job.hookMs < HOOK_BOUND, `the hook took ${job.hookMs} ms`);
    assert.deepEqual(hookFailures(target.pool.events, job.id), []);
    see("no hook failed; job protected and succeeded, protection removed after it");
  }),
];

/** A failed hook has a detail. */
function hookFailures(events: readonly TimelineEvent[], job: string): TimelineEvent[] {
  return events.filter((event) => event.kind === "job" && event.job === job && event.change === "hook-ended" && event.detail !== undefined);
}

import assert from "node:assert/strict";
import { UNITS } from "../../contract/host";
import { SHUTDOWN_ANNOTATION } from "../../rehearsal/github";
import { needSystemd } from "../rehearsal/hosts/rig";
import { LivePool } from "../support/live-pool";
import { MOMENTS, type Moment } from "./boundaries";
import type { HeldRunner } from "./held-runner";
import { Round } from "./round";

/** A bound on a hang, not a measurement. */
const ROUND_BOUND_MS = 1_200_000;
/**
 * Seconds from the end of a job to the completion of its instance's lifecycle action; a few are needed, more while
 * seventeen machines share two cores. Below all the bounds that a wait for nothing would run into, 100 s and up.
 */
const AFTER_JOB_BOUND = 60;

describe("at any moment in the life of a job", function () {
  this.timeout(ROUND_BOUND_MS);
  let pool: LivePool;

  before(async function () {
    needSystemd(this);
    this.timeout(ROUND_BOUND_MS);
    pool = await LivePool.open(MOMENTS.length);
    // A listener that is killed leaves its session behind; how long GitHub keeps it is not what is tested here.
    pool.world.github.options.sessionExpiryMs = 20_000;
    await allInService();
  });
  after(async () => {
    await pool?.close();
  });

  const operator = (action: string, params: Record<string, unknown>) =>
    pool.world.cloud.cloud.call({ kind: "operator" }, `autoscaling:${action}`, params);
  const allInService = () =>
    pool.until("a full pool of idle runners", () => {
      const online = pool.world.stage.jobs.online();
      return pool.inService().filter((instance) => online.includes(instance)).length >= MOMENTS.length;
    }, 600);

  describe("an operator's systemctl stop", () => {
    let round: Round;
    const later = new Map<HeldRunner, string>();

    before(async () => {
      round = new Round(pool, "systemctl stop");
      await round.run(async () => {
        await Promise.all(round.runners.map((runner) => runner.sh(`systemctl stop --no-block ${UNITS.runner}`)));
      });
      await Promise.all(round.runners.map((runner) => runner.waitFor(`[ "$(systemctl is-active ${UNITS.runner})" = inactive ]`)));
      await Promise.all(round.runners.map((runner) => runner.sh(`systemctl start --no-block ${UNITS.runner}`)));
      for (const runner of round.runners) later.set(runner, runner.queue("after the stop"));
      await pool.until("a job on each after its stop", () => [...later.values()].every((job) => pool.world.github.job(job).state === "succeeded"), 300);
      await round.allJobsToEnd();
    });

    for (const moment of MOMENTS) {
      it(`keeps the job and leaves a working runner when it comes ${moment.when}, where ${moment.danger}`, async () => {
        const runner = round.at(moment);
        await jobSurvived(round, moment);
        const { instance } = runner;
        assert.deepEqual(lifecycleCalls(instance, round.since), [], "an operator's stop is no termination");
        assert.ok(pool.inService().includes(instance) || goneLater(instance, round), "nor does it end the instance");
        assert.equal(pool.world.github.job(later.get(runner)!).runnerName, instance);
      });
    }
  });

  describe("a scale-in", () => {
    let round: Round;

    before(async () => {
      await allInService();
      round = new Round(pool, "scale-in");
      await round.run(async (instances) => {
        for (const InstanceId of instances) {
          await operator("TerminateInstanceInAutoScalingGroup", { InstanceId, ShouldDecrementDesiredCapacity: false });
        }
      });
      await round.allToBeGone();
      await round.allJobsToEnd();
    });

    for (const moment of MOMENTS) {
      it(`lets the job end and the instance go when it comes ${moment.when}, where ${moment.danger}`, async () => {
        await jobSurvived(round, moment);
        completedOnce(round, moment);
      });
    }
  });

  describe("an instance refresh", () => {
    let round: Round;

    before(async () => {
      await allInService();
      round = new Round(pool, "instance refresh");
      await round.run(async () => {
        const [AutoScalingGroupName] = pool.world.cloud.autoscaling.groupNames();
        // Protected instances too and all at once: a refresh that spares them would not meet a single job.
        const Preferences = { MinHealthyPercentage: 0, ScaleInProtectedInstances: "Refresh" };
        await operator("StartInstanceRefresh", { AutoScalingGroupName, Preferences });
      });
      await round.allToBeGone();
      await round.allJobsToEnd();
    });

    for (const moment of MOMENTS) {
      it(`lets the job end and the instance go when it comes ${moment.when}, where ${moment.danger}`, async () => {
        await jobSurvived(round, moment);
        completedOnce(round, moment);
      });
    }
  });

  describe("a destroy of the whole pool", () => {
    let round: Round;

    before(async () => {
      await allInService();
      round = new Round(pool, "destroy");
      let destroyed: Promise<unknown> = Promise.resolve();
      await round.run(async () => {
        destroyed = pool.world.stage.engine.destroy();
        // Awaited below; a failure meanwhile is no unhandled one.
        destroyed.catch(() => undefined);
      });
      await destroyed;
      await round.acceptedJobsToEnd();
    });

    for (const moment of MOMENTS) {
      it(`lets the job end and the instance go when it comes ${moment.when}, where ${moment.danger}`, async () => {
        await jobSurvived(round, moment, { poolIsGone: true });
        completedOnce(round, moment);
      });
    }

    it("leaves nothing behind, has called nothing in vain, and has forced no stop", () => {
      assert.deepEqual(pool.world.leftovers(), []);
      assert.deepEqual(pool.world.cloud.denied(), []);
      assert.deepEqual(pool.world.cloud.defects, []);
      assert.deepEqual(pool.events.filter((event) => event.kind === "host-log" && event.message.startsWith("drain gave up")), []);
    });
  });

  /** The stop met the moment that it was to meet, and the job, if any, has come through whole. */
  async function jobSurvived(round: Round, moment: Moment, { poolIsGone = false } = {}): Promise<void> {
    const runner = round.at(moment);
    if (moment.finds !== undefined) assert.deepEqual(runner.drains(round.since).slice(0, 1), [moment.finds], "what the drain found");
    const job = round.jobOf(runner);
    assert.equal(job !== undefined, moment.job !== undefined);
    if (!job) return;
    assert.deepEqual(job.annotations, [], `no signal, such as: ${SHUTDOWN_ANNOTATION}`);
    if (moment.job === "anywhere" && poolIsGone && job.state !== "succeeded") {
      assert.equal(job.acquiredAt, undefined, "nobody accepted it, so it waits at GitHub for another pool");
      return;
    }
    assert.equal(job.state, "succeeded", job.detail);
    if (moment.job === "here") {
      assert.deepEqual([job.runnerName, job.requeues], [runner.instance, 0]);
    } else {
      assert.ok(job.requeues <= 1, `GitHub gave it to ${job.requeues + 1} runners`);
    }
    assert.ok(job.hooks.started !== undefined && job.hooks.completed !== undefined, "both hooks ran");
    const journal = await pool.world.machines!.hosts.journal(job.runnerName!);
    assert.ok(journal.includes(`post step of ${job.spec.name}`), "its always() steps ran");
  }

  function completedOnce(round: Round, moment: Moment): void {
    const runner = round.at(moment);
    const { instance } = runner;
    const hook = `${pool.world.cloud.autoscaling.groupNames()[0] ?? ""}`;
    const closed = pool.events.flatMap((event) => (event.kind === "action-closed" && event.instance === instance && event.at >= round.since ? [event] : []));
    assert.deepEqual(closed.map(({ result, by }) => ({ result, by })), [{ result: "CONTINUE", by: "instance" }], hook);
    const job = round.jobOf(runner);
    const endedHere = job?.runnerName === instance ? job.endedAt! : round.since;
    const after = (closed[0]!.at - endedHere) / 1000;
    assert.ok(after >= 0, "not before the job's end");
    if (moment.job !== "anywhere") assert.ok(after <= AFTER_JOB_BOUND, `${after} s after the job's end`);
    assert.ok(pool.gone(instance));
  }

  function lifecycleCalls(instance: string, since: number): string[] {
    const next = pool.events.find((event) => event.kind === "action-opened" && event.instance === instance && event.at >= since);
    const until = next?.at ?? Infinity;
    return pool.events.flatMap((event) => {
      const isOwn = event.kind === "api-call" && event.instance === instance && event.at >= since && event.at < until;
      return isOwn && /Lifecycle/.test(event.action) ? [event.action] : [];
    });
  }

  /** Ended by a later round. */
  function goneLater(instance: string, round: Round): boolean {
    const first = pool.events.find((event) => event.kind === "instance-state" && event.instance === instance && event.at >= round.since && event.state.startsWith("Terminating"));
    return first !== undefined;
  }
});

import assert from "node:assert/strict";
import { LOG, UNITS } from "../../../contract/actions-runner-pool/host";
import { SHUTDOWN_ANNOTATION } from "../../../rehearsal/github";
import { ended } from "../../../rehearsal/github/jobs";
import type { TimelineEvent } from "../../../rehearsal/timeline";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { HeldRunner } from "./held-runner";
import { MOMENTS, type Moment } from "./moments";
import { idleRunners, Round } from "./round";

/** A bound on a hang, not a measurement. */
const BOUND_MS = 2_400_000;
/** Seconds for a pool to boot its replacements, and for a round to finish. */
const BOUND = 800;

/** In this order on one pool: a stop keeps the instances, the next two replace them, and destroy comes last. */
const CAUSES = ["an operator's systemctl stop", "a scale-in", "an instance refresh", "a destroy of the whole pool"] as const;
type Cause = (typeof CAUSES)[number];

describe("a stop at each moment of a job", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  const rounds = new Map<Cause, Round>();
  const afterwards = new Map<HeldRunner, string>();
  let failure: Error | undefined;

  /** All rounds run first; the tests then check their results on the timeline. */
  before(async function () {
    needSystemd(this);
    this.timeout(BOUND_MS);
    pool = await LivePool.open(MOMENTS.length);
    // A killed listener leaves its session behind; how long GitHub keeps it is not tested here.
    pool.environment.github.options.sessionExpiryMs = 20_000;
    try {
      for (const cause of CAUSES) {
        // Jobs must have ended too: one that GitHub re-queues a minute later would run in a later round.
        await pool.until(
          "a full pool of idle runners",
          () => pool.environment.github.jobs().every(ended) && idleRunners(pool).length >= MOMENTS.length,
          BOUND,
        );
        const round = new Round(pool, cause, MOMENTS);
        rounds.set(cause, round);
        await causeStop[cause](round);
      }
    } catch (error) {
      failure = error as Error;
    }
  });
  after(async () => {
    await pool?.close();
  });

  const group = () => pool.environment.aws.autoscaling.groupNames()[0];
  const operator = (action: string, params: Record<string, unknown>) =>
    pool.environment.aws.gateway.call({ kind: "operator" }, `autoscaling:${action}`, params);

  /** Launches replacements only when the old instances are gone, because all of them share one machine. */
  async function withoutReplacements(round: Round, cause: (runners: readonly HeldRunner[]) => Promise<void>): Promise<void> {
    const ScalingProcesses = ["Launch"];
    await operator("SuspendProcesses", { AutoScalingGroupName: group(), ScalingProcesses });
    await round.run(cause);
    await round.allToBeGone(BOUND);
    await operator("ResumeProcesses", { AutoScalingGroupName: group(), ScalingProcesses });
  }

  const causeStop: Record<Cause, (round: Round) => Promise<void>> = {
    async "an operator's systemctl stop"(round) {
      await round.run(async (runners) => {
        await Promise.all(runners.map((runner) => runner.sh(`systemctl stop --no-block ${UNITS.runner}`)));
      });
      await Promise.all(round.runners.map((runner) => runner.startAgain()));
      for (const runner of round.runners) afterwards.set(runner, runner.queue("after the stop"));
    },
    "a scale-in": (round) =>
      withoutReplacements(round, async (runners) => {
        for (const { instance } of runners) {
          await operator("TerminateInstanceInAutoScalingGroup", { InstanceId: instance, ShouldDecrementDesiredCapacity: false });
        }
      }),
    "an instance refresh": (round) =>
      withoutReplacements(round, async () => {
        // Includes protected instances, all at once: a refresh that spares them would affect no job.
        const Preferences = { MinHealthyPercentage: 0, ScaleInProtectedInstances: "Refresh" };
        await operator("StartInstanceRefresh", { AutoScalingGroupName: group(), Preferences });
      }),
    async "a destroy of the whole pool"(round) {
      let destroyed: Promise<unknown> = Promise.resolve();
      await round.run(async () => {
        destroyed = pool.environment.context.engine.destroy();
        // Awaited below; a failure before that must not count as unhandled.
        destroyed.catch(() => undefined);
      });
      await destroyed;
    },
  };

  const round = (cause: Cause) => rounds.get(cause) ?? assert.fail(failure ?? "this round did not start");

  for (const cause of CAUSES) {
    describe(cause, () => {
      for (const moment of MOMENTS) {
        const title = (outcome: string) => `${moment.when}: ${moment.job ? "the job succeeds, " : ""}${outcome} (danger: ${moment.danger})`;
        if (cause === "an operator's systemctl stop") {
          it(title("the instance stays, and its runner works again"), async () => {
            await jobSurvived(round(cause), moment);
            await nothingButTheRunnerStopped(round(cause), moment);
          });
        } else {
          it(title("the instance terminates at once"), async () => {
            await jobSurvived(round(cause), moment, { poolIsGone: cause === "a destroy of the whole pool" });
            completedOnce(round(cause), moment);
          });
        }
      }
    });
  }

  describe("all stops together", () => {
    it("leave nothing behind, make no denied call and force no stop", () => {
      assert.equal(failure, undefined);
      assert.deepEqual(pool.environment.leftovers(), []);
      assert.deepEqual(pool.environment.aws.denied(), []);
      assert.deepEqual(pool.environment.aws.defects, []);
      assert.deepEqual(
        pool.events.filter((event) => event.kind === "host-log" && event.message.startsWith("drain gave up")),
        [],
      );
    });
  });

  /** The stop arrived at the intended moment, and the job, if any, ran completely. */
  async function jobSurvived(round: Round, moment: Moment, { poolIsGone = false } = {}): Promise<void> {
    const runner = round.at(moment);
    if (moment.finds !== undefined) assert.deepEqual(runner.drains(round.since).slice(0, 1), [moment.finds], "what the drain found");
    const job = round.jobOf(runner);
    assert.equal(job !== undefined, moment.job !== undefined);
    if (!job) return;
    assert.deepEqual(job.annotations, [], `no signal, such as: ${SHUTDOWN_ANNOTATION}`);
    if (moment.job === "anywhere" && poolIsGone && job.state !== "succeeded") {
      assert.equal(job.acquiredAt, undefined, "it was never accepted, so it waits at GitHub for another pool");
      return;
    }
    assert.equal(job.state, "succeeded", job.detail);
    if (moment.job === "here") assert.deepEqual([job.runnerName, job.requeues], [runner.instance, 0]);
    else assert.ok(job.requeues <= 1, `GitHub assigned it to ${job.requeues + 1} runners`);
    assert.ok(job.hooks.started !== undefined && job.hooks.completed !== undefined, "both hooks ran");
    const journal = await pool.environment.machines!.hosts.journal(job.runnerName!);
    assert.ok(journal.includes(`post step of ${job.spec.name}`), "its always() steps ran");
  }

  /** An operator's stop is not a termination: the instance stays, and its runner takes jobs once it is started again. */
  async function nothingButTheRunnerStopped(round: Round, moment: Moment): Promise<void> {
    const runner = round.at(moment);
    const { instance } = runner;
    const job = pool.environment.github.job(afterwards.get(runner) ?? assert.fail("it was not started again"));
    assert.deepEqual([job.state, job.runnerName], ["succeeded", instance]);
    const meanwhile = pool.events.filter(({ at }) => at >= round.since && at <= job.endedAt!);
    assert.deepEqual(
      meanwhile.filter((event) => event.kind === "instance-state" && event.instance === instance),
      [],
    );
    const calls = meanwhile.filter((event) => event.kind === "api-call" && event.instance === instance && /Lifecycle/.test(event.action));
    assert.deepEqual(calls, []);
  }

  function completedOnce(round: Round, moment: Moment): void {
    const runner = round.at(moment);
    const { instance } = runner;
    const closed = pool.events.filter((event): event is Extract<TimelineEvent, { kind: "action-closed" }> => {
      return event.kind === "action-closed" && event.instance === instance && event.at >= round.since;
    });
    assert.deepEqual(
      closed.map(({ result, by }) => ({ result, by })),
      [{ result: "CONTINUE", by: "instance" }],
    );
    const job = round.jobOf(runner);
    // A job that was only assigned here has not ended yet if the pool is gone within GitHub's 60 s.
    const free = job?.runnerName === instance && job.acquiredAt !== undefined ? job.endedAt! : round.since;
    assert.ok(closed[0]!.at >= free, "completed before its job ended");
    // The duration depends on this machine, so check the reason for the wait: no sign of a job may outlast the job.
    const needlessWaits = pool.events.filter((event) => {
      return (
        event.kind === "host-log" && event.instance === instance && event.message === LOG.waitEndedWithoutJob && event.at >= round.since
      );
    });
    assert.deepEqual(needlessWaits, [], "it waited for a job that did not exist");
    assert.ok(pool.gone(instance));
  }
});

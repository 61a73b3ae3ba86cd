/** Clouds that do not answer as they should, seen from a real host. */
import assert from "node:assert/strict";
import { LOG, UNITS } from "../../../../contract/actions-runner-pool/host";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import type { ImdsFault } from "../../../../rehearsal/aws/imds";
import { onOne, type Scenario } from "./scenario";
import { TargetInstance } from "./target";
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";

const COMPLETE = "autoscaling:CompleteLifecycleAction";
/** "For minutes". The host tries on every 10 s, each time with the SDK's own retries. */
const THROTTLED_MS = 120_000;

export const CLOUD: readonly Scenario[] = [
  onOne("IMDS slow", "the drain needs none; the completion tries on until it answers", (victim, see, pool) =>
    // Three times what the agent waits for.
    withoutMetadata(victim, pool, { kind: "slow", ms: 3_000 }).then(see),
  ),

  onOne("IMDS answers 401", "the drain needs none; the completion tries on until it answers", (victim, see, pool) =>
    withoutMetadata(victim, pool, { kind: "status", status: 401 }).then(see),
  ),

  onOne(
    "Throttling for minutes on CompleteLifecycleAction",
    "the host tries on until it is heard",
    async (victim, see, pool) => {
      const { faults } = pool.environment.aws;
      const job = await victim.hold();
      await victim.scaleIn();
      faults.inject({ action: COMPLETE, instance: victim.id, untilMs: Date.now() + THROTTLED_MS, error: throttling() });
      await job.release();
      const departed = await victim.departs(job);
      const refused = victim.calls(COMPLETE).filter((outcome) => outcome === "Throttling").length;
      assert.ok(refused >= 10, `refused ${refused} times`);
      see(`refused for 2 minutes, more than 10 times; ${departed}`);
    },
    { seconds: 150 },
  ),

  onOne("SSM command delivered late", "the drain has begun without it, and does not begin anew", async (victim, see, pool) => {
    const arrived = () => pool.events.filter((event) => event.kind === "command" && event.instance === victim.id).length;
    setFate(pool, victim, [15_000]);
    const job = await victim.hold();
    await victim.scaleIn();
    assert.equal(arrived(), 0);
    await victim.until("the command", () => arrived() === 1);
    await job.release();
    const departed = await victim.departs(job);
    assert.equal(victim.logged(LOG.drainBegun).length, 1);
    see(`drain begun before the command came, 1 drain; ${departed}`);
  }),

  onOne("SSM command delivered twice", "one drain", async (victim, see, pool) => {
    const arrived = () => pool.events.filter((event) => event.kind === "command" && event.instance === victim.id).length;
    setFate(pool, victim, [200, 6_000]);
    const job = await victim.hold();
    await victim.scaleIn();
    await victim.until("both commands", () => arrived() === 2);
    await job.release();
    const departed = await victim.departs(job);
    assert.equal(victim.logged(LOG.drainBegun).length, 1);
    see(`2 commands, 1 drain; ${departed}`);
  }),

  {
    fault: "two scale-ins at once",
    expected: "each instance waits for its own job",
    instances: 2,
    async run(victims, see) {
      const jobs = await Promise.all(victims.map((victim) => victim.hold()));
      await Promise.all(victims.map((victim) => victim.scaleIn()));
      await jobs[0]!.release();
      const first = await victims[0]!.departs(jobs[0]!);
      assert.ok(!jobs[1]!.changes().includes("steps-ended"));
      await jobs[1]!.release();
      const second = await victims[1]!.departs(jobs[1]!);
      assert.equal(first, second);
      see(`each of the two: ${first}`);
    },
  },

  {
    fault: "instance scaled in during bootstrap",
    expected: "it goes without ever having been a runner",
    instances: 1,
    async run([idle], see, pool) {
      const { group } = pool.environment.context;
      const known = new Set(pool.events.flatMap((event) => (event.kind === "instance-state" ? [event.instance] : [])));
      const booting = () =>
        pool.events.find((event) => event.kind === "instance-state" && event.state === "Pending:Wait" && !known.has(event.instance));
      // The first one comes out of the warm pool, where bootstraps have ended; an idle instance makes room.
      await idle!.orderScaleIn();
      await group.setDesiredCapacity(group.desired() + 2);
      await pool.until("a launch", () => booting() !== undefined, 300);
      const event = booting();
      assert.ok(event?.kind === "instance-state");
      const victim = new TargetInstance(pool, event.instance);
      await victim.orderScaleIn();
      see(await victim.departs());
      assert.ok(!pool.events.some((other) => other.kind === "runner" && other.instance === victim.id), "it was a runner");
    },
  },
];

function setFate(pool: LivePool, victim: TargetInstance, arrivals: readonly number[]): void {
  const { ssm } = pool.environment.aws;
  const others = ssm.fate;
  ssm.fate = (id) => (id === victim.id ? arrivals : others?.(id));
}

/** The metadata is gone from before the scale-in until a completion has failed for want of it. */
async function withoutMetadata(victim: TargetInstance, pool: LivePool, fault: ImdsFault): Promise<string> {
  const job = await victim.hold();
  const lift = pool.environment.aws.imdsFaults.inject(victim.id, fault);
  // The agent is blind, so it is the deregister function's command that stops the runner.
  await victim.scaleIn();
  await job.release();
  await job.succeeds();
  await victim.untilSeen("a completion that failed", async () => Number(await victim.show(UNITS.complete, "NRestarts")) >= 1);
  lift();
  return `drain begun by the SSM command, completion tried again until the metadata answered; ${await victim.departs(job)}`;
}

/** AWS services that fail, observed from a real host. */
import assert from "node:assert/strict";
import { LOG, UNITS } from "../../../../contract/actions-runner-pool/host";
import { throttling } from "../../../../rehearsal/aws/api-faults";
import type { ImdsFault } from "../../../../rehearsal/aws/imds";
import { onOne, type Scenario } from "./scenario";
import { TargetInstance } from "./target";
import type { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";

const COMPLETE = "autoscaling:CompleteLifecycleAction";
/** "For minutes": the host retries every 10 s, each time with the SDK's own retries. */
const THROTTLED_MS = 120_000;
/** A host with time to spare is refused twice as often in two minutes; a busy one takes longer for it. */
const REFUSALS = 6;

export const CLOUD: readonly Scenario[] = [
  onOne("IMDS slow", "the drain does not need IMDS; the completion retries until IMDS answers", (target, see, pool) =>
    // Three times the agent's timeout.
    withoutMetadata(target, pool, { kind: "slow", ms: 3_000 }).then(see),
  ),

  onOne("IMDS answers 401", "the drain does not need IMDS; the completion retries until IMDS answers", (target, see, pool) =>
    withoutMetadata(target, pool, { kind: "status", status: 401 }).then(see),
  ),

  onOne(
    "Throttling for minutes on CompleteLifecycleAction",
    "the host retries until the call succeeds",
    async (target, see, pool) => {
      const { faults } = pool.environment.aws;
      const job = await target.hold();
      await target.scaleIn();
      const lift = faults.inject({ action: COMPLETE, instance: target.id, error: throttling() });
      await job.release();
      const refusals = () => target.events(COMPLETE).filter(({ outcome }) => outcome === "Throttling");
      await target.until(`${REFUSALS} refusals in 2 minutes or more`, () => {
        const refused = refusals();
        return refused.length >= REFUSALS && Date.now() - refused[0]!.at >= THROTTLED_MS;
      });
      lift();
      see(`refused for 2 minutes, at least ${REFUSALS} times; ${await target.departs(job)}`);
    },
    { seconds: 150 },
  ),

  onOne("SSM command delivered late", "the drain has started without it and does not restart", async (target, see, pool) => {
    const arrived = () => pool.events.filter((event) => event.kind === "command" && event.instance === target.id).length;
    setDeliveries(pool, target, [15_000]);
    const job = await target.hold();
    await target.scaleIn();
    assert.equal(arrived(), 0);
    await target.until("the command", () => arrived() === 1);
    await job.release();
    const departed = await target.departs(job);
    assert.equal(target.logged(LOG.drainBegun).length, 1);
    see(`drain started before the command arrived, 1 drain; ${departed}`);
  }),

  onOne("SSM command delivered twice", "only one drain runs", async (target, see, pool) => {
    const arrived = () => pool.events.filter((event) => event.kind === "command" && event.instance === target.id).length;
    setDeliveries(pool, target, [200, 6_000]);
    const job = await target.hold();
    await target.scaleIn();
    await target.until("both commands", () => arrived() === 2);
    await job.release();
    const departed = await target.departs(job);
    assert.equal(target.logged(LOG.drainBegun).length, 1);
    see(`2 commands, 1 drain; ${departed}`);
  }),

  {
    fault: "two scale-ins at once",
    expected: "each instance waits for its own job",
    instances: 2,
    async run(targets, see) {
      const jobs = await Promise.all(targets.map((target) => target.hold()));
      await Promise.all(targets.map((target) => target.scaleIn()));
      await jobs[0]!.release();
      const first = await targets[0]!.departs(jobs[0]!);
      assert.ok(!jobs[1]!.changes().includes("steps-ended"));
      await jobs[1]!.release();
      const second = await targets[1]!.departs(jobs[1]!);
      assert.equal(first, second);
      see(`each of the two: ${first}`);
    },
  },

  {
    fault: "instance scaled in during bootstrap",
    expected: "it terminates without ever registering a runner",
    instances: 1,
    async run([idle], see, pool) {
      const { group } = pool.environment.context;
      const known = new Set(pool.events.flatMap((event) => (event.kind === "instance-state" ? [event.instance] : [])));
      const booting = () =>
        pool.events.find((event) => event.kind === "instance-state" && event.state === "Pending:Wait" && !known.has(event.instance));
      // The first launch takes a warm-pool instance, already bootstrapped; terminating an idle instance makes room.
      await idle!.requestScaleIn();
      await group.setDesiredCapacity(group.desired() + 2);
      await pool.until("a launch", () => booting() !== undefined, 300);
      const event = booting();
      assert.ok(event?.kind === "instance-state");
      const target = new TargetInstance(pool, event.instance);
      await target.requestScaleIn();
      see(await target.departs());
      assert.ok(!pool.events.some((other) => other.kind === "runner" && other.instance === target.id), "it registered a runner");
    },
  },
];

function setDeliveries(pool: LivePool, target: TargetInstance, arrivals: readonly number[]): void {
  const { ssm } = pool.environment.aws;
  const others = ssm.deliveryTimes;
  ssm.deliveryTimes = (id) => (id === target.id ? arrivals : others?.(id));
}

/** IMDS fails from before the scale-in until a completion has failed for lack of it. */
async function withoutMetadata(target: TargetInstance, pool: LivePool, fault: ImdsFault): Promise<string> {
  const job = await target.hold();
  const lift = pool.environment.aws.imdsFaults.inject(target.id, fault);
  // The agent cannot read its target state, so the deregister function's command stops the runner.
  await target.scaleIn();
  await job.release();
  await job.succeeds();
  await target.untilSeen("a failed completion", async () => Number(await target.show(UNITS.complete, "NRestarts")) >= 1);
  lift();
  return `drain started by the SSM command, completion retried until IMDS answered; ${await target.departs(job)}`;
}

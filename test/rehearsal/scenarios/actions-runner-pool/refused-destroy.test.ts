import assert from "node:assert/strict";
import { Cleanup } from "../../../../rehearsal/cleanup";
import { EngineError } from "../../../../rehearsal/engine/result";
import { until } from "../../../../rehearsal/environment/scenario-context";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import { openPoolEnvironment, type PoolEnvironment } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-environment";

/** Several times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 600_000;
/** Seconds of the virtual clock. */
const WAIT = 600;
const JOB_SECONDS = 900;

/**
 * The group never chooses an instance in standby for termination, so without the refusal the provider sets the sizes to 0
 * and waits for it in silence, for up to maxDrain and more. Engine, program and function are the real ones.
 */
describe("a destroy of a pool with an instance in standby", function () {
  this.timeout(BOUND_MS);
  const cleanup = new Cleanup();
  let environment: PoolEnvironment;
  let parked: string;
  let job: string;

  const view = () => {
    const { autoscaling } = environment.aws;
    return autoscaling.group(autoscaling.groupNames()[0]!)!;
  };
  const snapshot = () => {
    const { config, desired, instances } = view();
    const states = instances.map(({ id, state, protected: isProtected }) => [id, state, isProtected]);
    return { minSize: config.minSize, maxSize: config.maxSize, desired, states };
  };
  const kept = () => environment.aws.store.all().map(({ type, id }) => `${type} ${id}`);
  const stateOf = (instance: string) => view().instances.find(({ id }) => id === instance)?.state;
  const wait = (what: string, condition: () => boolean) => until(environment.context, what, WAIT, condition);

  before(async () => {
    const options = parseOptions(["--hosts", "simulated", "--instances", "2"]);
    environment = await openPoolEnvironment({ options: options!, hosts: "simulated", say: () => undefined, cleanup });
    const { engine, group, jobs } = environment.context;
    await engine.up();
    await wait("2 runners online", () => jobs.online().length === 2);
    const [serving, other] = group.inService() as [string, string];
    parked = other;
    const labels = [...environment.labels];
    job = environment.github.queueJob({ name: "during the destroy", labels, runner: serving, seconds: JOB_SECONDS });
    await wait("the job to run", () => jobs.runningOn(serving) !== undefined);
    await group.enterStandby(parked);
    await wait("the instance to be drained", () => stateOf(parked) === "Standby" && !jobs.online().includes(parked));
    // The spare of the warm pool may still be on its way.
    await wait("no instance in transition", () => view().instances.every(({ state }) => !/Pending|Terminating/.test(state)));
  });
  after(() => cleanup.run());

  it("is refused with the command that ends the standby, and touches neither the group nor its job", async () => {
    const { context, github, aws } = environment;
    const untouched = snapshot();
    const resources = kept();
    const begun = context.timeline.events.length;
    await assert.rejects(context.engine.destroy(), (error: unknown) => {
      assert.ok(error instanceof EngineError);
      assert.match(error.message, new RegExp(`^pulumi destroy failed:[\\s\\S]*The group ${view().name} was not deleted`));
      assert.match(
        error.message,
        new RegExp(`aws autoscaling exit-standby --auto-scaling-group-name ${view().name} --instance-ids ${parked} `),
      );
      return true;
    });
    assert.deepEqual(snapshot(), untouched);
    assert.deepEqual(kept(), resources);
    const moved = context.timeline.events.slice(begun).filter(({ kind }) => kind === "instance-state");
    assert.deepEqual(moved, []);
    assert.equal(github.job(job).state, "acquired");
    assert.deepEqual(aws.defects, []);
  });

  it("succeeds after that command, once the job has ended, and leaves nothing behind", async () => {
    const { context, github, aws } = environment;
    await context.group.exitStandby(parked);
    await wait("its runner to be online again", () => stateOf(parked) === "InService" && context.jobs.online().includes(parked));
    assert.equal(github.job(job).state, "acquired", "a destroy of an idle pool proves nothing about jobs");
    await context.engine.destroy();
    assert.equal(github.job(job).state, "succeeded");
    assert.deepEqual(aws.autoscaling.groupNames(), []);
    assert.deepEqual(environment.leftovers(), []);
    assert.deepEqual(aws.defects, []);
    assert.deepEqual(aws.denied(), []);
  });
});

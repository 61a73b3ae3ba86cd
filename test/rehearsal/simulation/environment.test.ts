import assert from "node:assert/strict";
import { sharedTokenName } from "../../../contract/actions-runner-pool/names";
import { SimulatedEnvironment, type SimulatedEnvironmentOptions } from "../../../rehearsal/simulation/environment";
import type { PoolOptions } from "../../../rehearsal/simulation/pool-options";

/** Virtual seconds, to detect a hang. */
const BOOT = 120;
const DRAIN = 120;

describe("a simulated pool", () => {
  let environment: SimulatedEnvironment;
  afterEach(async () => {
    await environment.close();
    assert.deepEqual(environment.defects, []);
  });

  async function open(pool: PoolOptions = {}, options: SimulatedEnvironmentOptions = {}) {
    environment = new SimulatedEnvironment(options);
    const opened = environment.addPool(pool);
    const instances = pool.instances ?? 1;
    assert.ok(await environment.until(() => opened.ready().length === instances, BOOT), "the pool did not become ready");
    return opened;
  }

  const state = (job: string) => environment.github.job(job).state;

  it("lets a busy instance finish its job before it terminates, and leaves nothing behind", async () => {
    const pool = await open({ instances: 2 });
    const [target] = pool.inService() as [string];
    const job = pool.queueJob({ seconds: 300, instance: target });
    const other = pool.queueJob({ seconds: 5 });
    await environment.until(() => state(job) === "acquired", 30);
    await pool.terminate(target);
    await environment.run(200);
    assert.deepEqual([state(job), state(other)], ["acquired", "succeeded"], "the drain waits");
    assert.ok(await environment.until(() => !pool.instances().includes(target), 100 + DRAIN));
    assert.equal(state(job), "succeeded");
    assert.ok(await environment.until(() => environment.github.runners().length === 1, 60), "the function removes the runner");
    assert.deepEqual(environment.secrets.names(), ["github-token", sharedTokenName(pool.names.secretPrefix)]);
  });

  it("loses the job in the control experiment, whose unit has no drain; otherwise the other tests would prove nothing", async () => {
    const pool = await open({}, { drain: false });
    const job = pool.queueJob({ seconds: 300 });
    await environment.until(() => state(job) === "acquired", 30);
    await pool.terminate(pool.inService()[0]!);
    await environment.until(() => state(job) !== "acquired", 60);
    assert.equal(state(job), "lost");
  });

  it("drains without any event, function or command, because the host detects its own termination", async () => {
    const pool = await open();
    environment.bus.settings.loss = 1;
    const job = pool.queueJob({ seconds: 60 });
    await environment.until(() => state(job) === "acquired", 30);
    await pool.destroy();
    assert.equal(state(job), "succeeded");
    assert.deepEqual(environment.github.runners(), [], "the final sweep removes the runner, for which no event arrived");
  });

  it("denies a host the secret that does not exist yet, as the tag condition of its policy does, and it waits on [A14.1]", async () => {
    environment = new SimulatedEnvironment();
    const pool = environment.addPool();
    environment.bus.settings.loss = 1;
    await environment.run(60);
    const answers = environment.timeline.events.flatMap((event) =>
      event.kind === "api-call" && event.principal === "instance" && event.action === "secretsmanager:GetSecretValue"
        ? [event.outcome]
        : [],
    );
    assert.ok(answers.length > 1);
    assert.deepEqual([...new Set(answers)], ["AccessDeniedException"]);
    assert.deepEqual(environment.gateway.denied(), [], "no defect of the policy");
    environment.bus.settings.loss = 0;
    assert.ok(await environment.until(() => pool.ready().length === 1, 900), "the sweep's token is read");
  });

  it("retries a failing function after one and two minutes, then sends its event to the dead-letter queue", async () => {
    const pool = await open();
    environment.github.faults.add({ kind: "status", status: 500, route: /^DELETE api/ });
    const [instance] = pool.inService() as [string];
    await pool.terminate(instance);
    await environment.run(400);
    const runs = environment.timeline.events.filter((event) => event.kind === "function-run" && event.outcome === "error");
    assert.equal(runs.length, 3);
    const pauses = [runs[1]!.at - runs[0]!.at, runs[2]!.at - runs[1]!.at].map((ms) => Math.round(ms / 10_000));
    assert.deepEqual(pauses, [6, 12]);
    assert.equal(environment.queues.peek(`arn:aws:sqs:eu-central-1:123456789012:${pool.names.deadLetterQueue}`).length, 1);
  });

  it("ends a function on the virtual clock after its own timeout if GitHub does not respond", async () => {
    const pool = await open();
    environment.github.faults.add({ kind: "hang", route: /^GET api.*actions.runners/ });
    await pool.terminate(pool.inService()[0]!);
    const ended = await environment.until(
      () => environment.timeline.events.some((e) => e.kind === "function-run" && e.name === pool.names.deregisterFunction),
      30,
    );
    assert.ok(ended);
    const run = environment.timeline.events.find((e) => e.kind === "function-run" && e.name === pool.names.deregisterFunction);
    assert.ok(run?.kind === "function-run" && run.ms >= 5000 && run.ms < 6000, JSON.stringify(run));
  });

  it("completes a warm pool, an instance refresh and a destroy", async () => {
    const pool = await open({ instances: 2, warmPool: { minSize: 1, maxGroupPreparedCapacity: 3 } });
    assert.ok(await environment.until(() => pool.instances("Warmed:Stopped").length === 1, BOOT));
    const before = pool.instances();
    pool.refresh();
    assert.ok(await environment.until(() => environment.autoscaling.group(pool.names.group)?.refresh === "Successful", 900));
    assert.equal(pool.instances().filter((id) => before.includes(id)).length, 0);
    await pool.destroy();
    assert.deepEqual(environment.github.runners(), []);
  });

  it("refuses a destroy that would wait in silence for an instance in standby, touches nothing, and goes on once it is back", async () => {
    const pool = await open({ instances: 2, minSize: 0 });
    const [instance] = pool.inService() as [string];
    const standby = (operation: string, rest = {}) =>
      environment.gateway.call({ kind: "operator" }, `autoscaling:${operation}`, {
        AutoScalingGroupName: pool.names.group,
        InstanceIds: [instance],
        ...rest,
      });
    await standby("EnterStandby", { ShouldDecrementDesiredCapacity: true });
    await assert.rejects(
      pool.destroy(),
      new RegExp(`^Error: The group ${pool.names.group} was not deleted, .*: ${instance} in Standby\\.`),
    );
    assert.equal(pool.instances().length, 2);
    await standby("ExitStandby");
    await pool.destroy();
    assert.deepEqual(environment.github.runners(), []);
  });

  it("refuses a forced deletion by hand of a pool that retains, because it would end all jobs without their hooks", async () => {
    const pool = await open({ instances: 1 });
    const job = pool.queueJob({ seconds: 60 });
    await environment.until(() => state(job) === "acquired", 30);
    const params = { AutoScalingGroupName: pool.names.group, ForceDelete: true };
    await assert.rejects(
      environment.gateway.call({ kind: "operator" }, "autoscaling:DeleteAutoScalingGroup", params),
      /retention trigger is set to retain$/,
    );
    await environment.until(() => state(job) !== "acquired", 120);
    assert.equal(state(job), "succeeded");
  });

  it("keeps the job despite a killed agent and drain, a metadata outage, a clock jump and duplicate commands", async () => {
    const pool = await open({ instances: 1 });
    const [instance] = pool.inService() as [string];
    const job = pool.queueJob({ seconds: 120 });
    await environment.until(() => state(job) === "acquired", 30);
    environment.ssm.copies = () => 2;
    const host = environment.hosts.running(instance)!;
    host.killAgent();
    const endOutage = environment.metadata.fail("silent", instance);
    await pool.terminate(instance);
    await environment.run(20);
    endOutage();
    host.killDrain();
    host.jumpClock(3_600_000);
    await environment.run(30);
    host.killDrain();
    assert.equal(state(job), "acquired");
    assert.ok(await environment.until(() => !pool.instances().includes(instance), 120 + DRAIN));
    assert.equal(state(job), "succeeded");
  });

  it("keeps a worker whose listener was killed, and starts no second listener beside it", async () => {
    const pool = await open();
    const [instance] = pool.inService() as [string];
    const job = pool.queueJob({ seconds: 120 });
    await environment.until(() => environment.hosts.running(instance)!.processes!.workers === 1, 30);
    environment.hosts.running(instance)!.processes!.crash();
    await environment.run(60);
    assert.equal(environment.hosts.running(instance)!.processes!.listener, undefined);
    assert.ok(await environment.until(() => pool.ready().length === 1 && state(job) !== "acquired", 300));
    assert.equal(state(job), "succeeded");
  });

  it("reports the job of a host whose power fails as lost", async () => {
    const pool = await open();
    const [instance] = pool.inService() as [string];
    const job = pool.queueJob({ seconds: 120 });
    await environment.until(() => state(job) === "acquired", 30);
    environment.hosts.cutPower(instance, 20_000);
    await environment.until(() => state(job) !== "acquired", 900);
    assert.equal(state(job), "lost");
    assert.ok(await environment.until(() => pool.ready().length === 1, 900), "the host becomes ready again");
  });

  it("gives the same events for the same seed", async () => {
    const runs: string[] = [];
    for (let run = 0; run < 2; run++) {
      const pool = await open({ instances: 2 }, { seed: 5 });
      pool.queueJob({ seconds: 30 });
      await environment.run(10);
      await pool.scaleTo(0);
      await environment.run(120);
      runs.push(JSON.stringify(environment.timeline.events));
      if (run === 0) await environment.close();
    }
    assert.equal(runs[0], runs[1]);
  });
});

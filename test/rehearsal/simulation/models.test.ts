import assert from "node:assert/strict";
import { SimulatedEnvironment } from "../../../rehearsal/simulation/environment";

describe("the models of a simulated pool", () => {
  const environments: SimulatedEnvironment[] = [];
  const open = () => {
    const environment = new SimulatedEnvironment();
    environments.push(environment);
    return environment;
  };
  afterEach(async () => {
    for (const environment of environments.splice(0)) await environment.close();
  });

  it("keep a runner online at GitHub while its job runs, so that a long drain does not look like a dead host", async () => {
    const environment = open();
    const pool = environment.addPool();
    assert.ok(await environment.until(() => pool.ready().length === 1, 120));
    const job = pool.queueJob({ seconds: 3600 });
    await environment.until(() => environment.github.job(job).state === "acquired", 60);
    for (let minute = 0; minute < 59; minute++) {
      await environment.run(60);
      const [runner] = environment.github.runners();
      assert.deepEqual([runner?.online, runner?.busy], [true, true], `after ${minute} min`);
    }
    const next = pool.queueJob({ seconds: 10 });
    await environment.run(120);
    assert.deepEqual(
      [job, next].map((id) => environment.github.job(id).state),
      ["succeeded", "succeeded"],
      "the runner takes the next job afterwards",
    );
  });

  it("show a runner offline after its listener is killed, even though its worker continues", async () => {
    const environment = open();
    const pool = environment.addPool();
    assert.ok(await environment.until(() => pool.ready().length === 1, 120));
    pool.queueJob({ seconds: 3600 });
    const host = environment.hosts.running(pool.ready()[0]!)!;
    assert.ok(await environment.until(() => host.processes!.workers === 1, 60));
    host.processes!.crash();
    assert.ok(await environment.until(() => !environment.github.runners()[0]!.online, 120));
    assert.equal(host.processes!.workers, 1);
  });

  it("slow down one environment without affecting another", () => {
    const [one, other] = [open(), open()];
    one.latencies.start.max = 60_000;
    assert.notEqual(other.latencies.start.max, 60_000);
    assert.notEqual(open().latencies.start.max, 60_000);
  });

  it("keep each environment's functions on its own clock, whichever environment is closed first", async () => {
    const [one, other] = [open(), open()];
    await environments.splice(environments.indexOf(one), 1)[0]!.close();
    const pool = other.addPool();
    assert.ok(await other.until(() => pool.ready().length === 1, 120));
    await pool.scaleTo(0);
    assert.ok(
      await other.until(() => other.github.runners().length === 0, 600),
      "its drain and the runner's removal finish on its own clock",
    );
  });

  it("cold-start a function whose process has ended", async () => {
    const environment = open();
    const pool = environment.addPool({ instances: 0, maxSize: 9 });
    const { registerFunction } = pool.names;
    const reads = () => environment.gateway.calls()[registerFunction]?.["secretsmanager:GetSecretValue"] ?? 0;
    const launch = async (desired: number) => {
      await pool.scaleTo(desired);
      assert.ok(await environment.until(() => pool.ready().length === desired, 120));
      return reads();
    };
    assert.equal(await launch(1), 2, "it finds no shared token, and reads its credentials to create one");
    assert.equal(await launch(2), 2, "a warm function keeps the token");
    environment.functions.endProcess(registerFunction);
    assert.equal(await launch(3), 3, "a cold one reads it");
  });
});

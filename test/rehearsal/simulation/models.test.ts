import assert from "node:assert/strict";
import { SimulatedEnvironment } from "../../../rehearsal/simulation/environment";

describe("what simulated pools are made of", () => {
  const worlds: SimulatedEnvironment[] = [];
  const open = () => {
    const environment = new SimulatedEnvironment();
    worlds.push(environment);
    return environment;
  };
  afterEach(async () => {
    for (const environment of worlds.splice(0)) await environment.close();
  });

  it("keeps a runner online at GitHub for as long as its job runs, or every long drain would look like a dead host", async () => {
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
      "it takes the next one after it",
    );
  });

  it("shows the runner of a listener that was killed offline, though its worker goes on", async () => {
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

  it("lets one world be slow without slowing another", () => {
    const [one, other] = [open(), open()];
    one.latencies.start.max = 60_000;
    assert.notEqual(other.latencies.start.max, 60_000);
    assert.notEqual(open().latencies.start.max, 60_000);
  });

  it("keeps each world's functions on its own clock, whichever is closed first", async () => {
    const [one, other] = [open(), open()];
    await worlds.splice(worlds.indexOf(one), 1)[0]!.close();
    const pool = other.addPool();
    assert.ok(await other.until(() => pool.ready().length === 1, 120));
    await pool.scaleTo(0);
    assert.ok(await other.until(() => other.github.runners().length === 0, 600), "its drain and its removal end in its own time");
  });

  it("begins a function anew where its process has ended", async () => {
    const environment = open();
    const pool = environment.addPool({ instances: 0, maxSize: 9 });
    const { registerFunction } = pool.names;
    const reads = () => environment.door.calls()[registerFunction]?.["secretsmanager:GetSecretValue"] ?? 0;
    const launch = async (desired: number) => {
      await pool.scaleTo(desired);
      assert.ok(await environment.until(() => pool.ready().length === desired, 120));
      return reads();
    };
    assert.equal(await launch(1), 1);
    assert.equal(await launch(2), 1, "a warm one keeps its credentials");
    environment.functions.endProcess(registerFunction);
    assert.equal(await launch(3), 2);
  });
});

import assert from "node:assert/strict";
import { GitHubError } from "../../../../functions/shared/github/error";
import { APP, Harness, LIB } from "../support/harness";
import { awsFailure } from "../support/machine";

describe("a run that gives the machine back", () => {
  let harness: Harness;
  beforeEach(() => (harness = new Harness()));

  const stops = () => harness.calls.filter((call) => call === "stop" || call === "force");

  it("releases and stops it at any moment of its start", async () => {
    for (const seconds of [0, 5, 15, 35, 60]) {
      harness = new Harness();
      await harness.start();
      harness.wait(seconds);
      await harness.start();
      const reply = await harness.stop();
      assert.ok(["released", "stopping"].includes(reply.state), `${reply.state} after ${seconds} s`);
      assert.equal(harness.lease.holder, undefined);
      for (let pass = 0; pass < 3; pass += 1) {
        harness.wait(125);
        await harness.reap();
      }
      assert.deepEqual([harness.lease.phase, harness.machine.power.state], ["stopped", "stopped"], `after ${seconds} s`);
    }
  });

  it("is told so again, however often it asks, and stops nothing of another's", async () => {
    await harness.startUntil("ready");
    await harness.stop();
    harness.wait(60);
    await harness.startUntil("ready", LIB);
    const before = stops().length;
    for (let count = 0; count < 3; count += 1) assert.equal((await harness.stop()).state, "released");
    assert.equal(stops().length, before);
    assert.deepEqual(harness.expectLease(), { phase: "ready", generation: 5, holder: LIB });
  });

  it("does not stop a job at work, and says that the machine switches itself off", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    const reply = await harness.stop();
    assert.equal(reply.state, "stopping");
    assert.match("detail" in reply ? reply.detail : "", /at work/);
    assert.deepEqual(stops(), []);
    harness.endJob();
    assert.equal((await harness.stop()).state, "released");
  });

  it("does not stop a job that has just begun, and that GitHub does not show yet", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    harness.showsIdle = true;
    assert.equal((await harness.stop()).state, "stopping");
    assert.deepEqual(stops(), []);
    assert.equal(harness.lease.holder, APP);
  });

  it("lets no job begin between its last look and the stop: the runner is gone from GitHub before", async () => {
    await harness.startUntil("ready");
    harness.before.write = [() => assert.deepEqual([...harness.runners], [])];
    assert.equal((await harness.stop()).state, "released");
  });

  it("stops by force also while GitHub is down, and counts it as a job that was stopped", async () => {
    await harness.startUntil("ready");
    harness.errors.retire = [new GitHubError("502", 502)];
    assert.equal((await harness.stop(APP, true)).state, "released");
    assert.equal(harness.observer.counts.ForcedStops, 1);
  });

  it("does not take a stop whose end is unknown for refused: it may still come, and would stop the next run's start", async () => {
    await harness.startUntil("ready");
    harness.machine.stopErrors = [Object.assign(new Error("timeout"), { name: "TimeoutError" })];
    await harness.stop();
    const { stoppedAt } = harness.lease;
    assert.notEqual(stoppedAt, undefined);
    harness.machine.switchOff();
    harness.wait(25);
    assert.equal((await harness.start(LIB)).state, "waiting");
    assert.equal(harness.machine.starts, 1);
    harness.wait(10);
    assert.equal((await harness.start(LIB)).state, "starting");
  });

  it("stops a job at work by force only, and that is logged as an error and counted", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    assert.equal((await harness.stop(APP, true)).state, "released");
    assert.deepEqual(stops(), ["stop"]);
    assert.equal(harness.observer.counts.ForcedStops, 1);
    assert.equal(harness.observer.messages("error").length, 1);
  });

  it("does not take GitHub's silence for an idle machine", async () => {
    await harness.startUntil("ready");
    harness.errors.retire = [new GitHubError("502", 502)];
    assert.equal((await harness.stop()).state, "stopping");
    assert.deepEqual(stops(), []);
    assert.equal(harness.lease.holder, APP);
  });

  it("has nothing to stop after its job: the machine has switched itself off", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    harness.endJob();
    harness.wait(60);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 4, holder: APP });
    assert.deepEqual(await harness.stop(), { state: "released", detail: "the machine is off" });
    assert.equal(harness.lease.holder, undefined);
    assert.deepEqual(stops(), []);
  });

  it("repeats a stop that EC2 throttles, until it is accepted", async () => {
    await harness.startUntil("ready");
    harness.machine.stopErrors = Array.from({ length: 3 }, () => awsFailure("RequestLimitExceeded"));
    const states: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      states.push((await harness.stop()).state);
      harness.wait(5);
    }
    assert.deepEqual(states, ["stopping", "stopping", "stopping", "released", "released"]);
    assert.equal(harness.machine.power.state, "stopping");
  });

  it("sends one of several simultaneous stops", async () => {
    await harness.startUntil("ready");
    await Promise.all([harness.stop(), harness.stop(), harness.reap(), harness.stop()]);
    await Promise.all([harness.stop(), harness.reap(), harness.stop()]);
    assert.deepEqual(stops(), ["stop"]);
  });

  it("repeats what another's request has lost, because whoever waits for the machine needs it off", async () => {
    await harness.startUntil("ready");
    harness.machine.losesStops = 1;
    await harness.stop();
    await harness.stop();
    assert.equal(harness.machine.power.state, "running");
    harness.wait(60);
    await harness.start(LIB);
    assert.deepEqual(stops(), ["stop"], "EC2 may need two minutes to show it");
    harness.wait(65);
    await harness.start(LIB);
    assert.deepEqual(stops(), ["stop", "stop"]);
    assert.equal((await harness.startUntil("ready", LIB)).state, "ready");
  });
});

import assert from "node:assert/strict";
import { forceStopAfter } from "../../../../functions/persistent-runner/shared/power-off";
import { isForeign } from "../../../../functions/persistent-runner/reap/trigger";
import { GitHubError } from "../../../../functions/shared/github/error";
import { APP, Harness, INSTANCE, LIB, NOW, SETTINGS } from "../support/harness";
import { awsFailure } from "../support/machine";

describe("the reaper", () => {
  let harness: Harness;
  beforeEach(() => (harness = new Harness()));

  const stops = () => harness.calls.filter((call) => call === "stop" || call === "force");
  const counts = () => harness.observer.counts;

  it("notes that the machine has switched itself off, and leaves it to its holder, which may start it again", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    harness.endJob();
    harness.wait(60);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 4, holder: APP });
  });

  it("does not take a start that EC2 does not show yet for a machine that is off", async () => {
    await harness.start();
    harness.machine.power = { ...harness.machine.power, state: "stopped" };
    harness.wait(200);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 4, holder: APP });
  });

  it("changes nothing by a late or duplicate event: it reads lease and power anew", async () => {
    await harness.startUntil("ready");
    for (let count = 0; count < 3; count += 1) await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "ready", generation: 4, holder: APP });
    assert.deepEqual(stops(), []);
  });

  it("does not undo a start that another run made between its reads and its write", async () => {
    await harness.startUntil("ready");
    await harness.stop();
    harness.wait(60);
    harness.before.write = [async () => void (await harness.start(LIB))];
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "starting", generation: 5, holder: LIB });
  });

  it("releases a machine whose run died while it waited for the start, and stops it", async () => {
    await harness.start();
    harness.wait(60);
    await harness.reap();
    assert.equal(harness.lease.holder, APP, "a run that asks every 5 s is not dead after a minute");
    harness.wait(245);
    await harness.reap();
    assert.equal(harness.lease.holder, undefined);
    assert.deepEqual(stops(), ["stop"]);
    assert.equal(counts().ExpiredLeases, 1);
    harness.wait(60);
    await harness.reap();
    assert.equal(harness.lease.phase, "stopped");
  });

  it("does not start a machine for a run that asks no more, whose start was lost", async () => {
    harness.machine.startErrors = [new Error("the function was killed")];
    await harness.start();
    for (let count = 0; count < 4; count += 1) {
      harness.wait(100);
      await harness.reap();
    }
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 4 });
    assert.equal(harness.machine.starts, 0);
  });

  it("never takes the machine from a holder whose job is at work within its session", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    for (let seconds = 0; seconds < 7_200; seconds += 300) {
      await harness.reap();
      harness.wait(300);
    }
    assert.deepEqual([stops(), harness.lease.holder], [[], APP]);
  });

  it("stops a job at the session's limit only, and that is an error, and counted", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    harness.wait(7_600);
    await harness.reap();
    assert.deepEqual(stops(), ["stop"]);
    assert.deepEqual([counts().ForcedStops, counts().ExpiredLeases], [1, 1]);
    assert.ok(harness.observer.messages("error").some((message) => message.includes("session's limit")));
  });

  it("keeps no machine running because GitHub is down", async () => {
    await harness.startUntil("ready");
    harness.wait(7_600);
    harness.errors.state = [new GitHubError("502", 502)];
    await harness.reap();
    assert.deepEqual(stops(), ["stop"]);
  });

  it("does not take the machine from a holder that renewed its time meanwhile", async () => {
    await harness.start();
    harness.wait(301);
    harness.before.write = [async () => void (await harness.start())];
    await harness.reap();
    assert.equal(harness.lease.holder, APP);
  });

  it("takes a machine that is off from a holder that came no more for it, after 5 minutes", async () => {
    await harness.startUntil("ready");
    harness.beginJob();
    harness.endJob();
    harness.wait(60);
    await harness.reap();
    harness.wait(290);
    await harness.reap();
    assert.equal(harness.lease.holder, APP);
    harness.wait(20);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 4 });
    assert.deepEqual([stops(), counts().ExpiredLeases], [[], 1]);
  });

  it("repeats a stop that was lost after two minutes, and forces one that does not end after five", async () => {
    await harness.startUntil("ready");
    harness.machine.losesStops = 3;
    await harness.stop();
    await harness.stop();
    const at: [number, string][] = [];
    for (let seconds = 0; seconds <= 700 && harness.machine.power.state === "running"; seconds += 10) {
      const before = stops().length;
      await harness.reap();
      for (const call of stops().slice(before)) at.push([seconds, call]);
      harness.wait(10);
    }
    assert.deepEqual(at, [
      [120, "stop"],
      [240, "stop"],
      [360, "force"],
    ]);
  });

  it("does not cut the shutdown of a machine that waits for its job, with registration `service`, within a session", async () => {
    harness.settings = { ...SETTINGS, registration: "service" };
    harness.ports.forceStopAfter = forceStopAfter(harness.settings);
    await harness.startUntil("ready");
    await harness.stop();
    harness.machine.power = { ...harness.machine.power, state: "running" };
    harness.machine.losesStops = 100;
    for (let seconds = 0; seconds < 7_000; seconds += 300) {
      harness.wait(300);
      await harness.reap();
    }
    assert.ok(!stops().includes("force"));
    assert.equal(counts().StopFailed, 0);
    harness.wait(600);
    await harness.reap();
    assert.ok(stops().includes("force"));
  });

  it("leaves the lease alone that is about another machine than its own: it may be of the deployment before", async () => {
    await harness.startUntil("ready");
    harness.settings = { ...SETTINGS, instanceId: "i-0fedcba9876543210" };
    const before = harness.item;
    await harness.reap();
    assert.deepEqual(harness.item, before);
  });

  it("alarms when a machine does not stop for a quarter of an hour", async () => {
    await harness.startUntil("ready");
    harness.machine.losesStops = 100;
    await harness.stop();
    harness.wait(890);
    await harness.reap();
    assert.equal(counts().StopFailed, 0);
    harness.wait(20);
    await harness.reap();
    assert.equal(counts().StopFailed, 1);
  });

  it("repeats a stop that EC2 refused at its next pass", async () => {
    await harness.startUntil("ready");
    harness.machine.stopErrors = [awsFailure("RequestLimitExceeded"), awsFailure("RequestLimitExceeded")];
    await harness.stop();
    await harness.stop();
    await harness.reap();
    await harness.reap();
    assert.equal(harness.machine.power.state, "stopping");
  });

  it("stops a machine that someone started by hand, once it idles for longer than it may, and no sooner", async () => {
    harness.machine.firstBoot();
    harness.wait(2_000);
    await harness.reap();
    assert.deepEqual(stops(), []);
    harness.wait(150);
    await harness.reap();
    assert.deepEqual(stops(), ["stop"]);
  });

  it("leaves a machine alone that a run acquires while it is about to stop it", async () => {
    harness.machine.firstBoot();
    harness.wait(2_200);
    harness.before.write = [async () => void (await harness.start())];
    await harness.reap();
    assert.equal(harness.lease.holder, APP);
    assert.deepEqual(stops(), ["stop"], "the run's own, before its start");
    assert.equal((await harness.startUntil("ready")).state, "ready");
  });

  it("lets a first boot have its time, also without anyone who waits for it", async () => {
    harness.item = undefined;
    harness.settings = { ...SETTINGS, timeouts: { ...SETTINGS.timeouts, firstBootTimeout: 3_600 } };
    harness.machine.firstBoot();
    harness.wait(3_700);
    await harness.reap();
    assert.deepEqual(stops(), []);
    harness.wait(300);
    await harness.reap();
    assert.deepEqual(stops(), ["stop"]);
  });

  it("alarms when a machine runs for longer than any session may", async () => {
    await harness.startUntil("ready");
    harness.machine.losesStops = 100;
    await harness.reap();
    assert.equal(counts().OverdueSession, 0);
    harness.wait(8_000);
    await harness.reap();
    assert.equal(counts().OverdueSession, 1);
  });

  it("deletes the order and the runner of a start that no machine has used", async () => {
    await harness.start();
    await harness.stop();
    harness.machine.power = { ...harness.machine.power, state: "stopped" };
    harness.wait(60);
    await harness.reap();
    assert.ok(harness.order, "a start may have begun since the lease was read");
    assert.deepEqual([...harness.runners], []);
    harness.wait(600);
    await harness.reap();
    assert.equal(harness.order, undefined);
    assert.equal(harness.lease.runnerId, undefined);
  });

  it("cleans up each on its own, and never while a run has the machine", async () => {
    await harness.start();
    harness.wait(700);
    await harness.reap();
    assert.ok(!harness.calls.includes("delete order"));
    harness = new Harness();
    harness.item = { ...harness.item!, runnerId: 3 };
    harness.runners.set(3, { name: "build-3", busy: false });
    harness.errors.age = [awsFailure("AccessDeniedException")];
    await harness.reap();
    assert.deepEqual([...harness.runners], []);
    assert.equal(counts().ReapErrors, 1);
  });

  it("counts a pass that failed, and the next one repeats it", async () => {
    harness.errors.read = [new Error("DynamoDB is down")];
    await harness.reap();
    assert.equal(counts().ReapErrors, 1);
    await harness.reap();
    assert.equal(counts().ReapErrors, 1);
  });

  it("touches nothing of a machine that is off and free", async () => {
    const before = harness.item;
    await harness.reap();
    assert.deepEqual([harness.item, harness.calls], [before, []]);
  });

  it("frees the lease of a machine that was terminated", async () => {
    await harness.startUntil("ready");
    harness.machine.terminate();
    harness.wait(7_600);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 4 });
  });

  it("is triggered by any event but one of another instance, because a pass is never wrong", () => {
    const event = (id: unknown) => ({
      "detail-type": "EC2 Instance State-change Notification",
      detail: { "instance-id": id, state: "stopped" },
    });
    assert.equal(isForeign(event("i-0fedcba9876543210"), INSTANCE), true);
    for (const other of [event(INSTANCE), event(7), { "detail-type": "Scheduled Event" }, {}, null, undefined, "x", NOW]) {
      assert.equal(isForeign(other, INSTANCE), false);
    }
  });
});

import assert from "node:assert/strict";
import { PROVISIONER } from "../../../../contract/persistent-runner/lease";
import { preparationDigest } from "../../../../contract/persistent-runner/order";
import { control } from "../../../../functions/persistent-runner/control/control";
import { awsFailure } from "../support/machine";
import { APP, DIGEST, Harness, INSTANCE, LIB, SETTINGS } from "../support/harness";

describe("the provisioning by `pulumi up`", () => {
  let harness: Harness;

  /** As the provider leaves it: running, on its first boot, without a lease. */
  beforeEach(() => {
    harness = new Harness();
    harness.item = undefined;
    harness.machine.firstBoot();
  });

  it("has a new machine prepare itself on its first boot, and ends when it is off and free", async () => {
    assert.deepEqual(await harness.provision(), { state: "prepared", detail: "the machine is prepared, and off" });
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 1 });
    assert.equal(harness.lease.prepared, DIGEST);
    assert.equal(harness.machine.power.state, "stopped");
    assert.deepEqual(harness.calls, ["order 1"], "it is neither started again nor stopped, and no runner is registered");
  });

  it("does nothing to a machine that is prepared: a second `up` is no difference", async () => {
    await harness.provision();
    const [item, calls] = [harness.item, harness.calls.length];
    assert.equal((await harness.provision()).state, "prepared");
    assert.deepEqual([harness.item, harness.calls.length], [item, calls]);
  });

  it("is continued by the next invocation, and not begun anew", async () => {
    const first = await harness.provision(60, false);
    assert.equal(first.state, "unfinished");
    assert.equal(harness.lease.holder, PROVISIONER);
    assert.equal((await harness.provision()).state, "prepared");
    assert.deepEqual(harness.calls, ["order 1"]);
  });

  it("starts the machine for another release, and has it prepare itself again", async () => {
    await harness.provision();
    harness.settings = { ...SETTINGS, configuration: { ...SETTINGS.configuration, sha256: "d".repeat(64) } };
    assert.equal((await harness.provision()).state, "prepared");
    assert.deepEqual(harness.calls, ["order 1", "order 2", "start"]);
    assert.notEqual(harness.lease.prepared, DIGEST);
  });

  it("fails with the console's last lines when the machine switches itself off unprepared, and does not wait for another try", async () => {
    harness.machine.boots = ["switches itself off"];
    await assert.rejects(
      harness.provision(840, false),
      /switched itself off before it was ready; the end of its console:\nBooting\nci-runners: the/,
    );
    assert.equal(harness.lease.holder, undefined);
    assert.equal(harness.machine.starts, 1);
  });

  it("fails with the console's last lines at its last invocation's end, and cuts no preparation within its own time", async () => {
    harness.machine.boots = ["hangs"];
    assert.equal((await harness.provision(300, false)).state, "unfinished");
    await assert.rejects(harness.provision(300, true), /did not prepare itself in time, after 300 s: .*the setup script failed/s);
    assert.equal(harness.lease.holder, PROVISIONER, "whoever may invoke the function could stop it otherwise");
    for (let seconds = 0; seconds < 1_500; seconds += 60) {
      harness.wait(60);
      await harness.reap();
    }
    assert.deepEqual([harness.machine.power.state, harness.expectLease()], ["stopped", { phase: "stopped", generation: 1 }]);
  });

  it("leaves no machine running that was not ready within firstBootTimeout", async () => {
    harness.machine.boots = ["hangs"];
    assert.equal((await harness.provision(840, false)).state, "unfinished");
    await assert.rejects(harness.provision(600, true), /was not ready within 1200 s; the end of its console/);
    assert.equal(harness.lease.holder, undefined);
  });

  it("is not cut by the reaper when no one waits for it, and leaves the machine free without an alarm", async () => {
    assert.equal((await harness.provision(30, false)).state, "unfinished");
    harness.machine.boots = ["hangs"];
    for (let seconds = 0; seconds < 900; seconds += 60) {
      harness.wait(60);
      await harness.reap();
    }
    assert.deepEqual(harness.calls, ["order 1"], "it has its 20 minutes");
    harness.machine.boots = ["ready"];
    harness.wait(60);
    await harness.reap();
    harness.wait(60);
    await harness.reap();
    assert.deepEqual(harness.expectLease(), { phase: "stopped", generation: 1 });
    assert.equal(harness.observer.counts.ExpiredLeases, undefined);
  });

  it("does not take a release for installed that another one has half replaced", async () => {
    await harness.provision();
    const first = harness.settings;
    harness.settings = { ...SETTINGS, configuration: { ...SETTINGS.configuration, sha256: "d".repeat(64) } };
    harness.machine.boots = ["switches itself off"];
    await assert.rejects(harness.provision());
    harness.settings = first;
    harness.machine.boots = ["ready"];
    harness.wait(60);
    assert.equal((await harness.provision()).state, "prepared");
    assert.ok(harness.calls.includes("order 3"), "it has prepared itself again");
  });

  it("succeeds at the next `up` after a failed one", async () => {
    harness.machine.boots = ["switches itself off", "ready"];
    await assert.rejects(harness.provision());
    assert.equal((await harness.provision()).state, "prepared");
  });

  it("does not take the machine from a run, which prepares it itself", async () => {
    await harness.provision();
    await harness.startUntil("ready");
    harness.settings = { ...SETTINGS, bundle: { ...SETTINGS.bundle, sha256: "e".repeat(64) } };
    const before = harness.clock.now();
    const reply = await harness.provision(60, true);
    assert.equal(harness.clock.now(), before, "the first look says so");
    assert.equal(reply.state, "in-use");
    assert.match(reply.detail, /octo-org\/app#7#1 has the machine/);
    assert.equal(harness.lease.holder, APP);
  });

  it("is counted when a run has the machine, so that the next `up` invokes it again, and not when it has provisioned", async () => {
    const postponed = () => control({ action: "postponed" }, async () => "", harness.ports, harness.settings, harness.observer);
    assert.deepEqual(await postponed(), { postponed: 0 }, "a machine that no one has had yet has no lease");
    await harness.provision();
    await harness.provision();
    assert.deepEqual(await postponed(), { postponed: 0 });
    await harness.startUntil("ready");
    harness.settings = { ...SETTINGS, bundle: { ...SETTINGS.bundle, sha256: "e".repeat(64) } };
    await harness.provision(60, true);
    assert.deepEqual(await postponed(), { postponed: 1 });
    assert.equal(harness.lease.holder, APP, "the count is no renewal");
    await harness.provision(60, true);
    assert.deepEqual(await postponed(), { postponed: 2 });
  });

  it("answers a deployment that asks for the count before the rights of a new function have arrived", async () => {
    harness.errors.read = [awsFailure("AccessDeniedException"), awsFailure("AccessDeniedException")];
    const reply = await control({ action: "postponed" }, async () => "", harness.ports, harness.settings, harness.observer);
    assert.deepEqual(reply, { postponed: 0 });
  });

  it("of a deployment that was interrupted installs its release no more, once the next deployment has provisioned another", async () => {
    await harness.provision();
    const next = preparationDigest({ ...SETTINGS, bundle: { ...SETTINGS.bundle, sha256: "e".repeat(64) } });
    harness.settings = { ...SETTINGS, configuration: { ...SETTINGS.configuration, sha256: "d".repeat(64) } };
    harness.machine.boots = ["hangs"];
    let reads = 0;
    // The machine has done both in turn: the one whose invocation still waits, then the next one's.
    const meanwhile = (): void => {
      reads += 1;
      if (reads < 20) return void (harness.before["read"] = [meanwhile]);
      harness.machine.switchOff();
      harness.item = {
        phase: "stopped",
        generation: 9,
        changedAt: harness.clock.now(),
        instanceId: INSTANCE,
        prepared: next,
        ordered: next,
      };
    };
    harness.before["read"] = [meanwhile];
    await assert.rejects(harness.provision(), /another deployment has the machine prepare itself/);
    assert.deepEqual(harness.calls, ["order 1", "order 2", "start"]);
    assert.equal(harness.lease.holder, undefined);
  });

  it("waits for what an interrupted deployment has begun, and then installs its own release", async () => {
    await harness.provision();
    harness.settings = { ...SETTINGS, configuration: { ...SETTINGS.configuration, sha256: "d".repeat(64) } };
    assert.equal((await harness.provision(20, false)).state, "unfinished");
    harness.settings = { ...SETTINGS, bundle: { ...SETTINGS.bundle, sha256: "e".repeat(64) } };
    assert.equal((await harness.provision()).state, "prepared");
    assert.equal(harness.lease.prepared, preparationDigest(harness.settings));
    assert.deepEqual(harness.calls, ["order 1", "order 2", "start", "order 3", "start"]);
  });

  it("makes runs wait", async () => {
    await harness.provision(30, false);
    assert.equal((await harness.start(LIB)).state, "waiting");
    await harness.provision();
    assert.equal((await harness.startUntil("ready", LIB)).state, "ready");
  });

  it("survives calls that fail meanwhile", async () => {
    harness.errors.read = [new Error("DynamoDB is down"), new Error("DynamoDB is down")];
    assert.equal((await harness.provision()).state, "prepared");
  });

  it("refuses a digest that the function was not deployed with: any caller could have the machine started for it", async () => {
    const event = { action: "provision", instanceId: INSTANCE, digest: "other", wait: 10, last: true };
    const run = () => control(event, async () => "", harness.ports, harness.settings, harness.observer);
    await assert.rejects(run(), /another machine or another release/);
    assert.deepEqual(harness.calls, []);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { initialState, repeatsUntil, targetObserved, unitObserved } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import { pauseMark } from "../../../host-config/actions-runner-pool/agent/pause-mark";
import { launching, ticks } from "./daemon-rig";
import { FakeHost, SERVED } from "./fake-host";

/** Without what keeps the protection up to date. */
const steps = (host: FakeHost) => host.acts.filter((act) => !act.startsWith("protect") && act !== "state");

/** Resolves when the test says so. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open = () => undefined as void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

/** Ticks of which each begins while the background work of the one before may still wait. */
async function overlappingTicks(host: FakeHost, daemon: Daemon, count: number): Promise<string[]> {
  const actions: string[] = [];
  for (let n = 0; n < count; n++) {
    actions.push(await daemon.tick());
    host.advance(1_000);
  }
  return actions;
}

describe("the agent on an instance that is out of service", () => {
  for (const target of ["Standby", "Detached"] as const) {
    it(`stops taking jobs through the drain once the target is ${target}, and lets the instance be`, async () => {
      const host = new FakeHost();
      const daemon = new Daemon(host);
      await ticks(host, daemon, 3);
      host.target = target;
      await ticks(host, daemon, 5);
      assert.deepEqual(steps(host), ["mark pause", "stop"]);
      host.active = "inactive";
      await ticks(host, daemon, 60);
      assert.deepEqual(steps(host), ["mark pause", "stop"], "neither a completion nor a start");
    });
  }

  it("does not stop a job: the unit's stop is the drain, and the job signs are still read", async () => {
    const host = new FakeHost();
    host.seen = { ...host.seen, workers: 1, announced: "busy" };
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    host.target = "Standby";
    await ticks(host, daemon, 10);
    assert.equal(host.active, "deactivating");
    assert.equal(daemon.state.inFlight, "worker");
    assert.ok(!host.acts.includes("JOB LOST"));
  });

  it("starts the runner again when it returns to service, but only after the drain has ended", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    host.target = "Standby";
    await ticks(host, daemon, 3);
    host.target = "InService";
    await ticks(host, daemon, 10);
    assert.ok(!host.acts.includes("start"), "the drain still runs");
    host.active = "inactive";
    assert.deepEqual((await ticks(host, daemon, 6)).filter((action) => action !== "look-up-state").slice(0, 2), [
      "start-runner",
      "end-pause",
    ]);
    assert.deepEqual(steps(host), ["mark pause", "stop", "start", "clear pause"]);
    assert.deepEqual(await ticks(host, daemon, 3), ["nothing", "nothing", "nothing"]);
  });

  it("starts the runner again after a restart of the agent in standby", async () => {
    const host = new FakeHost();
    host.target = "Standby";
    await ticks(host, new Daemon(host), 3);
    host.active = "inactive";
    const next = new Daemon(host);
    await ticks(host, next, 3);
    host.target = "InService";
    await ticks(host, next, 6);
    assert.equal(host.acts.filter((act) => act === "start").length, 1);
  });

  it("passes a launch hook that fires on the return to service", async () => {
    const host = new FakeHost();
    Object.assign(host, { target: "InService", active: "inactive", paused: true, state: "Pending:Wait" });
    const daemon = new Daemon(host);
    const { complete } = host.lifecycle;
    host.lifecycle.complete = async (hook, result) => ((host.state = "InService"), complete(hook, result));
    await ticks(host, daemon, 20);
    assert.deepEqual(steps(host), ["complete pool-launch CONTINUE", "start", "clear pause"]);
  });

  it("never registers on the return to service, where a job that removed the configuration would get its own config.sh run", async () => {
    const host = launching();
    const daemon = new Daemon(host);
    const { complete } = host.lifecycle;
    host.lifecycle.complete = async (hook, result) => ((host.state = "InService"), complete(hook, result));
    await ticks(host, daemon, 10);
    assert.deepEqual(steps(host).slice(-2), ["complete pool-launch CONTINUE", "start"]);
    host.target = "Standby";
    await ticks(host, daemon, 3);
    Object.assign(host, { isRegistered: false, active: "inactive", target: "InService", state: "Pending:Wait" });
    host.acts.length = 0;
    await ticks(host, daemon, 60);
    assert.deepEqual(steps(host), ["complete pool-launch CONTINUE"]);
    // Nor after a reboot, in which the unit has not started yet.
    Object.assign(host, { everStarted: false, paused: false, state: "Pending:Wait" });
    host.acts.length = 0;
    await ticks(host, new Daemon(host), 60);
    assert.deepEqual(steps(host), ["complete pool-launch CONTINUE"]);
    assert.ok(host.messages().some((message) => message.startsWith("a runner that has served")));
  });

  it("does not start a runner that an operator had stopped before the standby", async () => {
    const host = new FakeHost();
    Object.assign(host, { active: "inactive", target: "Standby" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    host.target = "InService";
    await ticks(host, daemon, 20);
    assert.deepEqual(steps(host), []);
  });

  it("drains again what an operator starts in standby", async () => {
    const host = new FakeHost();
    host.target = "Standby";
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    host.active = "active";
    await ticks(host, daemon, 3);
    assert.equal(host.acts.filter((act) => act === "stop").length, 2);
  });

  it("stops the runner even if the pause cannot be marked", async () => {
    const host = new FakeHost();
    host.target = "Standby";
    host.pause.set = async () => Promise.reject(new Error("ENOSPC"));
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(steps(host), ["stop"]);
    assert.ok(host.messages().includes("the pause could not be marked: nothing starts the runner again"));
  });

  it("terminates from standby as from service", async () => {
    const host = new FakeHost();
    host.target = "Standby";
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    Object.assign(host, { target: "Terminated", active: "inactive" });
    assert.ok((await ticks(host, daemon, 12)).includes("complete"));
  });

  it("does not start a listener in standby after a reboot, and starts it on the return", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "Standby", target: "Standby" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    assert.deepEqual(host.acts, []);
    Object.assign(host, { state: "InService", target: "InService" });
    await ticks(host, daemon, 3);
    assert.deepEqual(host.acts, ["state", "start"]);
  });

  it("may skip ticks while it is paused, but not while the pause begins or ends", () => {
    const active = { active: "active", everStarted: true, mainAlive: true } as const;
    const stopped = { active: "inactive", everStarted: true, mainAlive: false } as const;
    const standby = targetObserved(unitObserved(targetObserved(initialState(), "InService"), active), "Standby");
    assert.equal(repeatsUntil(standby, active, SERVED), undefined);
    assert.equal(repeatsUntil({ ...standby, paused: true }, stopped, SERVED), Infinity);
    assert.equal(repeatsUntil(targetObserved({ ...standby, paused: true }, "InService"), stopped, SERVED), undefined);
  });

  for (const slow of ["mark", "stop"] as const) {
    it(`starts the runner again after a reason to pause that lasts one tick, however long its ${slow} takes`, async () => {
      const host = new FakeHost();
      const daemon = new Daemon(host);
      await ticks(host, daemon, 3);
      const { passed, open } = gate();
      const [set, stop] = [host.pause.set, host.unit.stop];
      host.pause.set = () => (slow === "mark" ? passed.then(set) : set());
      host.unit.stop = () => (slow === "stop" ? passed.then(stop) : stop());
      host.target = "Standby";
      assert.deepEqual(await overlappingTicks(host, daemon, 1), ["pause-runner"]);
      host.target = "InService";
      await overlappingTicks(host, daemon, 5);
      open();
      await daemon.settled();
      assert.equal(host.active, "deactivating");
      await ticks(host, daemon, 5);
      host.active = "inactive";
      await ticks(host, daemon, 6);
      assert.deepEqual(steps(host), ["mark pause", "stop", "start", "clear pause"]);
    });
  }

  it("never takes a unit whose stop was queued after its state was read for one that runs again", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    const { passed, open } = gate();
    const { stop, state } = host.unit;
    host.unit.stop = () => passed.then(stop);
    host.target = "Standby";
    await overlappingTicks(host, daemon, 1);
    host.target = "InService";
    host.unit.state = async () => {
      const before = await state();
      open();
      await daemon.settled();
      return before;
    };
    await overlappingTicks(host, daemon, 1);
    assert.deepEqual(steps(host), ["mark pause", "stop"], "the mark stays");
    host.unit.state = state;
    host.active = "inactive";
    await ticks(host, daemon, 6);
    assert.deepEqual(steps(host), ["mark pause", "stop", "start", "clear pause"]);
  });

  it("ends a pause whose stop systemd refused, once its reason is gone", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    host.unit.stop = async () => Promise.reject(new Error("Connection timed out"));
    host.target = "Standby";
    await ticks(host, daemon, 1);
    host.target = "InService";
    await ticks(host, daemon, 3);
    assert.deepEqual(steps(host), ["mark pause", "clear pause"]);
    assert.equal(host.active, "active");
  });

  it("keeps the mark across processes, and clears it once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pause-"));
    try {
      const mark = pauseMark(folder);
      assert.equal(await mark.isSet(), false);
      await mark.set();
      assert.equal(await pauseMark(folder).isSet(), true);
      await mark.clear();
      await mark.clear();
      assert.equal(await mark.isSet(), false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

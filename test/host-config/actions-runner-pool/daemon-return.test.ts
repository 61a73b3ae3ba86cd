import assert from "node:assert/strict";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { ticks } from "./daemon-rig";
import { FakeHost } from "./fake-host";

function inService(): FakeHost {
  const host = new FakeHost();
  Object.assign(host, { served: true, config: { ...host.config, reuse: true } });
  return host;
}

/** Its drain has ended: the unit is stopped, and nothing of the runner is left. */
function drained(host: FakeHost): void {
  Object.assign(host, { active: "inactive", mainAlive: false, seen: { workers: 0 } });
}

const steps = (host: FakeHost) => host.acts.filter((act) => !/^(state|token|protect)/.test(act));

describe("the agent on an instance that returns to the warm pool", () => {
  for (const target of ["Warmed:Stopped", "Warmed:Hibernated", "Warmed:Running"] as const) {
    it(`stops the runner through its drain, keeps the action alive and starts the completion (${target})`, async () => {
      const host = inService();
      const daemon = new Daemon(host);
      await ticks(host, daemon, 3);
      host.target = target;
      await ticks(host, daemon, 5);
      assert.deepEqual(steps(host), ["start heartbeat", "mark return", "stop"]);
      drained(host);
      await ticks(host, daemon, 15);
      assert.ok(steps(host).includes("start completion"), steps(host).join("\n"));
    });
  }

  it("does the same if it was killed and knows only what metadata, disk and systemd say", async () => {
    const host = inService();
    host.target = "Warmed:Stopped";
    await ticks(host, new Daemon(host), 1);
    assert.deepEqual(steps(host), ["start heartbeat", "mark return", "stop"]);
  });

  it("stops the runner even if the return cannot be marked", async () => {
    const host = inService();
    host.returning.set = async () => Promise.reject(new Error("ENOSPC"));
    host.target = "Warmed:Stopped";
    await ticks(host, new Daemon(host), 1);
    assert.deepEqual(steps(host), ["start heartbeat", "stop"]);
  });

  it("never registers or continues a launch before the machine was renewed", async () => {
    const host = inService();
    drained(host);
    Object.assign(host, { target: "Warmed:Running", state: "Warmed:Pending:Wait" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 60);
    assert.deepEqual([...new Set(steps(host))], ["start heartbeat", "start completion"]);
  });

  it("ends the action itself if the completion has renewed the machine and was then killed", async () => {
    const host = inService();
    drained(host);
    Object.assign(host, { target: "Warmed:Stopped", state: "Warmed:Pending:Wait", served: false, isRegistered: false, returns: true });
    const { complete: call } = host.lifecycle;
    host.lifecycle.complete = async (hook, result) => {
      await call(hook, result);
      return hook === "pool-terminate" ? "done" : "none";
    };
    await ticks(host, new Daemon(host), 2);
    assert.deepEqual(steps(host).slice(0, 2), ["complete pool-launch CONTINUE", "complete pool-terminate CONTINUE"]);
  });

  it("never ends the termination's action of a machine that is in use again by then", async () => {
    const host = inService();
    drained(host);
    Object.assign(host, { target: "Warmed:Stopped", state: "Warmed:Pending:Wait", served: false, isRegistered: false });
    host.lifecycle.complete = async (hook) => {
      host.acts.push(`complete ${hook}`);
      host.served = true;
      return "none";
    };
    await ticks(host, new Daemon(host), 2);
    assert.deepEqual(steps(host), ["complete pool-launch"]);
  });

  /** The pool's state between the two services decides what the machine still knows. */
  for (const [pool, rebooted] of [
    ["Running", false],
    ["Hibernated", false],
    ["Stopped", true],
  ] as const) {
    it(`registers anew, starts the runner and protects its jobs when it is called again from a pool that is ${pool}`, async () => {
      const host = inService();
      let daemon = new Daemon(host);
      await ticks(host, daemon, 5);
      host.target = `Warmed:${pool}`;
      await ticks(host, daemon, 2);
      drained(host);
      assert.equal(await complete(host), "returned");
      host.acts.length = 0;
      if (rebooted) Object.assign(host, { everStarted: false });
      if (rebooted) daemon = new Daemon(host);
      else host.state = `Warmed:${pool}`;
      if (pool === "Running") await ticks(host, daemon, 30);
      assert.deepEqual(steps(host), []);
      Object.assign(host, { target: "InService", state: "Pending:Wait" });
      const { complete: call } = host.lifecycle;
      host.lifecycle.complete = async (hook, result) => ((host.state = "InService"), call(hook, result));
      await ticks(host, daemon, 20);
      assert.deepEqual(steps(host), ["clear return", "register TOKEN", "delete secret", "complete pool-launch CONTINUE", "start"]);
      assert.deepEqual([host.served, host.returns], [true, false]);
      host.seen = { listener: 8, workers: 1, announced: "busy", announcedAt: host.time };
      await ticks(host, daemon, 3);
      assert.equal(host.protectedNow, true);
    });
  }

  it("has the machine renewed before it registers, if its return was cut short", async () => {
    const host = inService();
    drained(host);
    Object.assign(host, { returns: true, everStarted: false, state: "Pending:Wait" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 60);
    assert.deepEqual([...new Set(steps(host))], ["mark return", "start completion"]);
    assert.equal(await complete(host), "renewed");
    host.acts.length = 0;
    await ticks(host, daemon, 4);
    assert.deepEqual(steps(host).slice(0, 2), ["clear return", "register TOKEN"]);
  });

  it("has it renewed even if no program of the machine has seen the return", async () => {
    const host = inService();
    drained(host);
    Object.assign(host, { everStarted: false, state: "Pending:Wait" });
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(steps(host), ["mark return", "start completion"]);
  });

  it("does not start a listener when the instance is called back at the very moment of a start", async () => {
    const host = inService();
    drained(host);
    Object.assign(host, { served: false, everStarted: false });
    const daemon = new Daemon(host);
    let reads = 0;
    host.imds.targetState = async () => (reads++ < 2 ? "InService" : "Warmed:Stopped");
    await ticks(host, daemon, 2);
    assert.ok(!host.acts.includes("start"), host.acts.join("\n"));
  });
});

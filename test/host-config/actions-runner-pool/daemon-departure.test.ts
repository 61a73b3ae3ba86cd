import assert from "node:assert/strict";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { launching, ticks } from "./daemon-rig";
import { FakeHost } from "./fake-host";

describe("the agent, chosen to go", () => {
  it("stops the runner within a tick, beats at once, and leaves the completion to the stopping unit", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 2);
    host.target = "Terminated";
    assert.deepEqual(await ticks(host, daemon, 3), ["stop-runner", "await-drain", "await-drain"]);
    assert.deepEqual(host.acts.slice(-2), ["start heartbeat", "stop"]);
    host.active = "inactive";
    await ticks(host, daemon, 5);
    assert.ok(!host.acts.includes("start completion"), "the stopping unit has asked for it itself");
    await ticks(host, daemon, 10);
    assert.ok(host.acts.includes("start completion"), "but if that got lost, somebody has to");
  });

  it("completes at once when no listener ever ran", async () => {
    const host = launching();
    host.target = "Terminated";
    assert.deepEqual(await ticks(host, new Daemon(host), 1), ["complete"]);
    await ticks(host, new Daemon(host), 1);
    assert.ok(host.acts.includes("start completion"));
  });

  it("asks for a completion again that brought nothing, but not every second", async () => {
    const host = launching();
    host.target = "Terminated";
    await ticks(host, new Daemon(host), 100);
    const asked = host.acts.filter((act) => act === "start completion").length;
    assert.ok(asked >= 3 && asked <= 5, `${asked} times in 100 s`);
  });

  it("stops a unit that systemd is about to restart after a crash", async () => {
    const host = new FakeHost();
    Object.assign(host, { target: "Terminated", active: "activating" });
    assert.deepEqual(await ticks(host, new Daemon(host), 1), ["stop-runner"]);
  });

  it("goes on with the termination when the metadata falls silent, and complains once", async () => {
    const host = new FakeHost();
    host.target = "Terminated";
    const daemon = new Daemon(host);
    await ticks(host, daemon, 1);
    host.imdsFails = true;
    host.active = "inactive";
    await ticks(host, daemon, 20);
    assert.ok(host.acts.includes("start completion"));
    assert.equal(host.messages().filter((message) => message.startsWith("instance metadata does not answer")).length, 1);
  });

  it("does not take silence of the metadata for anything before the first answer", async () => {
    const host = new FakeHost();
    host.imdsFails = true;
    await ticks(host, new Daemon(host), 10);
    assert.deepEqual(
      host.acts.filter((act) => act !== "protect false"),
      [],
    );
  });

  it("does the same after being killed at any moment: a new agent comes to the same end", async () => {
    const host = new FakeHost();
    host.target = "Terminated";
    for (const active of ["active", "deactivating", "inactive"] as const) {
      host.active = active;
      await ticks(host, new Daemon(host), 1);
    }
    assert.deepEqual(
      host.acts.filter((act) => act.startsWith("st")),
      ["start heartbeat", "stop", "start heartbeat", "start heartbeat", "start completion"],
    );
  });

  it("does not wait for slow work: a tick ends while a stop hangs", async () => {
    const host = new FakeHost();
    host.target = "Terminated";
    let stops = 0;
    host.unit.stop = () => (stops++, new Promise(() => undefined));
    const daemon = new Daemon(host);
    for (let n = 0; n < 5; n++) await daemon.tick();
    assert.equal(stops, 1, "one of a kind at a time");
  });

  it("leaves an instance alone that is detached or put on standby", async () => {
    for (const target of ["Standby", "Detached"] as const) {
      const host = new FakeHost();
      host.target = target;
      await ticks(host, new Daemon(host), 5);
      assert.deepEqual(
        host.acts.filter((act) => act !== "protect false"),
        [],
      );
    }
  });
});

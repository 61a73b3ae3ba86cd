import assert from "node:assert/strict";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { launching, ticks } from "./daemon-rig";
import { FakeHost } from "./fake-host";

describe("the agent on a terminating instance", () => {
  it("stops the runner within a tick, sends a heartbeat at once, and leaves the completion to the stopping unit", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 2);
    host.target = "Terminated";
    assert.deepEqual(await ticks(host, daemon, 3), ["stop-runner", "await-drain", "await-drain"]);
    assert.deepEqual(host.acts.slice(-2), ["start heartbeat", "stop"]);
    host.active = "inactive";
    await ticks(host, daemon, 5);
    assert.ok(!host.acts.includes("start completion"), "the stopping unit has started it itself");
    await ticks(host, daemon, 10);
    assert.ok(host.acts.includes("start completion"), "if the unit could not start it, the agent must");
  });

  it("starts the completion at once when no listener ever ran", async () => {
    const host = launching();
    host.target = "Terminated";
    assert.deepEqual(await ticks(host, new Daemon(host), 1), ["complete"]);
    await ticks(host, new Daemon(host), 1);
    assert.ok(host.acts.includes("start completion"));
  });

  it("starts a completion again that had no effect, but not every second", async () => {
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

  it("continues the termination when the metadata stops answering, and warns once", async () => {
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

  it("does nothing while the metadata has never answered", async () => {
    const host = new FakeHost();
    host.imdsFails = true;
    await ticks(host, new Daemon(host), 10);
    assert.deepEqual(
      host.acts.filter((act) => act !== "protect false"),
      [],
    );
  });

  it("reaches the same result after being killed at any moment and restarted", async () => {
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
    assert.equal(stops, 1, "work of one kind runs once at a time");
  });
});

import assert from "node:assert/strict";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { ticks } from "./daemon-rig";
import { FakeHost } from "./fake-host";

describe("scale-in protection", () => {
  it("is set at the hint and cleared after the job, with at most two calls per job", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    host.acts.length = 0;
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    await daemon.hint();
    await daemon.settled();
    assert.deepEqual(host.acts, ["protect true"]);
    await ticks(host, daemon, 30);
    Object.assign(host.seen, { announced: "idle", workers: 0 });
    await ticks(host, daemon, 30);
    assert.deepEqual(host.acts, ["protect true", "protect false"]);
  });

  it("is cleared for a job that the listener dropped, or the instance could never be scaled in", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    Object.assign(host.seen, { announced: "busy", announcedAt: host.time });
    await ticks(host, daemon, 60);
    assert.equal(host.protectedNow, true);
    await ticks(host, daemon, 900);
    assert.equal(host.protectedNow, false);
  });

  it("is cleared by the next agent for a job whose end the agent missed", async () => {
    const host = new FakeHost();
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    const killed = new Daemon(host);
    await ticks(host, killed, 5);
    assert.equal(host.protectedNow, true);
    Object.assign(host.seen, { announced: "idle", workers: 0 });
    await ticks(host, new Daemon(host), 5);
    assert.equal(host.protectedNow, false);
  });

  it("survives throttling: the agent retries with back-off, pauses, and retries again", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    host.acts.length = 0;
    host.awsFails = new Error("Rate exceeded");
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    await ticks(host, daemon, 60);
    assert.ok(host.acts.length <= 10, `${host.acts.length} calls in a minute`);
    host.awsFails = undefined;
    await ticks(host, daemon, 90);
    assert.equal(host.protectedNow, true);
  });

  it("is not set by a hint alone: one from an idle runner has no effect", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    host.acts.length = 0;
    for (let n = 0; n < 50; n++) await daemon.hint();
    await daemon.settled();
    assert.deepEqual(host.acts, []);
  });

  it("costs at most five readings a second, however many hints a job sends", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    let readings = 0;
    const read = host.signs.read;
    host.signs.read = () => (readings++, read());
    for (let n = 0; n < 1000; n++) {
      await daemon.hint();
      host.advance(1);
    }
    assert.equal(readings, 5);
    host.advance(-5000);
    await daemon.hint();
    assert.equal(readings, 6, "hints must still be served after the clock was set back");
  });

  it("is not set while the instance terminates", async () => {
    const host = new FakeHost();
    host.target = "Terminated";
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    await daemon.hint();
    assert.ok(!host.acts.some((act) => act.startsWith("protect")));
  });
});

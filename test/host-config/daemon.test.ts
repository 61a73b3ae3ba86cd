import assert from "node:assert/strict";
import { Daemon } from "../../host-config/agent/daemon";
import { FakeHost } from "./fake-host";

/** Ticks once a second, with the background work of each tick done before the next. */
async function ticks(host: FakeHost, daemon: Daemon, count: number): Promise<string[]> {
  const actions: string[] = [];
  for (let n = 0; n < count; n++) {
    actions.push(await daemon.tick());
    await daemon.settled();
    host.advance(1_000);
  }
  return actions;
}

function launching(): FakeHost {
  const host = new FakeHost();
  Object.assign(host, { active: "inactive", everStarted: false, mainAlive: false, isRegistered: false, state: "Pending:Wait" });
  host.seen = { workers: 0 };
  return host;
}

describe("the agent, launching", () => {
  it("registers, deletes the token, continues the hook and starts the listener only in service", async () => {
    const host = launching();
    const daemon = new Daemon(host);
    const complete = host.lifecycle.complete;
    host.lifecycle.complete = async (hook, result) => {
      host.state = "Pending:Proceed";
      host.at(host.seconds() * 1000 + 5_000, () => (host.state = "InService"));
      return complete(hook, result);
    };
    await ticks(host, daemon, 30);
    const steps = host.acts.filter((act) => act !== "state");
    assert.deepEqual(steps, ["token", "register TOKEN", "delete secret", "complete pool-launch CONTINUE", "start"]);
    assert.ok(host.acts.lastIndexOf("state") > host.acts.indexOf("complete pool-launch CONTINUE"));
  });

  it("registers nothing on its way into the warm pool", async () => {
    const host = launching();
    Object.assign(host, { target: "Warmed:Stopped", state: "Warmed:Pending:Wait" });
    host.lifecycle.complete = async (hook, result) => {
      host.acts.push(`complete ${hook} ${result}`);
      host.state = "Warmed:Stopped";
      return "done";
    };
    await ticks(host, new Daemon(host), 60);
    assert.deepEqual(
      host.acts.filter((act) => act !== "state"),
      ["complete pool-launch CONTINUE"],
    );
    assert.ok(host.acts.length <= 3, `asks on and on in the pool: ${host.acts.join()}`);
  });

  it("registers when it is called out of the pool without a reboot", async () => {
    const host = launching();
    Object.assign(host, { target: "Warmed:Running", state: "Warmed:Running" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    assert.deepEqual(host.acts, ["state"]);
    Object.assign(host, { target: "InService", state: "Pending:Wait" });
    await ticks(host, daemon, 3);
    assert.ok(host.acts.includes("register TOKEN"));
  });

  it("waits for a token that comes late, and abandons the launch when none comes", async () => {
    const host = launching();
    host.tokenValue = undefined;
    host.at(60_000, () => (host.tokenValue = "LATE"));
    await ticks(host, new Daemon(host), 5);
    assert.ok(host.acts.includes("register LATE"));

    const never = launching();
    never.tokenValue = undefined;
    await ticks(never, new Daemon(never), 5);
    assert.ok(never.acts.includes("complete pool-launch ABANDON"));
    assert.ok(never.acts.some((act) => act.startsWith("console: ci-runners: bootstrap failed: no registration token appeared")));
    assert.ok(!never.acts.includes("start"));
    assert.ok(never.seconds() < 700);
  });

  it("says why GitHub refused when it abandons the launch, and before the hook would time out without a reason", async () => {
    const host = launching();
    host.config = { ...host.config, launchTimeout: 30 };
    host.registerFails = "config.sh: exit code 1: Http response code: NotFound";
    await ticks(host, new Daemon(host), 3);
    assert.ok(host.seconds() < 35);
    assert.match(host.acts.find((act) => act.startsWith("console"))!, /NotFound/);
    assert.ok(host.acts.includes("complete pool-launch ABANDON"));
  });

  it("picks up after a kill between registration and the hook, without registering twice", async () => {
    const host = launching();
    host.isRegistered = true;
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(host.acts.filter((act) => act !== "state").slice(0, 1), ["complete pool-launch CONTINUE"]);
    assert.ok(!host.acts.some((act) => act.startsWith("register")));
  });

  it("starts the listener again after a reboot in service", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(host.acts, ["state", "start"]);
  });

  it("does not start a listener that an operator stopped, also after its own restart", async () => {
    const host = new FakeHost();
    Object.assign(host, { active: "inactive", everStarted: true });
    await ticks(host, new Daemon(host), 30);
    assert.ok(!host.acts.includes("start"));
  });

  it("does not start a listener when the target changes between the decision and the act", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 1);
    let asked = 0;
    host.imds.targetState = async () => (asked++ === 0 ? "InService" : "Terminated");
    await ticks(host, daemon, 1);
    assert.ok(!host.acts.includes("start"));
  });

  it("asks where it is only a few times while it waits, for hundreds launch at once", async () => {
    const host = launching();
    host.state = "Pending";
    await ticks(host, new Daemon(host), 300);
    assert.ok(host.acts.length < 30, `${host.acts.length} calls in 300 s`);
  });
});

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

describe("scale-in protection", () => {
  it("is set at the hint and cleared after the job, with two calls a job at most", async () => {
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

  it("does not stay for a job that the listener dropped, else the instance could never be scaled in", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    Object.assign(host.seen, { announced: "busy", announcedAt: host.time });
    await ticks(host, daemon, 60);
    assert.equal(host.protectedNow, true);
    await ticks(host, daemon, 900);
    assert.equal(host.protectedNow, false);
  });

  it("does not stay for a job whose end the agent has missed: the next agent takes it back", async () => {
    const host = new FakeHost();
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    const killed = new Daemon(host);
    await ticks(host, killed, 5);
    assert.equal(host.protectedNow, true);
    Object.assign(host.seen, { announced: "idle", workers: 0 });
    await ticks(host, new Daemon(host), 5);
    assert.equal(host.protectedNow, false);
  });

  it("survives throttling: tries with pauses, rests, and tries again", async () => {
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

  it("believes no hint: one from an idle runner sets nothing", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    host.acts.length = 0;
    for (let n = 0; n < 50; n++) await daemon.hint();
    await daemon.settled();
    assert.deepEqual(host.acts, []);
  });

  it("looks five times a second at most, however many hints a job sends, and never waits for one", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    let looks = 0;
    const read = host.signs.read;
    host.signs.read = () => (looks++, read());
    for (let n = 0; n < 1000; n++) {
      await daemon.hint();
      host.advance(1);
    }
    assert.equal(looks, 5);
    host.advance(-5000);
    await daemon.hint();
    assert.equal(looks, 6, "a clock that was set back must not make it deaf");
  });

  it("is not asked for on the way out", async () => {
    const host = new FakeHost();
    host.target = "Terminated";
    Object.assign(host.seen, { announced: "busy", workers: 1 });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    await daemon.hint();
    assert.ok(!host.acts.some((act) => act.startsWith("protect")));
  });
});

import assert from "node:assert/strict";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { launching, ticks } from "./daemon-rig";
import { FakeHost } from "./fake-host";

describe("the agent on a launching instance", () => {
  it("registers, deletes the token, continues the hook, and starts the listener only in service", async () => {
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

  it("asks for the start again only every 10 s, where the runner waits for a volume, or the log fills with it", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    host.unit.start = async () => void host.acts.push("start");
    const daemon = new Daemon(host);
    await ticks(host, daemon, 40);
    const starts = host.acts.filter((act) => act === "start").length;
    assert.ok(starts >= 3 && starts <= 4, `${starts} starts in 40 s`);
    assert.equal(host.messages().filter((message) => message === "start of the runner requested").length, starts);
  });

  it("does not register when the instance enters the warm pool", async () => {
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
    assert.ok(host.acts.length <= 3, `keeps calling AWS in the warm pool: ${host.acts.join()}`);
  });

  it("registers when the instance leaves the warm pool without a reboot", async () => {
    const host = launching();
    Object.assign(host, { target: "Warmed:Running", state: "Warmed:Running" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    assert.deepEqual(host.acts, ["state"]);
    Object.assign(host, { target: "InService", state: "Pending:Wait" });
    await ticks(host, daemon, 3);
    assert.ok(host.acts.includes("register TOKEN"));
  });

  it("waits for a late token, and abandons the launch if none appears", async () => {
    const host = launching();
    host.tokenValue = undefined;
    host.at(60_000, () => (host.tokenValue = "LATE"));
    await ticks(host, new Daemon(host), 5);
    assert.ok(host.acts.includes("register LATE"));

    const never = launching();
    never.tokenValue = undefined;
    await ticks(never, new Daemon(never), 5);
    assert.ok(never.acts.includes("complete pool-launch ABANDON"));
    const reason = "no registration token appeared, or the instance's role may not read it (tried for ";
    assert.ok(
      never.acts.some((act) => act.startsWith(`console: ci-runners: bootstrap failed: ${reason}`)),
      never.acts.join("\n"),
    );
    assert.ok(!never.acts.includes("start"));
    assert.ok(never.seconds() < 700);
  });

  it("reports why GitHub refused and abandons the launch before the hook would time out without a reason", async () => {
    const host = launching();
    host.config = { ...host.config, launchTimeout: 30 };
    host.registerFails = "config.sh: exit code 1: Http response code: NotFound";
    await ticks(host, new Daemon(host), 3);
    assert.ok(host.seconds() < 35);
    assert.match(host.acts.find((act) => act.startsWith("console"))!, /NotFound/);
    assert.ok(host.acts.includes("complete pool-launch ABANDON"));
  });

  it("does so also after a setup that took all its time, which is part of the launch", async () => {
    const host = launching();
    host.config = { ...host.config, launchTimeout: 900, setupTimeout: 450 };
    host.registerFails = "config.sh: exit code 1: Http response code: NotFound";
    await ticks(host, new Daemon(host), 3);
    assert.ok(host.acts.includes("complete pool-launch ABANDON"));
    assert.ok(host.seconds() <= 360, `${host.seconds()} s`);
  });

  it("continues after a kill between registration and hook without registering twice", async () => {
    const host = launching();
    host.isRegistered = true;
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(host.acts.filter((act) => act !== "state").slice(0, 1), ["complete pool-launch CONTINUE"]);
    assert.ok(!host.acts.some((act) => act.startsWith("register")));
  });

  it("starts no listener before the mark that it has served is set, or a job could later have config.sh run", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    const { set } = host.service;
    host.service.set = async () => Promise.reject(new Error("ENOSPC"));
    const daemon = new Daemon(host);
    await ticks(host, daemon, 5);
    assert.ok(!host.acts.includes("start"));
    host.service.set = set;
    await ticks(host, daemon, 2);
    assert.deepEqual([host.served, host.acts.at(-1)], [true, "start"]);
  });
  for (const answers of ["with the token", "not at all", "with no token"] as const) {
    it(`never abandons a launch that its predecessor's config.sh completes, while Secrets Manager answers ${answers}`, async () => {
      const host = launching();
      // The agent was killed, but not config.sh, which is a unit of its own: it ends 60 s later.
      host.at(60_000, () => (host.isRegistered = true));
      host.registrar.register = async () => {
        throw new Error(
          host.isRegistered
            ? "config.sh: exit code 1: Cannot configure the runner because it is already configured."
            : "config.sh: exit code 1: Failed to start transient service unit: Unit runner-register.service was already loaded.",
        );
      };
      const { token } = host.secrets;
      if (answers === "with no token") host.tokenValue = undefined;
      if (answers === "not at all") host.secrets.token = () => token().then(() => Promise.reject(new Error("InternalServiceError")));
      await ticks(host, new Daemon(host), 5);
      assert.ok(!host.acts.includes("complete pool-launch ABANDON"), host.messages().join("\n"));
      assert.ok(host.seconds() < 90, `goes on ${host.seconds() - 60} s after config.sh`);
      const steps = host.acts.filter((act) => act !== "state" && act !== "token");
      assert.deepEqual(
        steps.slice(0, 2),
        ["delete secret", "complete pool-launch CONTINUE"],
        "the token of a registered runner is deleted",
      );
    });
  }

  it("starts the listener again after a reboot in service", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(host.acts, ["state", "start"]);
  });

  it("never registers again once it has served: a job that removed the configuration would get a token for its own config.sh", async () => {
    const host = launching();
    Object.assign(host, { state: "InService", served: true });
    await ticks(host, new Daemon(host), 120);
    assert.deepEqual(host.acts, ["state"]);
    assert.equal(host.messages().filter((message) => message.startsWith("a runner that has served")).length, 1);
  });

  it("registers in service if someone else has continued its launch, or the instance would never take a job", async () => {
    const host = launching();
    host.state = "InService";
    await ticks(host, new Daemon(host), 20);
    assert.deepEqual(host.acts.at(-1), "start");
    assert.ok(
      host.acts.some((act) => act.startsWith("register")),
      host.acts.join(),
    );
    assert.ok(!host.acts.some((act) => act.startsWith("complete")), "there is no action to complete");
  });

  it("does not start a listener that an operator stopped, not even after a restart of the agent", async () => {
    const host = new FakeHost();
    Object.assign(host, { active: "inactive", everStarted: true });
    await ticks(host, new Daemon(host), 30);
    assert.ok(!host.acts.includes("start"));
  });

  it("does not start a listener when the target changes between the decision and the start", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    const daemon = new Daemon(host);
    await ticks(host, daemon, 1);
    let asked = 0;
    host.imds.targetState = async () => (asked++ === 0 ? "InService" : "Terminated");
    await ticks(host, daemon, 1);
    assert.ok(!host.acts.includes("start"));
  });

  it("looks up its lifecycle state only a few times while it waits, because hundreds may launch at once", async () => {
    const host = launching();
    host.state = "Pending";
    await ticks(host, new Daemon(host), 300);
    assert.ok(host.acts.length < 30, `${host.acts.length} calls in 300 s`);
  });
});

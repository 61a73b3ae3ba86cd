import assert from "node:assert/strict";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { heartbeat } from "../../../host-config/actions-runner-pool/agent/heartbeat";
import { reap } from "../../../host-config/actions-runner-pool/agent/reap";
import { FakeHost } from "./fake-host";

function stopped(): FakeHost {
  const host = new FakeHost();
  Object.assign(host, { target: "Terminated", active: "inactive", mainAlive: false });
  host.seen = { workers: 0 };
  return host;
}

describe("the completion", () => {
  for (const target of ["Terminated", "Warmed:Terminated"] as const) {
    it(`continues the termination of a stopped runner (${target})`, async () => {
      const host = stopped();
      host.target = target;
      assert.equal(await complete(host), "completed");
      assert.deepEqual(host.acts, ["kill leftovers", "complete pool-terminate CONTINUE"]);
      assert.equal(host.logged.at(-1)?.message, LOG.actionCompleted);
    });
  }

  for (const target of ["InService", "Standby", "Detached", undefined] as const) {
    it(`completes nothing on an instance whose target is ${target}: a stop is not a termination`, async () => {
      const host = stopped();
      host.target = target;
      assert.equal(await complete(host), "not-terminating");
      assert.deepEqual(host.acts, []);
    });
  }

  for (const active of ["active", "activating", "reloading"] as const) {
    it(`never completes while the unit is ${active}`, async () => {
      const host = stopped();
      host.active = active;
      assert.equal(await complete(host), "still-running");
      assert.deepEqual(host.acts, []);
    });
  }

  it("completes although a process survives SIGKILL, or a job could hold its instance", async () => {
    const host = stopped();
    host.unkillable = true;
    await complete(host);
    assert.deepEqual(host.acts, ["kill leftovers", "complete pool-terminate CONTINUE"]);
  });

  it("lets no listener start from before the check of the unit until the instance is gone", async () => {
    const host = stopped();
    const { state } = host.unit;
    host.unit.state = async () => {
      await assert.rejects(reap(host), /is terminating/);
      return state();
    };
    assert.equal(await complete(host), "completed");
    await assert.rejects(reap(host), /is terminating/);
    assert.deepEqual(host.acts, ["kill leftovers", "complete pool-terminate CONTINUE"]);
  });

  it("does not prevent a listener from starting on an instance that is not terminating", async () => {
    const host = stopped();
    host.target = "InService";
    await complete(host);
    await reap(host);
  });

  it("waits for the unit whose ExecStopPost= starts it", async () => {
    const host = stopped();
    host.active = "deactivating";
    host.at(300, () => (host.active = "inactive"));
    assert.equal(await complete(host), "completed");
  });

  it("gives up on a unit that keeps draining, because the heartbeat starts it again", async () => {
    const host = stopped();
    host.active = "deactivating";
    assert.equal(await complete(host), "still-running");
    assert.deepEqual(host.acts, []);
  });

  it("drains what an incomplete stop left behind before it completes", async () => {
    const host = stopped();
    host.seen = { workers: 1 };
    host.at(40_000, () => (host.seen = { workers: 0 }));
    assert.equal(await complete(host), "completed");
    assert.ok(host.seconds() >= 40);
  });

  it("accepts that another caller has already completed the action", async () => {
    const host = stopped();
    host.actionOpen = false;
    assert.equal(await complete(host), "none");
  });

  it("fails when AWS does not answer, so that systemd starts it again", async () => {
    const host = stopped();
    host.awsFails = new Error("Rate exceeded");
    await assert.rejects(complete(host), /Rate exceeded/);
    host.awsFails = undefined;
    assert.equal(await complete(host), "completed");
  });

  it("counts a forced stop once, and completes even though the cancelled job's worker is still running", async () => {
    const host = stopped();
    host.marks = { set: true, uncounted: true };
    host.seen = { workers: 1 };
    await complete(host);
    await complete(host);
    assert.deepEqual(
      host.acts.filter((act) => act.startsWith("count")),
      [`count ${METRIC.forcedStops}`],
    );
    assert.ok(host.acts.includes("complete pool-terminate CONTINUE"));
    assert.equal(host.seconds(), 0);
  });

  it("retries counting a forced stop before it completes, because afterwards nothing can report the loss", async () => {
    const host = stopped();
    host.marks = { set: true, uncounted: true };
    let fails = 3;
    const { count } = host.metrics;
    host.metrics.count = async (metric) => (fails-- > 0 ? Promise.reject(new Error("no route")) : count(metric));
    assert.equal(await complete(host), "completed");
    assert.deepEqual(host.acts, [`count ${METRIC.forcedStops}`, "complete pool-terminate CONTINUE"]);
    assert.equal(host.seconds(), 30);
  });

  it("counts a forced stop once and completes, even if its mark cannot be removed, or it would try again for ever", async () => {
    const host = stopped();
    host.marks = { set: true, uncounted: true };
    host.forcedStop.setCounted = () => Promise.reject(new Error("ENOSPC"));
    assert.equal(await complete(host), "completed");
    assert.deepEqual(host.acts, [`count ${METRIC.forcedStops}`, "complete pool-terminate CONTINUE"]);
    assert.equal(host.seconds(), 0);
  });

  it("counts each forced stop, although a new listener starts while the one before is being counted", async () => {
    const host = stopped();
    host.target = "InService";
    const { count } = host.metrics;
    host.metrics.count = async (metric) => {
      // The runner is back in service within seconds; an answer of CloudWatch may take longer.
      await reap(host);
      return count(metric);
    };
    for (let stop = 1; stop <= 2; stop++) {
      await host.forcedStop.set();
      await complete(host);
      assert.equal(host.acts.filter((act) => act === `count ${METRIC.forcedStops}`).length, stop);
    }
  });

  it("counts a forced stop, although a new listener started before it could", async () => {
    const host = stopped();
    host.target = "InService";
    await host.forcedStop.set();
    await reap(host);
    assert.equal(await host.forcedStop.isSet(), false, "the new listener's drain waits for its job");
    await complete(host);
    await complete(host);
    assert.equal(host.acts.filter((act) => act === `count ${METRIC.forcedStops}`).length, 1);
  });

  it("counts the forced stop of its own drain, even if that drain could not mark it", async () => {
    const host = stopped();
    host.seen = { workers: 1 };
    host.forcedStop.set = () => Promise.reject(new Error("ENOSPC"));
    host.unit.killLeftovers = async () => host.acts.push("kill leftovers") > 0;
    assert.equal(await complete(host), "completed");
    assert.equal(host.acts.filter((act) => act === `count ${METRIC.forcedStops}`).length, 1);
    assert.equal(host.acts.at(-1), "complete pool-terminate CONTINUE");
    assert.ok(host.seconds() >= host.config.drainDeadline && host.seconds() < host.config.drainDeadline + 2);
  });

  for (const [heartbeatTimeout, seconds] of [
    [1800, 120],
    [60, 20],
    [30, 10],
  ] as const) {
    it(`completes before an action of ${heartbeatTimeout} s expires, even if the forced stop cannot be counted`, async () => {
      const host = stopped();
      host.config.heartbeatTimeout = heartbeatTimeout;
      host.marks = { set: true, uncounted: true };
      host.metrics.count = async () => {
        throw new Error("no route");
      };
      assert.equal(await complete(host), "completed");
      assert.equal(host.marks.uncounted, true);
      assert.equal(host.seconds(), seconds);
    });
  }
});

describe("a heartbeat", () => {
  it("makes no call while the instance is not terminating", async () => {
    const host = new FakeHost();
    assert.equal(await heartbeat(host), "not-terminating");
    assert.deepEqual(host.acts, []);
  });

  it("extends the action while the drain waits", async () => {
    const host = new FakeHost();
    Object.assign(host, { target: "Terminated", active: "deactivating" });
    assert.equal(await heartbeat(host), "beat");
    assert.deepEqual(host.acts, ["heartbeat pool-terminate"]);
  });

  it("stops the runner itself when neither the agent nor the function did", async () => {
    const host = new FakeHost();
    host.target = "Terminated";
    await heartbeat(host);
    assert.deepEqual(host.acts, ["heartbeat pool-terminate", "stop"]);
  });

  for (const [what, breakHost] of [
    ["systemd does not answer", (host: FakeHost) => (host.unit.state = () => Promise.reject(new Error("systemctl: timeout")))],
    ["the job signs cannot be read", (host: FakeHost) => (host.signs.read = () => Promise.reject(new Error("EACCES")))],
  ] as const) {
    it(`is sent although ${what}, or the action would expire under a job`, async () => {
      const host = stopped();
      breakHost(host);
      await heartbeat(host).catch(() => undefined);
      assert.equal(host.acts[0], "heartbeat pool-terminate");
      assert.ok(host.messages().includes("the runner's state is unknown: sending a heartbeat"));
    });
  }

  it("starts the completion of a stopped runner instead of extending the action", async () => {
    const host = stopped();
    assert.equal(await heartbeat(host), "completion-started");
    assert.deepEqual(host.acts, ["start completion"]);
  });

  it("extends the action for a worker that outlived its unit, and starts the completion, which drains it", async () => {
    const host = stopped();
    host.seen = { workers: 1 };
    assert.equal(await heartbeat(host), "beat");
    assert.deepEqual(host.acts, ["heartbeat pool-terminate", "start completion"]);
  });
});

import assert from "node:assert/strict";
import { LOG, PATHS } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { heartbeat } from "../../../host-config/actions-runner-pool/agent/heartbeat";
import { reap } from "../../../host-config/actions-runner-pool/agent/reap";
import { FakeHost } from "./fake-host";

/** An instance in service whose runner has drained for its return to the warm pool. */
function returning(target: FakeHost["target"] = "Warmed:Stopped"): FakeHost {
  const host = new FakeHost();
  Object.assign(host, { target, active: "inactive", mainAlive: false, served: true });
  host.seen = { workers: 0 };
  return host;
}

/** What jobs left may arm its next start again until it is killed; and what starts until that is disarmed is killed after it. */
const ENDING = ["kill leftovers", "end processes", "disarm", "end processes"];
const RENEWAL = [...ENDING, "restore", "fence down", "clear pause", "check", "clear service"];

describe("the completion of a return to the warm pool", () => {
  for (const target of ["Warmed:Stopped", "Warmed:Hibernated", "Warmed:Running"] as const) {
    it(`renews the machine before it ends the action (${target})`, async () => {
      const host = returning(target);
      assert.equal(await complete(host), "returned");
      assert.deepEqual(host.acts, ["mark return", "heartbeat pool-terminate", ...RENEWAL, "complete pool-terminate CONTINUE"]);
      assert.deepEqual([host.served, host.isRegistered, host.returns, host.departing], [false, false, true, false]);
    });
  }

  it("has its logs delivered before the renewal, which deletes the runner's diagnostics, and waits for them no more than that", async () => {
    const host = returning();
    host.config.logs = { group: "g", diagnostics: true };
    assert.equal(await complete(host), "returned");
    assert.deepEqual(host.acts.slice(0, 4), ["mark return", "flush logs", "heartbeat pool-terminate", "kill leftovers"]);
    assert.equal(host.acts.filter((act) => act === "flush logs").length, 1);
  });

  it("does nothing on a machine that is only prepared for the pool: its launch hook is the daemon's to continue", async () => {
    const host = returning();
    Object.assign(host, { served: false, isRegistered: false });
    assert.equal(await complete(host), "not-terminating");
    assert.deepEqual(host.acts, []);
  });

  it("renews an instance that returns after it registered and before its first listener", async () => {
    const host = returning();
    host.served = false;
    assert.equal(await complete(host), "returned");
    assert.equal(host.isRegistered, false);
  });

  for (const active of ["active", "activating", "reloading"] as const) {
    it(`neither renews nor completes while the unit is ${active}, because a job may run`, async () => {
      const host = returning();
      host.active = active;
      assert.equal(await complete(host), "still-running");
      assert.deepEqual(host.acts, ["mark return"]);
    });
  }

  const GIB = 1024 ** 3;
  for (const [withoutWork, remains] of [
    [3 * GIB, undefined],
    [1.5 * GIB, "1.5 of 30.0 GiB free"],
  ] as const) {
    it(`gives up caches that would cost the next launch its instance, and logs whether that is enough (${withoutWork / GIB} GiB)`, async () => {
      const host = returning();
      host.withoutWork = withoutWork;
      host.fillDisk(1.2 * GIB);
      assert.equal(await complete(host), "returned");
      assert.equal(host.acts[host.acts.indexOf("restore") + 1], "delete work");
      assert.equal(host.served, false, "the renewal itself has worked");
      const { fields } = host.logged.find(({ message }) => message.includes("work folder was deleted"))!;
      assert.match(String(fields.shortage), /1.2 of 30.0 GiB free/);
      if (remains === undefined) assert.equal(fields.remaining, undefined);
      else assert.ok(String(fields.remaining).includes(remains));
    });
  }

  it("keeps its caches where another file system is too full, such as Docker's, which their deletion would not help", async () => {
    const host = returning();
    host.spaces = [...host.spaces, { ...host.spaces[0]!, path: "/var/lib/docker", available: 0 }];
    assert.equal(await complete(host), "returned");
    assert.ok(!host.acts.includes("delete work"));
  });

  it("gives up its caches where they have a volume of their own that is full, and only then", async () => {
    const storage = { volumes: [{ device: "/dev/sdf", mountPoint: HOST_PATHS.work }] };
    const full = (path: string) => {
      const host = returning();
      Object.assign(host.config, { storage, diskFloor: { freeSpace: 3, freeInodes: 5 } });
      const [runner] = host.spaces;
      host.spaces = [PATHS.runner, HOST_PATHS.work].map((each) => ({
        ...runner!,
        path: each,
        available: each === path ? 5 * GIB : 9 * GIB,
      }));
      return host;
    };
    const [work, runner] = [full(HOST_PATHS.work), full(PATHS.runner)];
    await complete(work);
    await complete(runner);
    assert.ok(work.acts.includes("delete work"), "less than twice its floor of 3 GiB");
    assert.ok(!runner.acts.includes("delete work"), "their deletion would free nothing there");
  });

  it("lets the action of a renewal that never ends expire, instead of holding its instance for days", async () => {
    const host = returning();
    host.restoreMs = 100_000_000;
    await complete(host);
    const beats = host.acts.filter((act) => act === "heartbeat pool-terminate").length;
    assert.equal(beats, 13, "at the start, and every 300 s of an hour");
    assert.equal(host.messages().filter((message) => message.includes("its heartbeats end")).length, 1);
  });

  it("keeps the action alive for as long as the renewal takes, also if a heartbeat fails, and no longer", async () => {
    const host = returning();
    host.restoreMs = 1_000_000;
    host.at(400_000, () => (host.awsFails = new Error("Rate exceeded"))).at(800_000, () => (host.awsFails = undefined));
    assert.equal(await complete(host), "returned");
    const beats = (acts: string[]) => acts.filter((act) => act === "heartbeat pool-terminate").length;
    assert.equal(beats(host.acts.slice(0, host.acts.indexOf("restore"))), 1);
    assert.equal(beats(host.acts), 4, "at the start, and every 300 s of the 1000");
    assert.equal(host.messages().filter((message) => message.includes("heartbeat")).length, 1);
    await host.clock.sleep(1_000_000);
    assert.equal(beats(host.acts), 4);
  });

  it("waits for a job that an incomplete stop left behind, and kills nothing before its end", async () => {
    const host = returning();
    host.seen = { listener: 7, workers: 1, announced: "busy", announcedAt: host.time };
    host.at(600_000, () => (host.seen = { listener: 7, workers: 0, announced: "idle", announcedAt: host.time, jobEnded: true }));
    assert.equal(await complete(host), "returned");
    assert.ok(host.seconds() > 600);
    assert.ok(!host.acts.includes("JOB LOST"), host.acts.join("\n"));
  });

  it("starts over when the instance terminates instead, so that its action is ended as a termination's", async () => {
    const host = returning();
    let reads = 0;
    host.imds.targetState = async () => (reads++ === 0 ? "Warmed:Stopped" : "Warmed:Terminated");
    await assert.rejects(complete(host), /terminates instead/);
    assert.ok(!host.acts.includes("restore"));
    assert.equal(await complete(host), "completed");
    assert.equal(host.departing, true);
  });

  it("kills what a forced stop left, clears its mark and counts it: the machine goes on, unlike at a termination", async () => {
    const host = returning();
    host.marks = { set: true, uncounted: true };
    host.seen = { workers: 0, listener: 7 };
    assert.equal(await complete(host), "returned");
    assert.deepEqual(host.acts, [
      `count ${METRIC.forcedStops}`,
      "mark return",
      "heartbeat pool-terminate",
      ...RENEWAL,
      "complete pool-terminate CONTINUE",
    ]);
    assert.deepEqual(host.marks, { set: false, uncounted: false });
  });

  const failures: [string, (host: FakeHost) => void][] = [
    ["the runner cannot be restored", (host) => (host.restoreFails = new Error("no space left"))],
    ["processes of jobs survive in the unit", (host) => (host.unkillable = true)],
    ["processes of jobs survive elsewhere, or may", (host) => (host.endFails = new Error("sleep (7) is left"))],
    ["something that a job left came back meanwhile", (host) => (host.checkFails = new Error("lingers again"))],
  ];
  for (const [what, arrange] of failures) {
    it(`returns although ${what}, but keeps the mark of the service, so that no job runs before a renewal`, async () => {
      const host = returning();
      arrange(host);
      assert.equal(await complete(host), "returned");
      assert.equal(host.served, true);
      assert.ok(host.acts.includes(`count ${METRIC.failedRenewals}`));
      assert.ok(host.messages().includes(LOG.renewalFailed));
    });
  }

  it("rejects when AWS does not answer, so that systemd starts it again, and leaves a renewed machine's action to the daemon", async () => {
    const host = returning();
    host.awsFails = new Error("Rate exceeded");
    await assert.rejects(complete(host), /Rate exceeded/);
    assert.equal(host.served, false);
    assert.equal(await complete(host), "not-terminating");
  });
});

describe("a launch of a machine that was not renewed when it returned", () => {
  function launching(): FakeHost {
    const host = returning("InService");
    host.returns = true;
    return host;
  }

  it("renews it, and completes nothing: the daemon registers and continues the launch", async () => {
    const host = launching();
    assert.equal(await complete(host), "renewed");
    assert.deepEqual(host.acts, ["mark return", ...RENEWAL]);
  });

  it("abandons the launch if that fails, too, so that the instance is replaced", async () => {
    const host = launching();
    host.restoreFails = new Error("no space left");
    assert.equal(await complete(host), "abandoned");
    assert.equal(host.acts.at(-1), "complete pool-launch ABANDON");
  });

  it("reports itself unhealthy if someone else has continued the launch", async () => {
    const host = launching();
    Object.assign(host, { restoreFails: new Error("no space left"), actionOpen: false });
    assert.equal(await complete(host), "abandoned");
    assert.equal(host.acts.at(-1), "unhealthy");
  });

  it("is none once it has been renewed, whatever else stops the runner in service", async () => {
    const host = returning("InService");
    assert.equal(await complete(host), "not-terminating");
    assert.deepEqual(host.acts, []);
  });
});

describe("the heartbeat during a return to the warm pool", () => {
  it("extends the action of the termination's hook while a job runs, and stops a runner that nothing else has stopped", async () => {
    const host = returning();
    Object.assign(host, { active: "active", seen: { listener: 7, workers: 1 } });
    assert.equal(await heartbeat(host), "beat");
    assert.deepEqual(host.acts, ["heartbeat pool-terminate", "stop"]);
  });

  it("starts the completion once nothing is left", async () => {
    const host = returning();
    assert.equal(await heartbeat(host), "completion-started");
  });

  it("does nothing on a machine that is prepared for the pool, or rests in it", async () => {
    const host = returning();
    Object.assign(host, { served: false, isRegistered: false });
    assert.equal(await heartbeat(host), "not-terminating");
    assert.deepEqual(host.acts, []);
  });
});

describe("a start of the runner on an instance that returns to the warm pool", () => {
  it("is refused, whatever causes it: a job accepted now would be lost", async () => {
    const host = returning();
    host.returns = true;
    await assert.rejects(reap(host), /returns to the warm pool/);
    assert.deepEqual(host.acts, []);
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { drain } from "../../../host-config/actions-runner-pool/agent/drain";
import { FakeHost, START } from "./fake-host";

const FENCE_UP = "fence up";

describe("the drain", () => {
  it("stops an idle listener behind a fence, then restores its network so that it can close its session", async () => {
    const host = new FakeHost();
    assert.equal(await drain(host), "stopped");
    assert.deepEqual(host.acts, [FENCE_UP, "interrupt 7", "fence down"]);
    assert.ok(host.seconds() < 5, `took ${host.seconds()} s`);
  });

  it("says of which job it was, as its hooks have claimed, also if the agent has forgotten it meanwhile", async () => {
    const host = new FakeHost().job({ message: -1000, acquired: -500, spawned: -100, end: 60_000 });
    host.atWork = { repository: "o/r", run: 7, attempt: 1, job: "build" };
    host.advance(1);
    const raise = host.unit.raiseFence;
    host.unit.raiseFence = () => {
      host.atWork = undefined;
      return raise();
    };
    await drain(host);
    const ended = host.logged.find(({ message }) => message === LOG.drainEnded)!;
    assert.deepEqual([ended.fields["job"], ended.fields["run"], ended.fields["claimed"]], ["build", 7, true]);
  });

  it("waits for the end of a job of hours with the network open, then stops the listener", async () => {
    const host = new FakeHost().job({ message: -1000, acquired: -500, spawned: -100, end: 3_000_000 });
    host.advance(1);
    await drain(host);
    assert.deepEqual(host.acts, ["fence down", FENCE_UP, "interrupt 7", "fence down"]);
    assert.ok(host.seconds() > 3_000 && host.seconds() < 3_010);
  });

  it("does not cut the connection in the seconds after a job's end, in which GitHub may still count the job as running", async () => {
    // The job ends during the drain, or a second before it begins.
    for (const end of [60_000, -1_000]) {
      const host = new FakeHost().job({ message: -9_000, acquired: -8_000, spawned: -7_000, end });
      host.time = START - 10_000;
      host.advance(10_000);
      let fencedAt: number | undefined;
      const raise = host.unit.raiseFence;
      host.unit.raiseFence = () => {
        fencedAt ??= host.seconds() * 1000 - end;
        return raise();
      };
      assert.equal(await drain(host), "stopped");
      assert.ok(fencedAt! >= 4_750 && fencedAt! <= 5_500, `fenced ${fencedAt} ms after the end`);
    }
  });

  it("waits for a job that comes in these seconds, without having cut its connection", async () => {
    const host = new FakeHost().job({ message: -900, acquired: -500, spawned: -100, end: 30_000 });
    host.job({ message: 32_000, acquired: 32_300, spawned: 33_000, end: 90_000 });
    host.advance(0);
    await drain(host);
    assert.deepEqual(host.acts, ["fence down", FENCE_UP, "interrupt 7", "fence down"]);
    assert.ok(host.seconds() > 94 && host.seconds() < 99, `took ${host.seconds()} s`);
  });

  it("waits no second longer than the fence needs if the last announcement is no job's end, or comes from the future", async () => {
    const fresh = new FakeHost();
    fresh.seen.announcedAt = START - 1_000;
    const setBack = new FakeHost();
    Object.assign(setBack.seen, { announcedAt: START + 3_600_000, jobEnded: true });
    for (const host of [fresh, setBack]) {
      await drain(host);
      assert.ok(host.seconds() < 4, `took ${host.seconds()} s`);
    }
  });

  it("does not cut off an acquisition of minutes, whose first answer was lost: the job is this runner's at GitHub", async () => {
    const host = new FakeHost().job({ message: -50, acquired: 340_000, spawned: 341_000, end: 400_000 });
    host.advance(0);
    await drain(host);
    assert.deepEqual(host.acts, ["fence down", FENCE_UP, "interrupt 7", "fence down"], "fenced while the acquisition was under way");
    assert.ok(host.seconds() > 400);
  });

  it("detects a job that is acquired but has no worker yet", async () => {
    const host = new FakeHost().job({ message: -900, acquired: -100, spawned: 60_000, end: 90_000 });
    host.advance(0);
    await drain(host);
    assert.ok(host.seconds() > 90, "stopped before the job's end");
    assert.ok(!host.acts.includes("JOB LOST"));
  });

  it("detects a message whose job is not acquired yet and does not cut off the acquisition", async () => {
    const host = new FakeHost().job({ message: -50, acquired: 14_000, spawned: 15_000, end: 40_000 });
    host.advance(0);
    await drain(host);
    assert.deepEqual(host.acts, ["fence down", FENCE_UP, "interrupt 7", "fence down"], "fenced while the acquisition was under way");
    assert.ok(host.seconds() > 40);
  });

  it("lowers the fence again for a message that arrived just before it", async () => {
    const host = new FakeHost();
    const raise = host.unit.raiseFence;
    let rounds = 0;
    host.unit.raiseFence = async () => {
      if (rounds++ === 0) {
        const now = host.seconds() * 1000;
        host.job({ message: now + 1, acquired: now + 9_000, spawned: now + 9_500, end: now + 30_000 });
      }
      return raise();
    };
    await drain(host);
    assert.deepEqual(host.acts, [FENCE_UP, "fence down", FENCE_UP, "interrupt 7", "fence down"]);
    assert.ok(host.messages().includes("a job slipped in, waiting for it"));
  });

  it("waits no longer than an acquisition can take for a message that leads to no job", async () => {
    const host = new FakeHost();
    host.seen.messageAt = START - 1_000;
    await drain(host);
    assert.ok(host.seconds() > 595 && host.seconds() < 610, `took ${host.seconds()} s`);
  });

  it("logs that it waited for a message without a job, and only then, so that such a wait is not mistaken for a job", async () => {
    const vain = new FakeHost();
    vain.seen.messageAt = START - 1_000;
    await drain(vain);
    assert.deepEqual(
      vain.logged.filter(({ message }) => message === LOG.waitEndedWithoutJob).map(({ fields }) => fields.sign),
      ["message"],
    );

    const old = new FakeHost();
    old.seen.messageAt = START - 700_000;
    old.seen.announcedAt = START - 800_000;
    const busy = new FakeHost().job({ message: -900, acquired: -500, spawned: -100, end: 2_000_000 });
    busy.advance(0);
    for (const host of [new FakeHost(), old, busy]) {
      await drain(host);
      assert.ok(!host.messages().includes(LOG.waitEndedWithoutJob));
    }
  });

  it("logs that it waited for an announced job that never got a worker", async () => {
    const host = new FakeHost();
    Object.assign(host.seen, { announced: "busy", announcedAt: START - 1_000 });
    await drain(host);
    assert.ok(host.seconds() > 890, `took ${host.seconds()} s`);
    assert.deepEqual(
      host.logged.filter(({ message }) => message === LOG.waitEndedWithoutJob).map(({ fields }) => fields.sign),
      ["announced"],
    );
  });

  it("does not wait for the message of a job that has ended", async () => {
    const host = new FakeHost();
    Object.assign(host.seen, { messageAt: START - 5_000, announcedAt: START - 2_000 });
    await drain(host);
    assert.ok(host.seconds() < 5);
  });

  it("lowers the fence of a killed drain before it waits for a job that had slipped in", async () => {
    const host = new FakeHost().job({ message: -900, acquired: -500, spawned: -100, end: 60_000 });
    host.fence = true;
    host.advance(0);
    let cutAt: number | undefined;
    host.at(5_000, () => (cutAt = host.fence ? host.seconds() : undefined));
    await drain(host);
    assert.equal(cutAt, undefined, "the job ran behind the fence");
    assert.ok(!host.acts.includes("JOB LOST"));
  });

  it("retries lowering the fence for a job when systemd does not answer at first", async () => {
    const host = new FakeHost().job({ message: -900, acquired: -500, spawned: -100, end: 60_000 });
    host.fence = true;
    host.advance(0);
    const lower = host.unit.lowerFence;
    let failures = 3;
    host.unit.lowerFence = async () => {
      if (failures-- > 0) throw new Error("Failed to set unit properties: Connection timed out");
      return lower();
    };
    let cut = true;
    host.at(30_000, () => (cut = host.fence));
    await drain(host);
    assert.equal(cut, false);
  });

  it("does not wait forever for a job that the listener announced and then dropped without logging it", async () => {
    const host = new FakeHost();
    Object.assign(host.seen, { announced: "busy", announcedAt: START - 60_000 });
    assert.equal(await drain(host), "stopped");
    assert.ok(host.seconds() > 600, "GitHub may still count the job as this runner's");
    assert.ok(host.seconds() < 1_000, `took ${host.seconds()} s`);
  });

  it("waits for the listener to log the end of a job of hours whose worker crashed", async () => {
    const host = new FakeHost();
    Object.assign(host.seen, { workers: 1, announced: "busy", announcedAt: START - 7_200_000 });
    host.at(10_000, () => (host.seen.workers = 0));
    host.at(70_000, () => (host.seen.announced = "idle"));
    await drain(host);
    assert.ok(host.seconds() > 70);
    assert.ok(!host.acts.includes("JOB LOST"));
  });

  it("loses none of several back-to-back jobs", async () => {
    const host = new FakeHost();
    for (let n = 0; n < 5; n++) {
      host.job({ message: n * 10_000 - 50, acquired: n * 10_000 + 100, spawned: n * 10_000 + 600, end: n * 10_000 + 9_900 });
    }
    host.advance(0);
    await drain(host);
    assert.ok(!host.acts.includes("JOB LOST"));
    assert.ok(host.seconds() > 49);
  });

  it("waits for an orphaned worker whose listener has died", async () => {
    const host = new FakeHost();
    host.seen = { workers: 1 };
    host.at(500_000, () => (host.seen = { workers: 0 }));
    assert.equal(await drain(host), "idle");
    assert.ok(host.seconds() >= 500);
  });

  it("leaves the fence up when no listener is running, because one may be relaunched after the last reading", async () => {
    const host = new FakeHost();
    host.seen = { workers: 0 };
    assert.equal(await drain(host), "idle");
    assert.deepEqual(host.acts, [FENCE_UP]);
  });

  it("does nothing when it runs again, so that a repeated ExecStop= takes no time and leaves no fence", async () => {
    const host = new FakeHost();
    await drain(host);
    const done = [...host.acts];
    const before = host.time;
    assert.equal(await drain(host), "idle");
    assert.deepEqual(host.acts, done);
    assert.equal(host.time, before);
  });

  it("interrupts the new listener, not the old one, after a restart during the wait", async () => {
    const host = new FakeHost().job({ message: -900, acquired: -500, spawned: -100, end: 20_000 });
    host.advance(0);
    host.at(20_100, () => (host.seen = { workers: 0 }));
    host.at(21_000, () => (host.seen = { listener: 99, workers: 0, announced: "idle", announcedAt: START + 21_000 }));
    await drain(host);
    assert.ok(host.acts.includes("interrupt 99"));
  });

  it("drains a listener that is relaunched while stopping, because it accepts jobs like any other", async () => {
    const host = new FakeHost();
    host.onInterrupt = () => {
      const now = host.seconds() * 1000;
      host.seen = { workers: 0 };
      host.at(now + 1_100, () => (host.seen = { listener: 99, workers: 0, announced: "idle", announcedAt: host.time }));
      host.job({ message: now + 1_150, acquired: now + 1_180, spawned: now + 1_190, end: now + 30_000 });
      host.onInterrupt = () => (host.seen = { workers: 0 });
    };
    const { read } = host.signs;
    // Make the next reading happen after the relaunch, not between the two listeners.
    host.signs.read = async () => {
      if (host.acts.at(-1) === "fence down" && host.seen.listener === undefined) host.advance(250);
      return read();
    };
    assert.equal(await drain(host), "stopped");
    assert.ok(!host.acts.includes("JOB LOST"));
    assert.ok(host.acts.includes("interrupt 99"));
    assert.ok(host.seconds() > 30);
  });

  it("waits longer instead of fencing, and logs so, when the kernel cannot enforce the fence", async () => {
    const host = new FakeHost();
    host.fenceWorks = false;
    host.job({ message: 6_000, acquired: 6_200, spawned: 7_000, end: 30_000 });
    await drain(host);
    assert.equal(host.messages().filter((message) => message === LOG.fenceUnavailable).length, 1);
    assert.ok(host.seconds() > 39, "the job that arrived during this wait was not waited for");
  });

  it("also waits longer when systemd refuses the fence, instead of failing, which would get a job killed", async () => {
    const host = new FakeHost();
    host.unit.raiseFence = async () => {
      throw new Error("Failed to set unit properties: Connection timed out");
    };
    assert.equal(await drain(host), "stopped");
    assert.ok(host.seconds() > 10);
  });

  it("treats a runner whose signs cannot be read as busy", async () => {
    const host = new FakeHost();
    const read = host.signs.read;
    host.signs.read = async () => {
      if (host.seconds() < 120) throw new Error("EIO");
      return read();
    };
    assert.equal(await drain(host), "stopped");
    assert.ok(host.seconds() >= 120);
  });

  it("ends at maxDrain with a forced stop that is logged, marked and final", async () => {
    const host = new FakeHost();
    host.seen.workers = 1;
    assert.equal(await drain(host), "forced");
    assert.ok(host.seconds() >= host.config.drainDeadline && host.seconds() < host.config.drainDeadline + 2);
    assert.equal(host.logged.at(-1)?.message, LOG.forcedStop);
    assert.deepEqual(host.marks, { set: true, uncounted: true });
    assert.deepEqual(host.acts, ["fence down", "fence down"]);
    const before = host.time;
    assert.equal(await drain(host), "forced", "a repeated ExecStop= must not start a new wait");
    assert.equal(host.time, before);
  });

  it("gives up at maxDrain even if no mark of it can be set, because a failed drain would begin again", async () => {
    const host = new FakeHost();
    host.seen.workers = 1;
    host.forcedStop.set = () => Promise.reject(new Error("ENOSPC"));
    assert.equal(await drain(host), "forced");
    assert.ok(host.seconds() < host.config.drainDeadline + 2);
    assert.deepEqual(host.acts, ["fence down", "fence down"], "a job behind the fence could not report its end");
    assert.ok(host.messages().includes("the forced stop could not be marked"));
  });

  it("leaves a listener that ignores SIGINT to systemd after 35 s", async () => {
    const host = new FakeHost();
    host.onInterrupt = () => undefined;
    assert.equal(await drain(host), "stopped");
    assert.ok(host.seconds() > 35 && host.seconds() < 45);
    assert.equal(host.fence, false);
  });

  it("never interrupts a job, whatever the times of the message, the acquisition and the worker", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -3_000, max: 4_000 }),
        fc.integer({ min: 10, max: 90_000 }),
        fc.integer({ min: 10, max: 60_000 }),
        fc.integer({ min: 10, max: 100_000 }),
        async (message, toAcquire, toSpawn, toEnd) => {
          const host = new FakeHost();
          const acquired = message + toAcquire;
          // GitHub assigns a message that the fence keeps out to another runner: it never becomes a job here.
          host.at(message, () => {
            if (host.fence || host.seen.listener === undefined) return;
            host.job({ message, acquired, spawned: acquired + toSpawn, end: acquired + toSpawn + toEnd });
          });
          host.advance(0);
          const result = await drain(host);
          assert.equal(result, "stopped");
          assert.ok(!host.acts.includes("JOB LOST"));
          assert.equal(host.fence, false);
          // Every accepted job has also ended: no worker appears later.
          const workers = host.seen.workers;
          host.advance(300_000);
          assert.equal(host.seen.workers, workers, "a job that had been accepted would have run after the stop");
        },
      ),
      { numRuns: 300 },
    );
  });
});

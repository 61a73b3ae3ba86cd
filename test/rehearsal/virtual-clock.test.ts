import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { VirtualClock } from "../../rehearsal/virtual-clock";

describe("VirtualClock", () => {
  it("fires timers by time, then in the order in which they were set, so that two runs are identical", async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.after(20, () => seen.push("late"));
    clock.after(10, () => seen.push("first"));
    clock.after(10, () => seen.push("second"));
    clock.after(-5, () => seen.push("now"));
    await clock.sleep(30);
    assert.deepEqual(seen, ["now", "first", "second", "late"]);
    assert.equal(clock.now(), 30);
  });

  it("lets promises and immediates finish before time advances, so that no reaction comes too late", async () => {
    const clock = new VirtualClock(0);
    const reactedAt: number[] = [];
    const reaction = (async () => {
      await clock.sleep(10);
      for (let i = 0; i < 50; i++) await Promise.resolve();
      await turn();
      await turn();
      reactedAt.push(clock.now());
    })();
    clock.after(11, () => reactedAt.push(-1));
    await clock.sleep(20);
    await reaction;
    assert.deepEqual(reactedAt, [10, -1]);
  });

  it("lets a reaction finish before time advances, no matter how many timers fired before it", async () => {
    const clock = new VirtualClock(0);
    let ticks = 0;
    const tick = () => void (++ticks < 200 && clock.after(1, tick));
    tick();
    await clock.sleep(150);
    await turn();
    await turn();
    assert.equal(clock.now(), 150);
  });

  it("settles even a long chain of promises before time advances if only promises react to timers", async () => {
    const clock = new VirtualClock({ start: 0, promisesOnly: true });
    const reactedAt: number[] = [];
    for (const at of [10, 10, 11]) {
      clock.after(at, () => {
        clock.after(5, () => undefined);
        void (async () => {
          for (let i = 0; i < 200; i++) await Promise.resolve();
          reactedAt.push(clock.now());
        })();
      });
    }
    await clock.sleep(20);
    assert.deepEqual(reactedAt, [10, 10, 11]);
  });

  it("lets the event loop turn after 500 instants, so that a short test ends although nobody awaits its clock", async () => {
    assert.ok((await instantsUntilTurns(1))[0]! <= 500);
  });

  it("lets the event loop turn ever more rarely, at last after 20,000 instants, because a long simulation pays for each turn", async () => {
    const instants = await instantsUntilTurns(9);
    for (const [at, count] of instants.entries()) {
      const most = Math.min(500 * 2 ** at, 20_000);
      assert.ok(count > most / 2 && count <= most, `${instants.join()}: ${count} at ${at}`);
    }
  });

  /** How many instants a clock that nobody awaits goes on before each of its first turns. */
  async function instantsUntilTurns(turns: number): Promise<number[]> {
    const clock = new VirtualClock({ start: 0, promisesOnly: true });
    const tick = () => void clock.after(1, tick);
    tick();
    const ends: number[] = [];
    while (ends.length < turns) {
      await turn();
      ends.push(clock.now());
    }
    clock.close();
    return ends.map((end, at) => end - (ends[at - 1] ?? 0));
  }

  it("stops during real work, even while a caller waits for the cloud", async () => {
    const clock = new VirtualClock(0);
    const release = clock.hold();
    let work!: () => void;
    const working = clock.during(() => new Promise<void>((resolve) => (work = resolve)));
    const waiting = clock.flow(() => clock.sleep(1000));
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(clock.now(), 0);
    work();
    await working;
    await waiting;
    assert.equal(clock.now(), 1000);
    release();
  });

  it("advances under a hold only while a caller is inside flow, until the last of several overlapping waits ends", async () => {
    const clock = new VirtualClock(0);
    const release = clock.hold();
    clock.after(5000, () => undefined);
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(clock.now(), 0);
    await Promise.all([clock.flow(() => clock.sleep(100)), clock.flow(() => clock.sleep(300))]);
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(clock.now(), 300);
    release();
    release();
    await clock.sleep(0);
    const second = clock.hold();
    await assert.doesNotReject(clock.flow(() => clock.sleep(1)));
    second();
  });

  it("never fires a cancelled timer, even if thousands are cancelled at once", async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const timers = Array.from({ length: 10_000 }, (_, i) => clock.after(i, () => fired.push(i)));
    for (const [i, timer] of timers.entries()) if (i % 1000 !== 0) timer.cancel();
    timers[1]!.cancel();
    assert.equal(clock.pending, 10);
    await clock.sleep(20_000);
    assert.deepEqual(fired, [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]);
  });

  it("drops the remaining timers on close, so that a 48 h timer does not keep the process busy", async () => {
    const clock = new VirtualClock(0);
    clock.after(1, () => assert.fail("fired after close"));
    clock.close();
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(clock.pending, 0);
  });

  it("fires every timer of ten thousand hosts", async () => {
    const clock = new VirtualClock(0);
    let fired = 0;
    for (let i = 0; i < 300_000; i++) clock.after((i * 7919) % 100_000, () => fired++);
    await clock.sleep(100_000);
    assert.equal(fired, 300_000);
  });
});

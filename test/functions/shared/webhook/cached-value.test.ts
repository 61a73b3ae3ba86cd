import assert from "node:assert/strict";
import { CachedValue } from "../../../../functions/shared/webhook/cached-value";

describe("a cached value", () => {
  let now: number;
  let reads: number;
  let read: () => Promise<string>;
  let value: CachedValue<string>;
  /** Timers, which the test lets expire. */
  let bounds: { milliseconds: number; act: () => void }[];

  beforeEach(() => {
    now = 0;
    reads = 0;
    read = async () => `value ${reads}`;
    bounds = [];
    const after = (milliseconds: number, act: () => void) => {
      bounds.push({ milliseconds, act });
      return { cancel: () => {} };
    };
    value = new CachedValue(() => (reads++, read()), { now: () => now, after }, 10_000);
  });

  it("is read once in its time, however many requests need it at once", async () => {
    assert.deepEqual(await Promise.all([value.get(), value.get(), value.get()]), ["value 1", "value 1", "value 1"]);
    now = 9_999;
    await value.get();
    assert.equal(reads, 1);
    now = 10_000;
    assert.deepEqual([await value.get(), reads], ["value 2", 2]);
  });

  it("outlives an outage of its store for ten minutes, or every delivery in it would be lost", async () => {
    await value.get();
    read = () => Promise.reject(new Error("down"));
    now = 600_000;
    assert.equal(await value.get(), "value 1");
    now = 610_001;
    await assert.rejects(value.get(), /down/);
  });

  it("is not waited for while its store is slow, or each delivery of a slow minute would be lost; the renewal still counts", async () => {
    await value.get();
    now = 10_000;
    let answer: (renewed: string) => void = () => {};
    read = () => new Promise((resolve) => (answer = resolve));
    const [one, two] = [value.get(), value.get()];
    assert.deepEqual(
      bounds.map(({ milliseconds }) => milliseconds),
      [500, 500],
    );
    for (const { act } of bounds) act();
    assert.deepEqual([await one, await two, reads], ["value 1", "value 1", 2]);
    answer("late");
    await new Promise(setImmediate);
    assert.deepEqual([await value.get(), reads], ["late", 2]);
  });

  it("survives the failure of a read for which no request waits any more", async () => {
    await value.get();
    now = 10_000;
    let refuse: (error: Error) => void = () => {};
    read = () => new Promise((_, reject) => (refuse = reject));
    const request = value.get();
    bounds[0]?.act();
    assert.equal(await request, "value 1");
    refuse(new Error("down"));
    // An unhandled rejection would fail this test.
    await new Promise(setImmediate);
    assert.deepEqual([await value.get(), reads], ["value 1", 2], "and the store is not asked again at once");
  });

  it("is waited for if there is none yet: nothing could be checked without it", async () => {
    await value.get();
    assert.deepEqual(bounds, []);
  });

  it("asks a store that is down at most once a second, whatever strangers send", async () => {
    read = () => Promise.reject(new Error("down"));
    for (let request = 0; request < 100; request++) await assert.rejects(value.get(), /down/);
    assert.equal(reads, 1);
    now = 1_000;
    read = async () => "back";
    assert.deepEqual([await value.get(), reads], ["back", 2]);
  });

  describe("that must be fresh", () => {
    beforeEach(async () => {
      await value.get();
      now = 10_000;
    });

    it("is waited for however slow its store is, in one read with those that do not wait", async () => {
      let answer: (renewed: string) => void = () => {};
      read = () => new Promise((resolve) => (answer = resolve));
      const requests = [value.get(), value.fresh(), value.fresh()];
      for (const { act } of bounds) act();
      assert.equal(await requests[0], "value 1");
      answer("late");
      assert.deepEqual([await requests[1], await requests[2], reads], ["late", "late", 2]);
      assert.deepEqual([await value.fresh(), reads], ["late", 2], "in its time it is fresh");
    });

    it("is not the last one in an outage, and asks the store at most once a second", async () => {
      read = () => Promise.reject(new Error("down"));
      for (let request = 0; request < 100; request++) await assert.rejects(value.fresh(), /down/);
      assert.equal(reads, 2);
    });
  });

  it("counts its age from before the read", async () => {
    read = async () => ((now = 500), "slow");
    await value.get();
    assert.equal(value.age(), 500);
  });
});

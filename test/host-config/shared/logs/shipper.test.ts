import assert from "node:assert/strict";
import { PASS_BYTES, Shipper, FLUSH_MS } from "../../../../host-config/shared/logs/shipper";
import type { LogEvent } from "../../../../host-config/shared/logs/event";
import type { LogSource } from "../../../../host-config/shared/logs/source";

describe("the shipper", () => {
  let now: number;
  let delivered: string[];
  let accepted: string[];
  let lines: string[];
  let counted: number;
  let failure: Error | undefined;
  beforeEach(() => ([now, delivered, accepted, lines, counted, failure] = [1_000_000, [], [], [], 0, undefined]));

  const event = (text: string): LogEvent => ({ time: 1, text });
  /** A source with these texts, which gives as many as fit. */
  function source(name: string, texts: string[], bytes?: (asked: number) => void): LogSource {
    return {
      name,
      async read(limit) {
        bytes?.(limit);
        let size = 0;
        let count = 0;
        while (count < texts.length && size < limit) size += texts[count++]!.length + 26;
        const taken = texts.slice(0, count);
        return {
          events: taken.map(event),
          more: count < texts.length,
          accepted: () => {
            texts.splice(0, count);
            accepted.push(...taken);
          },
        };
      },
    };
  }
  const shipper = (...sources: LogSource[]) =>
    new Shipper({
      sources,
      stream: {
        async put(events) {
          if (failure) throw failure;
          delivered.push(...events.map(({ text }) => text));
        },
      },
      state: { get: () => undefined, set: () => undefined, save: () => undefined },
      clock: { now: () => now, sleep: async (ms) => void (now += ms) },
      log: {
        info: (message) => lines.push(`info ${message}`),
        warn: (message) => lines.push(`warn ${message}`),
        error: (message) => lines.push(`error ${message}`),
      },
      count: async () => void (counted += 1),
    });
  const signal = () => new AbortController().signal;

  it("delivers the most important source first, and what a job floods last and within the pass's bytes", async () => {
    const flood = Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(100_000));
    const asked: number[] = [];
    const one = shipper(
      source("root", ["r1", "r2"]),
      source("job", flood, (bytes) => asked.push(bytes)),
    );
    assert.equal(await one.tick(), FLUSH_MS, "also with more to deliver: that bounds what a job costs");
    assert.deepEqual(delivered.slice(0, 2), ["r1", "r2"]);
    assert.deepEqual(asked, [PASS_BYTES - 2 * 28]);
    assert.ok(delivered.length < 25, `${delivered.length} events`);
  });

  it("accepts nothing that was not delivered, and delivers it later", async () => {
    const one = shipper(source("root", ["r1"]));
    failure = new Error("throttled");
    await one.tick();
    assert.deepEqual([delivered, accepted], [[], []]);
    failure = undefined;
    await one.tick();
    assert.deepEqual([delivered, accepted], [["r1"], ["r1"]]);
  });

  it("waits 1 to 30 s between tries, and logs an outage once instead of at each: it delivers its own lines", async () => {
    const one = shipper(source("root", ["r1"]));
    failure = new Error("throttled");
    const pauses: number[] = [];
    for (let n = 0; n < 7; n += 1) pauses.push(await one.tick());
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    failure = undefined;
    assert.equal(await one.tick(), FLUSH_MS);
    assert.deepEqual(lines, ["warn the host's logs could not be delivered, trying again", "info the host's logs are delivered again"]);
    failure = new Error("again");
    assert.equal(await one.tick(), 1000);
  });

  it("counts an outage in each period of its alarm from five minutes on, so that a single host raises it", async () => {
    const one = shipper(source("root", ["r1"]));
    failure = new Error("denied");
    for (const end = now + 30 * 60_000; now < end; ) now += await one.tick();
    assert.equal(counted, 5, "at 5 to 30 min, each up to half a minute late");
    assert.equal(lines.filter((line) => line.startsWith("error")).length, 5);
  });

  it("delivers the other sources if one cannot be read", async () => {
    const broken: LogSource = { name: "listener", read: async () => assert.fail("EIO") };
    assert.equal(await shipper(broken, source("job", ["j"])).tick(), 1000);
    assert.deepEqual(delivered, ["j"]);
  });

  it("flushes all of a backlog, after its sources have written down what was logged up to now", async () => {
    const late: string[] = [];
    const one = { ...source("root", late), sync: async () => late.push("late") > 0 };
    assert.equal(await shipper(one, source("job", Array(50).fill("j".repeat(100_000)))).flush(signal()), true);
    assert.deepEqual([delivered[0], delivered.length], ["late", 51]);
  });

  it("asks a source again that could not write down everything, before it calls all delivered", async () => {
    const late = Array.from({ length: 5 }, (_, n) => `j${n}`);
    const buffer: string[] = [];
    const full = { ...source("job", buffer), sync: async () => (buffer.push(...late.splice(0, 2)), late.length === 0) };
    assert.equal(await shipper(source("root", []), full).flush(signal()), true);
    assert.deepEqual(delivered, ["j0", "j1", "j2", "j3", "j4"]);
    const never = { ...source("job", []), sync: async () => false };
    assert.equal(await shipper(never).flush(signal()), false, "without a bound of the caller's its own ends it");
  });

  it("does not flush for ever against a flood, nor past the caller's patience", async () => {
    const endless: LogSource = {
      name: "job",
      read: async () => ({ events: [event("x".repeat(PASS_BYTES))], more: true, accepted: () => undefined }),
    };
    assert.equal(await shipper(endless).flush(signal()), false);
    assert.equal(delivered.length, 16);
  });

  it("gives up a flush when its caller does, in an outage that lasts", async () => {
    failure = new Error("throttled");
    const given = new AbortController();
    let reads = 0;
    const busy: LogSource = {
      name: "root",
      async read() {
        if ((reads += 1) === 3) given.abort();
        return { events: [event("x")], more: false, accepted: () => undefined };
      },
    };
    assert.equal(await shipper(busy).flush(given.signal), false);
    assert.equal(reads, 3);
  });

  it("never has two passes at once, which would deliver a line twice", async () => {
    const one = shipper(source("root", ["r1"]));
    await Promise.all([one.tick(), one.flush(signal()), one.tick()]);
    assert.deepEqual(delivered, ["r1"]);
  });
});

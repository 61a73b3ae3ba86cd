import assert from "node:assert/strict";
import { drain } from "../../../host-config/actions-runner-pool/agent/drain";
import { inFlight } from "../../../host-config/actions-runner-pool/agent/in-flight";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { DOUBT_MS, withClockStamps } from "../../../host-config/actions-runner-pool/agent/stamps";
import { monotonicClock } from "../../../host-config/shared/clock";
import { FakeHost } from "./fake-host";

const HOUR = 3_600_000;

/** A machine's two clocks: the time of day, which can be set, and the monotonic one. */
class Machine {
  running = 5_000;
  set = 1_790_000_000_000;
  readonly timeOfDay = () => this.set + this.running;
  readonly clock = monotonicClock(this.timeOfDay, () => this.running);
}

describe("a system clock that jumps", () => {
  for (const [direction, jump] of [
    ["forward", HOUR],
    ["back", -HOUR],
  ] as const) {
    it(`${direction} by an hour does not hide a message that arrives later`, async () => {
      const machine = new Machine();
      machine.set += jump;
      const signs = withClockStamps(
        { read: async () => ({ workers: 0, listener: 1, messageAt: machine.timeOfDay() - 1_000 }) },
        machine.clock,
        machine.timeOfDay,
      );
      assert.equal(inFlight(await signs.read(), machine.clock.now()), "message");
    });
  }

  /** Readings by one process, and what the runner writes between them, with timestamps in the time of day. */
  function scenario(listener = 1) {
    const machine = new Machine();
    const said: Signs = { workers: 0, listener };
    const process = () => {
      const clock = monotonicClock(machine.timeOfDay, () => machine.running);
      const signs = withClockStamps({ read: async () => ({ ...said }) }, clock, machine.timeOfDay);
      return async () => inFlight(await signs.read(), clock.now());
    };
    const second = (ms: number) => Math.floor(ms / 1000) * 1000;
    return {
      machine,
      said,
      process,
      advance: (ms: number) => void (machine.running += ms),
      idle: () => Object.assign(said, { announced: "idle", announcedAt: second(machine.timeOfDay()) }),
      message: () => Object.assign(said, { messageAt: machine.timeOfDay() }),
      busy: () => Object.assign(said, { announced: "busy", announcedAt: second(machine.timeOfDay()) }),
    };
  }

  for (const [direction, jump] of [
    ["forward", HOUR],
    ["back", -HOUR],
  ] as const) {
    for (const watch of ["started before", "started after"] as const) {
      it(`${direction} by an hour hides no job from a drain ${watch} the jump, at any step until its worker starts`, async () => {
        for (const jumpAt of [0, 1, 2]) {
          const { machine, process, advance, idle, message, busy } = scenario();
          idle();
          advance(200_000);
          let read = process();
          if (watch === "started before") assert.equal(await read(), undefined);
          const steps = [() => undefined, message, busy];
          for (const [index, step] of steps.entries()) {
            step();
            if (index === jumpAt) machine.set += jump;
            advance(200);
            if (watch === "started after") read = process();
            const expected = [undefined, "message", "announced"][index];
            assert.equal(await read(), expected, `jump after step ${jumpAt}, reading after step ${index}`);
          }
        }
      });
    }

    it(`${direction} by an hour causes no long wait for an idle runner`, async () => {
      const { machine, process, advance, message, idle, busy } = scenario();
      message();
      advance(3_000);
      idle();
      advance(10_000);
      const before = process();
      assert.equal(await before(), undefined);
      machine.set += jump;
      assert.equal(await before(), undefined, "a process started before the jump");
      assert.equal(await process()(), undefined, "a process started after the jump");
      // A job that the listener dropped without logging it: its sign expires on either clock.
      message();
      advance(1_000);
      busy();
      machine.set += jump;
      const after = process();
      assert.equal(await after(), "announced");
      advance(950_000);
      assert.equal(await after(), undefined);
    });
  }

  it("back by milliseconds, as in a clock correction, hides no message from a drain that starts just then", async () => {
    const { machine, process, advance, idle, message } = scenario();
    idle();
    advance(200_000);
    message();
    machine.set -= 3;
    assert.equal(await process()(), "message");
  });

  it("does not make what a listener's predecessor wrote count as new", async () => {
    const { said, process, advance, message, busy } = scenario();
    message();
    busy();
    advance(2 * HOUR);
    const read = process();
    said.listener = undefined;
    assert.equal(await read(), undefined);
    advance(1_000);
    said.listener = 2;
    await read();
    advance(DOUBT_MS + 1_000);
    assert.equal(await read(), undefined);
  });

  for (const from of ["the message", "the skip"] as const) {
    it(`makes no skipped message new when the listener's word of it scrolls away, for an agent that runs since ${from}`, async () => {
      const { said, process, advance, idle, message } = scenario();
      idle();
      advance(200_000);
      message();
      const at = said.messageAt!;
      const read = process();
      if (from === "the message") assert.equal(await read(), "message");
      advance(1_000);
      Object.assign(said, { messageAt: undefined, skippedMessageAt: at });
      assert.equal(await read(), undefined);
      advance(610_000);
      assert.equal(await read(), undefined);
      Object.assign(said, { messageAt: at, skippedMessageAt: undefined });
      assert.equal(await read(), undefined, "it arrived more than ten minutes ago");
      advance(1_000);
      message();
      assert.equal(await read(), "message", "a new one counts");
    });
  }

  it("counts a message that one reading did not find from its arrival on, not from its return on", async () => {
    const { said, process, advance, message } = scenario();
    const read = process();
    await read();
    message();
    const at = said.messageAt;
    assert.equal(await read(), "message");
    advance(599_000);
    said.messageAt = undefined;
    assert.equal(await read(), undefined);
    said.messageAt = at;
    assert.equal(await read(), "message", "never hidden for good: its job may still come");
    advance(2_000);
    assert.equal(await read(), undefined);
  });

  it("does not end a drain before its maxDrain is over", async () => {
    const host = new FakeHost();
    const machine = new Machine();
    host.config.drainDeadline = 1_800;
    Object.assign(host.seen, { listener: 1, announced: "busy", workers: 1 });
    let pauses = 0;
    host.clock = {
      now: () => machine.clock.now(),
      sleep: async (ms) => {
        machine.running += ms;
        if (++pauses === 3) machine.set += HOUR;
        if (pauses === 6) Object.assign(host.seen, { listener: undefined, announced: undefined, workers: 0 });
      },
    };
    assert.notEqual(await drain(host), "forced");
    assert.ok(pauses >= 6);
  });
});

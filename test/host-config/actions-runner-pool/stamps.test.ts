import assert from "node:assert/strict";
import { drain } from "../../../host-config/actions-runner-pool/agent/drain";
import { inFlight } from "../../../host-config/actions-runner-pool/agent/in-flight";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { DOUBT_MS, withClockStamps } from "../../../host-config/actions-runner-pool/agent/stamps";
import { monotonicClock } from "../../../host-config/shared/clock";
import { FakeHost } from "./fake-host";

const HOUR = 3_600_000;

/** A machine's two clocks: the time of day, which anybody may set, and the one that only runs. */
class Machine {
  running = 5_000;
  set = 1_790_000_000_000;
  readonly timeOfDay = () => this.set + this.running;
  readonly clock = monotonicClock(this.timeOfDay, () => this.running);
}

describe("a clock that jumps", () => {
  for (const [direction, jump] of [
    ["forward", HOUR],
    ["back", -HOUR],
  ] as const) {
    it(`${direction} by an hour hides no message that comes after it`, async () => {
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

  /** Looks of one process, and what the runner writes between them by the time of day. */
  function watched(listener = 1) {
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
      pass: (ms: number) => void (machine.running += ms),
      idle: () => Object.assign(said, { announced: "idle", announcedAt: second(machine.timeOfDay()) }),
      message: () => Object.assign(said, { messageAt: machine.timeOfDay() }),
      busy: () => Object.assign(said, { announced: "busy", announcedAt: second(machine.timeOfDay()) }),
    };
  }

  for (const [direction, jump] of [
    ["forward", HOUR],
    ["back", -HOUR],
  ] as const) {
    for (const watch of ["that watched before", "that starts after"] as const) {
      it(`${direction} by an hour hides no job from a drain ${watch} the jump, at no step to its worker`, async () => {
        for (const jumpAt of [0, 1, 2]) {
          const { machine, process, pass, idle, message, busy } = watched();
          idle();
          pass(200_000);
          let look = process();
          if (watch === "that watched before") assert.equal(await look(), undefined);
          const steps = [() => undefined, message, busy];
          for (const [index, step] of steps.entries()) {
            step();
            if (index === jumpAt) machine.set += jump;
            pass(200);
            if (watch === "that starts after") look = process();
            const expected = [undefined, "message", "announced"][index];
            assert.equal(await look(), expected, `jump after step ${jumpAt}, look after step ${index}`);
          }
        }
      });
    }

    it(`${direction} by an hour makes nobody wait for long for a runner that is idle`, async () => {
      const { machine, process, pass, message, idle, busy } = watched();
      message();
      pass(3_000);
      idle();
      pass(10_000);
      const before = process();
      assert.equal(await before(), undefined);
      machine.set += jump;
      assert.equal(await before(), undefined, "who watched before");
      assert.equal(await process()(), undefined, "who starts after");
      // A job that was dropped without a word: its sign is bounded in each clock.
      message();
      pass(1_000);
      busy();
      machine.set += jump;
      const after = process();
      assert.equal(await after(), "announced");
      pass(950_000);
      assert.equal(await after(), undefined);
    });
  }

  it("back by milliseconds, as when it is being put right, hides no message from a drain that starts just then", async () => {
    const { machine, process, pass, idle, message } = watched();
    idle();
    pass(200_000);
    message();
    machine.set -= 3;
    assert.equal(await process()(), "message");
  });

  it("does not take what a listener's predecessor said for new", async () => {
    const { said, process, pass, message, busy } = watched();
    message();
    busy();
    pass(2 * HOUR);
    const look = process();
    said.listener = undefined;
    assert.equal(await look(), undefined);
    pass(1_000);
    said.listener = 2;
    await look();
    pass(DOUBT_MS + 1_000);
    assert.equal(await look(), undefined);
  });

  it("does not end a drain before its maxDrain is over", async () => {
    const host = new FakeHost();
    const machine = new Machine();
    host.config.drainDeadline = 1_800;
    Object.assign(host.seen, { listener: 1, announced: "busy", workers: 1 });
    let looks = 0;
    host.clock = {
      now: () => machine.clock.now(),
      sleep: async (ms) => {
        machine.running += ms;
        if (++looks === 3) machine.set += HOUR;
        if (looks === 6) Object.assign(host.seen, { listener: undefined, announced: undefined, workers: 0 });
      },
    };
    assert.notEqual(await drain(host), "forced");
    assert.ok(looks >= 6);
  });
});

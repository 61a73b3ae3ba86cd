import assert from "node:assert/strict";
import { drain } from "../../host-config/agent/drain";
import { inFlight } from "../../host-config/agent/in-flight";
import { steadyClock, steadySigns } from "../../host-config/agent/steady-clock";
import { FakeHost } from "./fake-host";

const HOUR = 3_600_000;

/** A machine's two clocks: the time of day, which anybody may set, and the one that only runs. */
class Machine {
  running = 5_000;
  set = 1_790_000_000_000;
  readonly timeOfDay = () => this.set + this.running;
  readonly clock = steadyClock(this.timeOfDay, () => this.running);
}

describe("a clock that jumps", () => {
  for (const [direction, jump] of [["forward", HOUR], ["back", -HOUR]] as const) {
    it(`${direction} by an hour changes no time that has passed`, () => {
      const machine = new Machine();
      const begun = machine.clock.now();
      assert.equal(begun, machine.timeOfDay());
      machine.set += jump;
      machine.running += 2_000;
      assert.equal(machine.clock.now() - begun, 2_000);
    });

    it(`${direction} by an hour hides no message that comes after it`, async () => {
      const machine = new Machine();
      machine.set += jump;
      const signs = steadySigns({ read: async () => ({ workers: 0, listener: 1, messageAt: machine.timeOfDay() - 1_000 }) }, machine.clock, machine.timeOfDay);
      assert.equal(inFlight(await signs.read(), machine.clock.now()), "message");
    });
  }

  it("does not end a drain before its maxDrain is over", async () => {
    const host = new FakeHost();
    const machine = new Machine();
    host.config.maxDrain = 1_800;
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

import assert from "node:assert/strict";
import { exclusively } from "../../../../functions/actions-runner-pool/scale/lease";
import type { LeasePorts } from "../../../../functions/actions-runner-pool/scale/ports";
import { everyInterleaving, type Process } from "../../support/interleavings";
import { ManualClock } from "../../support/manual-clock";
import { memoryLease } from "../../support/memory-lease";
import { RecordingObserver } from "../../support/observer";

const NOW = Date.parse("2026-11-29T12:00:00Z");
type Step = Parameters<Process>[0];

/** Each call is a step that others may precede. */
function stepwise(lease: ReturnType<typeof memoryLease>, step: Step): LeasePorts {
  return {
    take: (...given) => step(() => lease.take(...given)),
    ask: (...given) => step(() => lease.ask(...given)),
    release: (...given) => step(() => lease.release(...given)),
    renew: (...given) => step(() => lease.renew(...given)),
    drop: (...given) => step(() => lease.drop(...given)),
  };
}

/** Invocations that each write a row first, as a webhook does before it signals, and then pass over all rows. */
function invocations(count: number, dies: (invocation: number, step: number) => boolean = () => false) {
  const clock = new ManualClock(NOW);
  const lease = memoryLease();
  const { log } = new RecordingObserver();
  let [rows, seen, passing, passes] = [0, 0, 0, 0];
  const invocation =
    (number: number): Process =>
    async (step) => {
      let steps = 0;
      const mortal: Step = (act) => (dies(number, steps++) ? new Promise(() => undefined) : step(act));
      // The first one's write needs no step of its own: what the others do before it changes nothing for them.
      if (number === 0) rows += 1;
      else await step(() => (rows += 1));
      const pass = async () => {
        await mortal(() => {
          passing += 1;
          assert.equal(passing, 1, "two invocations act at once");
          seen = rows;
        });
        await mortal(() => {
          passing -= 1;
          passes += 1;
        });
        return "";
      };
      await exclusively({ ...stepwise(lease, mortal), clock }, NOW + 40_000, log, pass);
    };
  return {
    clock,
    lease,
    log,
    processes: Array.from({ length: count }, (_, number) => invocation(number)),
    state: () => ({ rows, seen, passes }),
  };
}

describe("the scaler's lease", () => {
  it("loses no change and lets no two invocations act at once, in every order of their steps", async () => {
    const orders = await everyInterleaving(() => {
      const { processes, state } = invocations(3);
      return {
        processes,
        check: () => assert.equal(state().seen, 3, "a row that was written before its signal was read by no pass"),
      };
    });
    assert.ok(orders > 1000, `${orders} orders`);
  });

  it("does not make one change cause passes without end", async () => {
    await everyInterleaving(() => {
      const { processes, state } = invocations(2);
      return { processes, check: () => assert.ok(state().passes <= 2, `${state().passes} passes`) };
    });
  });

  it("is free again after the process of its holder has died, once 60 s are over, and the change is then seen", async () => {
    for (const fatal of [1, 2, 3]) {
      const { clock, lease, log, state, processes } = invocations(2, (number, step) => number === 0 && step === fatal);
      const direct: Step = async (act) => act();
      void processes[0]!(direct);
      await new Promise((resolve) => setImmediate(resolve));
      const later = (pass: () => Promise<string>) => exclusively({ ...stepwise(lease, direct), clock }, NOW + 200_000, log, pass);
      let passed = 0;
      const count = async () => `${(passed += 1)}`;
      clock.advance(59_999);
      await later(count);
      assert.equal(passed, 0, "the lease of the dead process still holds");
      clock.advance(1);
      await later(count);
      assert.equal(passed, 1);
      assert.equal(state().rows, 1);
    }
  });

  it("is released when a pass fails, so that the next invocation does not wait 60 s, and keeps the memory before it", async () => {
    const { clock, lease, log } = invocations(0);
    const ports = { ...stepwise(lease, async (act) => act()), clock };
    await exclusively(ports, NOW + 40_000, log, async () => "first");
    await assert.rejects(
      exclusively(ports, NOW + 40_000, log, () => Promise.reject(new Error("no group"))),
      /no group/,
    );
    const memories: (string | undefined)[] = [];
    await exclusively(ports, NOW + 40_000, log, async (memory) => `${memories.push(memory)}`);
    assert.deepEqual(memories, ["first"]);
  });

  it("is free at once after any of its calls has failed, whether or not that call was carried out", async () => {
    for (const call of ["take", "release", "renew"] as const) {
      for (const done of [true, false]) {
        const { clock, lease, log } = invocations(0);
        const direct: LeasePorts = stepwise(lease, async (act) => act());
        const failing = async (...given: unknown[]): Promise<never> => {
          if (done) await (direct[call] as (...given: unknown[]) => Promise<unknown>)(...given);
          throw new Error("socket hang up");
        };
        // Asked for another pass: without it, the lease would not be renewed.
        const pass = async () => `${call === "renew" && lease.ask(clock.now())}`;
        await assert.rejects(exclusively({ ...direct, [call]: failing, clock }, NOW + 40_000, log, pass), /socket hang up/);
        assert.ok(lease.take("next", clock.now(), clock.now() + 1), `${call}, ${done ? "carried out" : "refused"}`);
      }
    }
  });

  it("ends at the deadline although signals never stop, and saves what it has learned", async () => {
    const { clock, lease, log } = invocations(0);
    const ports = { ...stepwise(lease, async (act) => act()), clock };
    let passes = 0;
    await exclusively(ports, NOW + 40_000, log, async () => {
      clock.advance(500);
      assert.ok(lease.ask(clock.now()));
      return `pass ${(passes += 1)}`;
    });
    assert.equal(passes, 80);
    assert.deepEqual(lease.take("next", clock.now(), clock.now() + 1), { memory: "pass 80" });
  });

  it("stops without a further pass when another has taken it over from a process that was frozen", async () => {
    const { clock, lease } = invocations(0);
    const observer = new RecordingObserver();
    const ports = { ...stepwise(lease, async (act) => act()), clock };
    let passes = 0;
    await exclusively(ports, NOW + 400_000, observer.log, async () => {
      clock.advance(60_000);
      assert.ok(lease.take("another", clock.now(), clock.now() + 60_000));
      return `pass ${(passes += 1)}`;
    });
    assert.equal(passes, 1);
    assert.deepEqual(observer.messages("warn"), ["scale: the lease was taken over; this invocation ends"]);
    assert.equal(lease.release("another", "its own"), true, "the other one's lease is untouched");
  });
});

import assert from "node:assert/strict";
import { poolKey } from "../../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../../contract/workflow-jobs/timing";
import type { LeasePorts } from "../../../../functions/actions-runner-pool/scale/ports";
import { scalerState } from "../../../../functions/actions-runner-pool/scale/scaler-state";
import { POOL } from "../../support/events";
import { TestLedger } from "../../support/ledger";
import { memoryLease } from "../../support/memory-lease";

type Lease = LeasePorts | ReturnType<typeof memoryLease>;

/** Two owners, and a time after the end of the lease. */
const CALLS: Record<string, (lease: Lease) => unknown> = {
  "a takes": (lease) => lease.take("a", 0, 3),
  "b takes": (lease) => lease.take("b", 1, 4),
  "b takes later": (lease) => lease.take("b", 5, 8),
  "one asks": (lease) => lease.ask(1),
  "one asks later": (lease) => lease.ask(5),
  "a releases": (lease) => lease.release("a", "released"),
  "b releases": (lease) => lease.release("b", "released"),
  "a renews": (lease) => lease.renew("a", 8, "renewed"),
  "a drops": (lease) => lease.drop("a"),
  "b drops": (lease) => lease.drop("b", "dropped"),
};
const NAMES = Object.keys(CALLS);
const SEQUENCES = NAMES.flatMap((one) => NAMES.map((two) => ["a takes", one, two, "a releases", "b takes later", "b releases"]));

describe("the scaler's item in the ledger", () => {
  let ledger: TestLedger;
  beforeEach(async () => (ledger = await TestLedger.create(() => 0)));

  it("is the lease that the exploration of its interleavings assumes, call by call", async () => {
    const agree = async (sequence: string[], index: number) => {
      const [real, model] = [scalerState(ledger.table, `pool-${index}`), memoryLease()];
      for (const call of sequence) assert.deepEqual(await CALLS[call]!(real), CALLS[call]!(model), `${call}, of ${sequence.join(", ")}`);
    };
    for (let from = 0; from < SEQUENCES.length; from += 10) {
      await Promise.all(SEQUENCES.slice(from, from + 10).map((sequence, index) => agree(sequence, from + index)));
    }
  });

  it("gives the lease to one of many that ask for it at the same moment", async () => {
    const state = scalerState(ledger.table, POOL);
    const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => state.take(`owner-${index}`, 1000, 61_000)));
    assert.equal(taken.filter((one) => one !== undefined).length, 1);
  });

  it("survives that the SDK repeats a call whose response was lost", async () => {
    const state = scalerState(ledger.table, POOL);
    for (const expected of [{}, {}]) assert.deepEqual(await state.take("a", 1000, 61_000), expected);
    assert.deepEqual([await state.ask(1000), await state.ask(1000)], [true, true]);
    for (const expected of [true, true]) assert.equal(await state.renew("a", 62_000, "{}"), expected);
    assert.deepEqual(
      [await state.release("a", "{}"), await state.release("a", "{}"), await state.renew("a", 63_000, "{}")],
      [true, false, false],
    );
    assert.deepEqual(await state.take("b", 2000, 62_000), { memory: "{}" }, "nothing is left behind that blocks the next");
  });

  it("is no job of any list, and nothing but the lease and the memory, which expire if the pool is gone", async () => {
    const state = scalerState(ledger.table, POOL);
    await state.take("a", 1000, 61_000);
    await state.renew("a", 62_000, "{}");
    await state.release("a", '{"policy":{}}');
    const expiresAt = 62 + DEMAND_TIMING.poolStateKept;
    assert.deepEqual(await ledger.get(poolKey(POOL, "scaler")), { ...poolKey(POOL, "scaler"), memory: '{"policy":{}}', expiresAt });
  });
});

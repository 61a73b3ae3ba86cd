import assert from "node:assert/strict";
import { TIMING } from "../../../../contract/actions-runner-pool/timing";
import { mayList } from "../../../../functions/actions-runner-pool/sweep/github-list-throttle";

const START = Date.UTC(2026, 10, 22, 12);
const SWEEP_MS = TIMING.sweepInterval * 1000;

/** Calls that one pool's listings make in each hour of a day, for an organization with this number of runners. */
function callsInHours(runners: number, pool: string): number[] {
  const pages = Math.ceil(runners / 100);
  return Array.from({ length: 24 }, (_, hour) => {
    let calls = 0;
    for (let sweep = 0; sweep < 12; sweep++) {
      calls += mayList(pages, pool, START + hour * 3_600_000 + sweep * SWEEP_MS) ? pages : 1;
    }
    return calls;
  });
}

describe("the throttle of GitHub listings", () => {
  it("keeps ten pools of 1,000 runners within half of the 5,000 calls an hour, where full listings would need 12,000", () => {
    const pools = Array.from({ length: 10 }, (_, n) => callsInHours(10_000, `pool-${n}`));
    const busiest = Math.max(...pools[0]!.map((_, hour) => pools.reduce((sum, hours) => sum + hours[hour]!, 0)));
    assert.ok(busiest <= 2_500, `${busiest} in one hour`);
    for (const hours of pools) assert.ok(hours.reduce((sum, calls) => sum + calls, 0) >= 24 * 100, "each pool must still list");
  });

  it("lets every sweep list an organization of up to 1,200 runners", () => {
    assert.deepEqual(
      callsInHours(1_200, "pool"),
      Array.from({ length: 24 }, () => 12 * 12),
    );
  });

  it("grants two consecutive sweeps, because the alarm on unregistered instances requires two reports within 15 minutes", () => {
    const slots = Array.from({ length: 160 }, (_, sweep) => mayList(100, "pool", START + sweep * SWEEP_MS));
    const alone = slots.filter((slot, n) => slot && n > 0 && n < 159 && !slots[n - 1] && !slots[n + 1]);
    assert.deepEqual(alone, []);
    assert.ok(slots.includes(true));
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { Harness } from "../support/harness";
import { jobPayload } from "../support/payloads";

/** One delivery of a job's life, as the network treats it. */
interface Fate {
  copies: number;
  /** Deliveries are sent in the order of these numbers. */
  order: number;
}

interface Life {
  /** How far it gets: 0 waiting, 1 queued, 2 in progress, 3 completed. */
  reached: number;
  /** Whether it waits for an approval before it is queued. */
  approved: boolean;
  fates: Fate[];
}

const STATUSES = ["waiting", "queued", "in_progress", "completed"] as const;

const fate = fc.record({ copies: fc.constantFrom(0, 1, 1, 1, 2, 3), order: fc.nat(1_000) });
const life = fc.record({
  reached: fc.nat(3),
  approved: fc.boolean(),
  fates: fc.array(fate, { minLength: 4, maxLength: 4 }),
});

describe("the ledger after lost, repeated and reordered deliveries", () => {
  it("ends as GitHub's truth within one reconciliation, whatever arrived", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), fc.boolean(), async (lives, early) => {
        const harness = await Harness.create();
        const deliveries = lives.flatMap((one, n) => deliveriesOf(one, n + 1));
        const [before, after] = early ? halves(deliveries) : [deliveries, []];
        for (const { payload } of before) assert.equal(await harness.send(payload), 200);
        lives.forEach(({ reached }, n) => {
          const status = STATUSES[reached]!;
          harness.gitHub.set({ id: n + 1, runId: n + 1, status, ...(status === "completed" ? { conclusion: "success" } : {}) });
        });
        await harness.nextRun();
        const truth = lives.flatMap(({ reached }, n) => (reached === 1 || reached === 2 ? [n + 1] : []));
        const check = async () => {
          const open = await harness.open();
          assert.deepEqual([...open].sort(), truth);
          for (const id of truth) assert.equal((await harness.ledger.job(id))?.jobStatus, STATUSES[lives[id - 1]!.reached]);
        };
        await check();
        const completed = await completedJobs(harness, lives.length);
        // What was only late still arrives. It opens no completed job again, but may open one that the ledger did not know.
        for (const { payload } of after) assert.equal(await harness.send(payload), 200);
        const open = await harness.open();
        for (const id of completed) assert.ok(!open.includes(id), `job ${id} resurrected`);
        await harness.nextRun();
        await check();
      }),
      { numRuns: 30 },
    );
  }).timeout(120_000);
});

async function completedJobs(harness: Harness, jobs: number): Promise<number[]> {
  const rows = await Promise.all(Array.from({ length: jobs }, (_, n) => harness.ledger.job(n + 1)));
  return rows.flatMap((row) => (row?.jobStatus === "completed" ? [row.jobId] : []));
}

function deliveriesOf({ reached, approved, fates }: Life, id: number) {
  const events = STATUSES.slice(approved || reached === 0 ? 0 : 1, reached + 1);
  return events.flatMap((action, n) => {
    const { copies, order } = fates[n]!;
    const payload = jobPayload(action, { id, run_id: id });
    return Array.from({ length: copies }, (_, copy) => ({ payload, order: order + 250 * copy }));
  });
}

function halves<T extends { order: number }>(deliveries: T[]): [T[], T[]] {
  const sorted = [...deliveries].sort((a, b) => a.order - b.order);
  const middle = Math.floor(sorted.length / 2);
  return [sorted.slice(0, middle), sorted.slice(middle)];
}

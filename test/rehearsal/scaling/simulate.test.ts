import assert from "node:assert/strict";
import { drawLoad, type Run } from "../../../rehearsal/scaling/load";
import { replayWithoutWaits } from "../../../rehearsal/scaling/replay";
import { buildkiteRule, fixedFleet, ourRule, type Rule } from "../../../rehearsal/scaling/rules";
import { type Conditions, simulateDay } from "../../../rehearsal/scaling/simulate";

const IDEAL: Conditions = { seed: 1, boots: "iid", outage: false };
const job = (duration: number, offset = 0) => ({ duration, offset });
const run = (at: number, ...waves: Run["waves"][number][]): Run => ({ at, waves, matrix: false });
/** A second of tolerance for the sums of milliseconds. */
const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.001, `${actual}, expected ${expected}`);

describe("a simulated day", () => {
  it("makes a job wait for its pick-up only if a runner idles", () => {
    const { waits, lost, jobs } = simulateDay([run(1000, [job(60)])], fixedFleet(1), IDEAL);
    assert.deepEqual([waits, lost, jobs], [[2], 0, 1]);
  });

  it("serves the oldest job first: each waits for the ends of those before it", () => {
    const { waits } = simulateDay([run(1000, [job(60), job(60, 1), job(60, 2)])], fixedFleet(1), IDEAL);
    assert.equal(waits.length, 3);
    for (const [index, wait] of waits.entries()) close(wait, 62 * index + 2 - index);
  });

  it("queues a wave when the one before has ended", () => {
    const { waits, cost } = simulateDay([run(1000, [job(60), job(100)], [job(10)])], fixedFleet(2), IDEAL);
    for (const wait of waits) close(wait, 2);
    close(cost, 2 * (1000 + 102 + 12));
  });

  it("launches on a signal, two seconds after the event", () => {
    for (const rule of [ourRule(), buildkiteRule()]) {
      const { waits, launches, cost } = simulateDay([run(1000, [job(60)])], rule, IDEAL);
      assert.equal(launches, 1);
      assert.ok(waits[0]! > 10 && waits[0]! < 100, `${waits[0]}`);
      // Billed from the launch to the last job's end: the wait without the signal, and the job.
      close(cost, waits[0]! - 2 + 60);
    }
  });

  it("bills at least a minute for each launch", () => {
    const { cost } = simulateDay([run(10, [job(5)])], fixedFleet(3), IDEAL);
    close(cost, 180);
  });

  it("counts the wait of a job that is cancelled in the queue, and runs none of its later waves", () => {
    const cancelled: Run = { ...run(1000, [job(600), job(600, 1)], [job(60)]), cancelledAfter: 100 };
    const { waits, jobs, cost } = simulateDay([cancelled], fixedFleet(1), IDEAL);
    assert.equal(jobs, 2);
    close(waits[1]!, 99);
    close(cost, 1100);
  });

  it("runs jobs again after their run has ended", () => {
    const again: Run = { ...run(1000, [job(60)]), rerun: { after: 300, jobs: [job(50)] } };
    const { jobs, cost } = simulateDay([again], fixedFleet(1), IDEAL);
    assert.equal(jobs, 2);
    close(cost, 1000 + 62 + 300 + 52);
  });

  it("counts a job that never starts as lost, with an infinite wait", () => {
    const { lost, waits } = simulateDay([run(1000, [job(60)])], fixedFleet(0), IDEAL);
    assert.deepEqual([lost, waits], [1, [Infinity]]);
  });

  it("subtracts GitHub's outage from the waits, and shows them with it", () => {
    // Queued two minutes before its end at 11:22.
    const at = 11 * 3600 + 20 * 60;
    const { waits, netWaits } = simulateDay([run(at, [job(60)])], fixedFleet(1), { ...IDEAL, outage: true });
    close(waits[0]!, 122);
    close(netWaits[0]!, 2);
  });

  it("fails instead of killing a job, should a rule terminate its instance", () => {
    const hasty: Rule = {
      initial: 1,
      pass: (_, { instances }) => ({ terminate: instances.filter(({ busy }) => busy).map(({ id }) => id) }),
    };
    assert.throws(() => simulateDay([run(1000, [job(600)])], hasty, IDEAL), /terminated with its job/);
  });

  it("is the same for the same seed", () => {
    const runs = drawLoad("day-20", 3);
    assert.deepEqual(simulateDay(runs, ourRule(), IDEAL), simulateDay(runs, ourRule(), IDEAL));
  });

  it("runs the jobs of the replay without waits if every job finds a runner at once", () => {
    const runs = drawLoad("day-20", 5);
    const { jobs, waits } = simulateDay(runs, fixedFleet(2000), IDEAL);
    // The first instances boot after midnight.
    assert.ok(waits.filter((wait) => wait > 2.001).length < 10);
    const replayed = replayWithoutWaits(runs).length;
    assert.ok(Math.abs(jobs - replayed) <= 0.01 * replayed, `${jobs}, replayed ${replayed}`);
  });
});

import assert from "node:assert/strict";
import { livesOf, sharedRuns } from "../../../../rehearsal/scenarios/persistent-runner/lives";
import type { TimelineEvent } from "../../../../rehearsal/timeline";

const power = (at: number, state: string, reason?: string): TimelineEvent => ({ at, kind: "power-state", instance: "i-1", state, reason });
const acquired = (at: number, job: string): TimelineEvent => ({ at, kind: "job", job, change: "acquired", instance: "e2e-1" });
/** `RUN.NUMBER` on the machine; others ran elsewhere. */
const runOf = (job: string) => (job.startsWith("hosted") ? undefined : job.split(".")[0]);
const life = (at: number, ...jobs: string[]) => [
  power(at, "pending"),
  power(at + 1, "running"),
  ...jobs.map((job) => acquired(at + 2, job)),
  power(at + 3, "stopping"),
  power(at + 4, "stopped"),
];

describe("the lives of a persistent machine", () => {
  it("reach from each power-on to its power-off, with the runs whose jobs the machine took", () => {
    const lives = livesOf([...life(0), ...life(10, "1.1", "hosted"), ...life(20, "2.1", "2.2")], runOf);
    assert.deepEqual(
      lives.map(({ startedAt, ended, runs }) => [startedAt, ended?.at, runs]),
      [
        [0, 4, []],
        [10, 14, ["1"]],
        [20, 24, ["2"]],
      ],
    );
    assert.equal(sharedRuns(lives), 0, "two jobs of one run share nothing");
  });

  it("are shared by every run that had the machine in the same life", () => {
    assert.equal(sharedRuns(livesOf([...life(0, "1.1", "2.1"), ...life(10, "3.1")], runOf)), 2);
  });

  it("have no end while the machine runs, whatever state EC2 repeats", () => {
    const lives = livesOf([power(0, "pending"), power(1, "pending"), power(2, "running")], runOf);
    assert.deepEqual(lives, [{ instance: "i-1", startedAt: 0, runs: [] }]);
  });

  it("end with a termination, too", () => {
    const [only] = livesOf([power(0, "pending"), power(1, "terminated", "Client.UserInitiatedShutdown")], runOf);
    assert.deepEqual(only?.ended, { at: 1, state: "terminated", reason: "Client.UserInitiatedShutdown" });
  });
});

import assert from "node:assert/strict";
import { drawLoad, type Run } from "../../../rehearsal/scaling/load";
import { DAY, HOUR_PROFILE, type LoadName } from "../../../rehearsal/scaling/parameters";

const SEEDS = Array.from({ length: 40 }, (_, index) => 1000 + index);
const days = new Map<LoadName, Run[][]>();
/** Many days, drawn once. */
function daysOf(name: LoadName): Run[][] {
  const drawn = days.get(name) ?? SEEDS.map((seed) => drawLoad(name, seed));
  days.set(name, drawn);
  return drawn;
}
const jobsOf = ({ waves }: Run) => waves.reduce((sum, wave) => sum + wave.length, 0);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const share = <T>(all: readonly T[], chosen: (one: T) => boolean) => all.filter(chosen).length / all.length;

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * expected, `${what}: ${actual}, expected ${expected} within ${tolerance * 100} %`);
}
const hourOf = ({ at }: Run) => Math.floor(at / 3600);

describe("a drawn load", () => {
  it("is the same for the same seed, and another for another", () => {
    assert.deepEqual(drawLoad("day-20", 7), drawLoad("day-20", 7));
    assert.notDeepEqual(drawLoad("day-20", 7), drawLoad("day-20", 8));
  });

  const triggers: [LoadName, number][] = [
    ["day-200", 600],
    ["day-20", 60],
    ["agents", 600],
    ["storm", 601],
  ];
  for (const [name, expected] of triggers) {
    it(`has ${expected} runs a day in ${name}, in order, none before midnight`, () => {
      near(mean(daysOf(name).map(({ length }) => length)), expected, 0.06, "runs");
      for (const runs of daysOf(name)) {
        assert.ok(runs.every(({ at }, index) => at >= 0 && at >= (runs[index - 1]?.at ?? 0)));
        assert.ok(runs.at(-1)!.at < DAY + 100);
      }
    });
  }

  it("has the published shares of single jobs, small runs and matrices, and most jobs are a matrix's", () => {
    const runs = daysOf("day-200").flat();
    near(
      share(runs, (run) => jobsOf(run) === 1),
      0.5,
      0.03,
      "single jobs",
    );
    near(
      share(runs, (run) => jobsOf(run) >= 4 && jobsOf(run) <= 8),
      0.35,
      0.03,
      "small runs",
    );
    near(
      share(runs, (run) => run.matrix && jobsOf(run) >= 20 && jobsOf(run) <= 80),
      0.15,
      0.06,
      "matrices",
    );
    const matrixJobs = runs.filter(({ matrix }) => matrix).reduce((sum, run) => sum + jobsOf(run), 0);
    near(matrixJobs / runs.reduce((sum, run) => sum + jobsOf(run), 0), 0.71, 0.06, "jobs of matrices");
  });

  it("has one to three waves, none of them empty, each queued within three seconds", () => {
    for (const { waves } of daysOf("day-200").flat()) {
      assert.ok(waves.length >= 1 && waves.length <= 3);
      assert.ok(waves.every((wave) => wave.length > 0 && wave.every(({ offset }) => offset >= 0 && offset < 3)));
    }
  });

  it("follows the hours of a working day; agents work at night too", () => {
    const working = (run: Run) => hourOf(run) >= 9 && hourOf(run) < 17;
    const profile = HOUR_PROFILE.slice(9, 17).reduce((sum, percent) => sum + percent, 0) / 100;
    // Scheduled runs are half at night, and the others from 6:00 on.
    near(share(daysOf("day-200").flat(), working), 0.84 * profile + (0.16 * 0.5 * 8) / 18, 0.05, "day-200");
    near(share(daysOf("agents").flat(), working), 0.84 * (0.15 * profile + 0.85 / 3) + (0.16 * 0.5 * 8) / 18, 0.06, "agents");
  });

  it("is clustered more than chance: the variance of a quarter of an hour is about twice its mean", () => {
    const counts = (name: LoadName) =>
      daysOf(name).flatMap((runs) => {
        const quarters = Array.from({ length: 16 }, () => 0);
        // 10:00 to 14:00, where the profile is flat.
        for (const { at } of runs) if (at >= 36_000 && at < 50_400) quarters[Math.floor((at - 36_000) / 900)]!++;
        return quarters;
      });
    const dispersion = (values: number[]) => mean(values.map((value) => (value - mean(values)) ** 2)) / mean(values);
    const [people, agents] = [dispersion(counts("day-200")), dispersion(counts("agents"))];
    assert.ok(people > 1.7 && people < 2.6, `${people}`);
    assert.ok(agents > 3, `${agents}`);
  });

  it("has durations around two minutes with a long tail, within the limits", () => {
    const durations = daysOf("day-200")
      .flat()
      .flatMap(({ waves }) => waves.flat().map(({ duration }) => duration))
      .sort((a, b) => a - b);
    const quantile = (part: number) => durations[Math.floor(part * durations.length)]!;
    near(quantile(0.5), 119, 0.2, "median");
    near(Math.log(quantile(0.84) / quantile(0.5)), 1.17, 0.15, "sigma");
    assert.ok(durations[0]! >= 3 && durations.at(-1)! <= 21_600);
  });

  it("cancels one push in twenty, and runs jobs of one run in thirty again", () => {
    const runs = daysOf("day-200").flat();
    near(
      share(runs, ({ cancelledAfter }) => cancelledAfter !== undefined),
      0.05 * 0.84,
      0.15,
      "cancelled",
    );
    near(
      share(runs, ({ rerun }) => rerun !== undefined),
      0.03,
      0.2,
      "run again",
    );
    assert.ok(runs.every(({ rerun }) => rerun === undefined || (rerun.after >= 120 && rerun.after <= 1200)));
  });

  it("has its storm at half past eleven, in one wave", () => {
    for (const runs of daysOf("storm")) {
      const storm = runs.filter((run) => jobsOf(run) === 256);
      assert.deepEqual(
        storm.map(({ at, waves }) => [at, waves.length]),
        [[41_400, 1]],
      );
    }
  });
});

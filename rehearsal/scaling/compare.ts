import { boundsOf, busyQuantile } from "./bounds";
import type { BootLaw } from "./boots";
import { type Figures, figuresOf } from "./figures";
import { drawLoad } from "./load";
import { DAY, type LoadName, START_COST } from "./parameters";
import { type Interval, replayWithoutWaits } from "./replay";
import { buildkiteRule, fixedFleet, ourRule, type Rule } from "./rules";
import { type Outcome, simulateDay } from "./simulate";

export interface Experiment {
  load: LoadName;
  boots: BootLaw;
  outage: boolean;
  seeds: { first: number; last: number };
}

export interface Comparison extends Experiment {
  /** Means of a day; times in hours. */
  day: { jobs: number; work: number; relaxed: number; optimum: number; launches: number; peak: number };
  rules: { name: string; figures: Figures }[];
}

/** The first is this project's. */
const RULES: readonly { name: string; create(jobs: readonly Interval[]): Rule }[] = [
  { name: "ci-runners", create: ourRule },
  { name: "Buildkite's rule", create: buildkiteRule },
  { name: "fixed fleet, p95 of demand", create: (jobs) => fixedFleet(busyQuantile(jobs, 0.95, DAY)) },
  { name: "fixed fleet, p99 of demand", create: (jobs) => fixedFleet(busyQuantile(jobs, 0.99, DAY)) },
];

/** Simulates every rule on the same days. */
export function compare(experiment: Experiment): Comparison {
  const { load, boots, outage, seeds } = experiment;
  const outcomes: Outcome[][] = RULES.map(() => []);
  const sum = { jobs: 0, work: 0, relaxed: 0, optimum: 0, launches: 0, peak: 0 };
  for (let seed = seeds.first; seed <= seeds.last; seed++) {
    const runs = drawLoad(load, seed);
    const jobs = replayWithoutWaits(runs);
    const { work, relaxed, optimum, launches, peak } = boundsOf(jobs, START_COST);
    const today = { jobs: jobs.length, work, relaxed, optimum, launches, peak };
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += today[key];
    for (const [index, { create }] of RULES.entries()) outcomes[index]!.push(simulateDay(runs, create(jobs), { seed, boots, outage }));
  }
  const days = seeds.last - seeds.first + 1;
  const mean = (value: number, unit = 1) => Math.round(value / days / unit);
  const HOUR = 3600;
  return {
    ...experiment,
    day: {
      jobs: mean(sum.jobs),
      work: mean(sum.work, HOUR),
      relaxed: mean(sum.relaxed, HOUR),
      optimum: mean(sum.optimum, HOUR),
      launches: mean(sum.launches),
      peak: mean(sum.peak),
    },
    rules: RULES.map(({ name }, index) => ({ name, figures: figuresOf(outcomes[index]!, { cost: sum.optimum, launches: sum.launches }) })),
  };
}

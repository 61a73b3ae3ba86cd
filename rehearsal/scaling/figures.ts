import type { Outcome } from "./simulate";

/** What one rule did on several days, added up. */
export interface Figures {
  /** Billed seconds, divided by those of the optimum without waits. */
  cost: number;
  /** Seconds from created to started, without GitHub's outage; null: some job never started. */
  wait: Waits;
  /** The same with the outage. */
  rawWait: Waits;
  launches: number;
  /** Divided by those of the optimum. */
  launchRatio: number;
  launchesPerJob: number;
  /** Jobs that did not end. */
  lost: number;
  /** Longest time in seconds for which fewer instances were desired than the truth asked for. */
  behind: number;
  /** Longest time in seconds from the last job until the desired capacity is back; null: more than an hour. */
  settled: number | null;
}

export interface Waits {
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface Optimum {
  cost: number;
  launches: number;
}

export function figuresOf(days: readonly Outcome[], optimum: Optimum): Figures {
  const total = (value: (day: Outcome) => number) => days.reduce((sum, day) => sum + value(day), 0);
  const launches = total((day) => day.launches);
  const settled = days.map((day) => day.settled ?? Infinity);
  return {
    cost: rounded(total((day) => day.cost) / optimum.cost, 3)!,
    wait: waitsOf(days.flatMap(({ netWaits }) => netWaits)),
    rawWait: waitsOf(days.flatMap(({ waits }) => waits)),
    launches,
    launchRatio: rounded(launches / optimum.launches, 2)!,
    launchesPerJob: rounded(launches / total((day) => day.jobs), 2)!,
    lost: total((day) => day.lost),
    behind: rounded(Math.max(...days.map((day) => day.behind)), 0)!,
    settled: rounded(largest(settled), 0),
  };
}

function waitsOf(seconds: readonly number[]): Waits {
  const sorted = Float64Array.from(seconds).sort();
  const quantile = (share: number) => rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0, 0);
  const mean = sorted.reduce((sum, wait) => sum + wait, 0) / Math.max(1, sorted.length);
  return { mean: rounded(mean, 1), p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: quantile(1) };
}

const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0);

/** JSON has no infinity. */
function rounded(value: number, digits: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}

/**
 * What a day costs at least, in billed seconds, by a scaler that knows the future.
 *
 * B1 is the work itself. B2 is the exact optimum without any wait: each instance costs `start` to launch, and between two jobs it
 * either idles or leaves. A job takes the instance that became idle last, so each gap between jobs costs the smaller of its length and
 * `start`. B3 is a lower bound for days on which each job may wait for `wait` seconds, by a Lagrangian relaxation.
 */
import type { Interval } from "./replay";

export interface Bounds {
  work: number;
  optimum: number;
  /** Instances that the optimum launches. */
  launches: number;
  /** With waits of up to 60 s. */
  relaxed: number;
  /** Most jobs that run at once. */
  peak: number;
}

const STEPS = 20;

export function boundsOf(jobs: readonly Interval[], start: number, wait = 60): Bounds {
  const work = sum(jobs.map(({ from, to }) => to - from));
  const { gaps, levels } = gapsOf(jobs);
  const optimum = work + startCost(gaps, levels, start, 1);
  const launches = levels + gaps.filter((gap) => gap >= start).length;
  return { work, optimum, launches, relaxed: relaxedBound(jobs, work, start, wait), peak: levels };
}

/**
 * The part of each job that runs at this time whatever its waits were is a load without waits. For each share of the idle time that is
 * priced, work and gaps of that load bound the cost from below; the largest of these bounds counts.
 */
function relaxedBound(jobs: readonly Interval[], work: number, start: number, wait: number): number {
  const mandatory = jobs.map(({ from, to, wave }) => ({ from: from + wave * wait, to, wave })).filter(({ from, to }) => from < to);
  const { gaps, levels } = gapsOf(mandatory);
  const busy = sum(mandatory.map(({ from, to }) => to - from));
  const bounds = Array.from({ length: STEPS + 1 }, (_, step) => {
    const share = step / STEPS;
    return share * work + (1 - share) * busy + startCost(gaps, levels, start, 1 - share);
  });
  return Math.max(...bounds);
}

function startCost(gaps: readonly number[], levels: number, start: number, idlePrice: number): number {
  return levels * start + sum(gaps.map((gap) => Math.min(gap * idlePrice, start)));
}

/** The idle times between two jobs on one instance if the last one to become idle takes the next, and how many instances that needs. */
function gapsOf(jobs: readonly Interval[]): { gaps: number[]; levels: number } {
  // Ends come first: an instance can take a job at the very moment at which it becomes idle.
  const events = jobs.flatMap(({ from, to }) => [[from, 1] as const, [to, 0] as const]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const idleSince: number[] = [];
  const gaps: number[] = [];
  let levels = 0;
  for (const [at, begins] of events) {
    if (begins === 0) idleSince.push(at);
    else if (idleSince.length > 0) gaps.push(at - idleSince.pop()!);
    else levels++;
  }
  return { gaps, levels };
}

/** Quantile over the time of the day of the number of jobs that run at once. */
export function busyQuantile(jobs: readonly Interval[], quantile: number, day: number): number {
  const events = jobs.flatMap(({ from, to }) => [[from, 1] as const, [to, -1] as const]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const time: number[] = [];
  let [busy, last] = [0, 0];
  for (const [at, change] of [...events, [day, 0] as const]) {
    const until = Math.min(at, day);
    if (until > last) time[busy] = (time[busy] ?? 0) + until - last;
    last = Math.max(last, until);
    busy += change;
  }
  let left = quantile * day;
  return time.findIndex((seconds = 0) => (left -= seconds) <= 0);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

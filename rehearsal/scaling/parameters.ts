/**
 * Every parameter of the loads and of the hosts, as the page publishes them. Times are seconds, and seconds since local midnight.
 * Sources: the hour profile and the clustering are read from the history of astral-sh/uv (4,950 landings, 2025-01 to 2026-08), the
 * clustering of `agents` from a repository that agents write, durations from 122 jobs of public runs, the mix of triggers from
 * Bouzenia and Pradel (ICSE 2024), boot times from published measurements of tuned images.
 */
export const DAY = 86_400;

export interface LoadParameters {
  repositories: number;
  /** On a weekday. */
  pushes: number;
  /** Runs that a schedule starts on the hour, every day. */
  scheduled: number;
  /** Variance divided by mean of the pushes in 15 minutes. */
  overdispersion: number;
  /** Share of the pushes that come at any hour instead of by the profile. */
  flat: number;
  /** Share of the pushes that a second one follows within 10 s. */
  pairs: number;
  /** A single wave of so many jobs at this time. */
  storm?: { at: number; jobs: number };
}

const DAY_200: LoadParameters = { repositories: 200, pushes: 504, scheduled: 96, overdispersion: 2.2, flat: 0, pairs: 0 };

export const LOADS = {
  /** An organization of 200 repositories. */
  "day-200": DAY_200,
  /** A small one, in which chance rules. */
  "day-20": { ...DAY_200, repositories: 20, pushes: 50, scheduled: 10 },
  /** Programs write most of the code: no night, more clusters. */
  agents: { ...DAY_200, overdispersion: 4.9, flat: 0.85, pairs: 0.2 },
  /** A release in the busiest hours. */
  storm: { ...DAY_200, storm: { at: 11.5 * 3600, jobs: 256 } },
} as const satisfies Record<string, LoadParameters>;
export type LoadName = keyof typeof LOADS;

/** Percent of a weekday's pushes in each local hour. */
export const HOUR_PROFILE = [
  0.5, 0.3, 0.6, 1.4, 2.6, 3.6, 4, 4.6, 6, 7.5, 7.6, 7.6, 7.6, 7.6, 7.3, 6.2, 5.4, 4.4, 3.8, 3.4, 3, 2.4, 1.6, 1,
];

export const RUNS = {
  /** Exponent of Zipf's law of the repositories' activity. */
  zipf: 1.1,
  /** Share of the scheduled runs in the hours 0 to 5. */
  nightly: 0.5,
  /** Mean delay of a scheduled run after its hour. */
  scheduleDelay: 10,
  /** Share of the runs with one job, with 4 to 8, and with a matrix of 20 to 80 (20 x 4^U). */
  shapes: [0.5, 0.35, 0.15],
  mostWaves: 3,
  /** Within which the jobs of a wave are queued. */
  waveSpread: 3,
  /** Share of the pushes that are cancelled, and the mean time until then. */
  cancelled: 0.05,
  cancelAfter: 180,
  /** Share of the runs of which a fifth of the jobs runs again, and when. */
  rerun: 0.03,
  rerunShare: 0.2,
  rerunAfter: [120, 1200],
  /** Median of the repositories' median durations, and the sigmas between repositories, jobs and runs. */
  duration: 119,
  sigmaRepository: 1,
  sigmaJob: 0.5,
  sigmaRun: 0.332,
  shortest: 3,
  longest: 6 * 3600,
} as const;

export const HOSTS = {
  /** Median and sigma of a cold boot, from the launch to the runner's first poll: p99 150, mean 51.5. */
  boot: 45,
  bootSigma: 0.5176,
  /** Share of the launches that never come up, and when that is found. */
  failing: 0.01,
  failureFound: 180,
  /** Correlation of the boots that begin within 30 s of each other, in the variant `correlated`. */
  correlation: 0.64,
  correlatedWithin: 30,
  /** From a job's assignment to its first step; part of its wait. */
  pickUp: 2,
  /** From the termination to the end of billing, of an idle instance. */
  drain: 5,
  /** EC2 bills at least a minute a start. */
  shortestBill: 60,
} as const;

export const SIGNALS = {
  /** From an event at GitHub to its row in the ledger. */
  delivery: 0.8,
  /** From the row to the scaler's pass; with the delivery 2 s. Changes within it share the pass. */
  pass: 1.2,
  /** The scaler's own schedule, and by how much a run of it is late at most. */
  schedule: 60,
  jitter: 6,
  /** From a pass that has terminated as many as it may to the next: its calls take some 0.1 s each. */
  again: 2,
  /** Share of the deliveries of `queued` and of `completed` that are lost. */
  lost: 0.005,
  reconcile: 300,
  /** GitHub's outage, if there is one: nothing is assigned, delivered or reconciled. */
  outage: { from: 11 * 3600 + 120, to: 11 * 3600 + 120 + 1200 },
} as const;

/** Mean cost of a cold start in billed seconds: what the optimum pays to launch an instance. */
export const START_COST = Math.round((HOSTS.boot * Math.exp(HOSTS.bootSigma ** 2 / 2)) / (1 - HOSTS.failing) + HOSTS.drain);

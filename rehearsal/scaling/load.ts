/** A weekday of CI jobs, drawn from a seed: the repositories, their workflows, and what triggers them. */
import { cumulative, Draws, STREAM } from "./draws";
import { DAY, HOUR_PROFILE, LOADS, type LoadName, type LoadParameters, RUNS } from "./parameters";

export interface Job {
  /** Seconds until it ends, from its first step. */
  duration: number;
  /** Seconds after its wave begins until it is queued. */
  offset: number;
}

/** Jobs in waves: one is queued when the jobs of the one before have ended. */
export interface Run {
  /** Seconds since midnight. */
  at: number;
  waves: readonly (readonly Job[])[];
  /** Seconds after `at` at which its open jobs are cancelled. */
  cancelledAfter?: number;
  /** Jobs that run again so many seconds after the run has ended. */
  rerun?: { after: number; jobs: readonly Job[] };
  matrix: boolean;
}

interface Workflow {
  /** Median duration of each job, by wave. */
  waves: number[][];
}

export function drawLoad(name: LoadName, seed: number): Run[] {
  const parameters: LoadParameters = LOADS[name];
  const organization = new Draws(seed, STREAM.organization);
  const day = new Draws(seed, STREAM.day);
  const repositories = Array.from({ length: parameters.repositories }, () => drawWorkflows(organization));
  const activity = cumulative(repositories.map((_, rank) => (rank + 1) ** -RUNS.zipf));
  const shapes = cumulative(RUNS.shapes);
  const runOf = (draws: Draws, at: number, pushed: boolean) => {
    const shape = draws.weighted(shapes);
    return drawRun(day, at, repositories[draws.weighted(activity)]![shape]!, shape === 2, pushed);
  };
  const runs = pushTimes(day, parameters).map((at) => runOf(day, at, true));
  // Which schedules there are belongs to the organization, when they start to the day.
  for (let index = 0; index < parameters.scheduled; index++) {
    const hour = organization.chance(RUNS.nightly) ? organization.between(0, 5) : organization.between(6, 23);
    runs.push(runOf(organization, hour * 3600 + day.exponential(RUNS.scheduleDelay), false));
  }
  if (parameters.storm) runs.push(drawStorm(day, parameters.storm));
  return runs.sort((one, other) => one.at - other.at);
}

function drawWorkflows(draws: Draws): Workflow[] {
  const median = draws.logNormal(RUNS.duration, RUNS.sigmaRepository);
  const sizes = [1, draws.between(4, 8), Math.round(20 * 4 ** draws.uniform())];
  return sizes.map((size) => {
    const waves: number[][] = Array.from({ length: Math.min(size, draws.between(1, RUNS.mostWaves)) }, () => []);
    // Each wave has a job; the others are spread at random.
    for (let job = 0; job < size; job++) {
      const wave = job < waves.length ? job : draws.between(0, waves.length - 1);
      waves[wave]!.push(draws.logNormal(median, RUNS.sigmaJob));
    }
    return { waves };
  });
}

function drawRun(draws: Draws, at: number, { waves }: Workflow, matrix: boolean, pushed: boolean): Run {
  const jobs = waves.map((medians) => medians.map((median) => drawJob(draws, median)));
  const cancelledAfter = pushed && draws.chance(RUNS.cancelled) ? draws.exponential(RUNS.cancelAfter) : undefined;
  const again = draws.chance(RUNS.rerun) && cancelledAfter === undefined;
  const all = jobs.flat();
  const [soonest, latest] = RUNS.rerunAfter;
  const rerun = again && {
    after: soonest + draws.uniform() * (latest - soonest),
    jobs: all.slice(0, Math.ceil(all.length * RUNS.rerunShare)).map(({ duration }) => drawJob(draws, duration)),
  };
  return { at, waves: jobs, matrix, ...(cancelledAfter === undefined ? {} : { cancelledAfter }), ...(rerun ? { rerun } : {}) };
}

function drawJob(draws: Draws, median: number): Job {
  const duration = Math.min(RUNS.longest, Math.max(RUNS.shortest, draws.logNormal(median, RUNS.sigmaRun)));
  return { duration, offset: draws.uniform() * RUNS.waveSpread };
}

function drawStorm(draws: Draws, { at, jobs }: { at: number; jobs: number }): Run {
  const median = draws.logNormal(RUNS.duration, RUNS.sigmaJob);
  return { at, matrix: true, waves: [Array.from({ length: jobs }, () => drawJob(draws, draws.logNormal(median, RUNS.sigmaJob)))] };
}

const QUARTER = 900;

/** Pushes by quarters of an hour, whose numbers vary more than chance alone would have it: people work in bursts. */
function pushTimes(draws: Draws, { pushes, overdispersion, flat, pairs }: LoadParameters): number[] {
  const times: number[] = [];
  const alone = pushes / (1 + pairs);
  for (let from = 0; from < DAY; from += QUARTER) {
    const share = (1 - flat) * (HOUR_PROFILE[Math.floor(from / 3600)]! / 100 / 4) + (flat * QUARTER) / DAY;
    const count = draws.clustered(alone * share, overdispersion);
    for (let index = 0; index < count; index++) {
      const at = from + draws.uniform() * QUARTER;
      times.push(at);
      if (draws.chance(pairs)) times.push(at + draws.uniform() * 10);
    }
  }
  return times;
}

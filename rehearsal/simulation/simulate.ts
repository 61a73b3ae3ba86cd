import { Random } from "../random";
import { FREE } from "./github-client";
import { PoolLoad } from "./load";
import type { SimulationOptions } from "./options";
import { Storms } from "./storms";
import { Tally } from "./tally";
import { SimulatedWorld } from "./world";

/** Everything that is to be known of a simulation; a plain object. */
export interface SimulationResult {
  options: SimulationOptions;
  jobs: Tally["jobs"];
  instances: Tally["instances"] & { hours: number };
  calls: {
    host: Tally["hostCalls"];
    functions: Record<string, number>;
    /** Attempts that met a fault of a storm. */
    faulted: number;
    github: { total: number; busiest: number; refused: number; kinds: Record<string, number> };
  };
  rates: { awsPerInstanceHour: number; hostPerJob: number; perTermination: number; githubPerInstanceHour: number };
  longestTailSeconds: number;
  functionErrors: number;
  left: string[];
  /** Why it is not good; empty: it is. */
  failures: string[];
}

const HOUR_MS = 3_600_000;
/** Seconds: a launch, and with failing calls several. */
const BOOT = 1_800;
/** Seconds after the last job has begun. */
const DRAIN = 3 * 3_600;
/** Seconds that the sweeps have to find what is left at GitHub. */
const SWEEPS = 12 * 3_600;
/** Most that an instance may be there once nothing keeps it, in seconds: a storm may hold up its completion. */
const TAIL = 30 * 60;
/** GitHub's limit for one App's installation. */
const GITHUB_BUDGET = 5_000;
const PER_JOB = 2;
const PER_TERMINATION = 4;
/** What the deregister function calls for one termination; GitHub's credentials are read for many, dead letters are Lambda's. */
const OF_A_TERMINATION = /^deregister (?!secretsmanager:GetSecretValue|sqs:)/;

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const world = new SimulatedWorld({ seed: options.seed, keepTimeline: false, renewOnDemand: true, github: { keepJobs: false } });
  try {
    return await run(world, options);
  } finally {
    await world.close();
  }
}

async function run(world: SimulatedWorld, options: SimulationOptions): Promise<SimulationResult> {
  const storms = new Storms(world, options.hours);
  const tally = new Tally((at) => options.storms && storms.isDown(at));
  world.timeline.subscribe((event) => tally.note(event));
  const github = countGitHub(world);
  const loads = Array.from({ length: options.pools }, (_, index) => {
    const size = Math.floor(options.instances / options.pools) + (index < options.instances % options.pools ? 1 : 0);
    const pool = world.addPool({ name: `pool-${index + 1}`, instances: Math.max(1, Math.round(size / 2)), maxSize: 2 * size });
    const closed = () => options.storms && storms.isDown();
    return new PoolLoad(world, pool, size, options.jobsPerHour, new Random(options.seed * 1000 + index), closed);
  });
  const failures: string[] = [];
  const up = () => loads.every(({ pool }) => pool.inService().length > 0);
  if (!(await world.until(up, BOOT, 10))) failures.push("the pools did not come up");
  if (options.storms) storms.brew(loads);
  for (const load of loads) load.start();
  await world.run(options.hours * 3600);

  for (const load of loads) load.stop();
  if (!(await world.until(() => tally.jobs.queued === ended(tally), DRAIN, 60))) {
    failures.push(`stuck: ${tally.jobs.queued - ended(tally)} jobs never ended`);
  }
  for (const { pool } of loads) void pool.scaleTo(0);
  const empty = () => loads.every(({ pool }) => pool.instances().length === 0);
  if (!(await world.until(empty, DRAIN, 10))) failures.push(`stuck: ${tally.going().length} instances are not gone`);
  // The functions may spend only so many calls an hour: what an event left behind the sweeps find.
  if (!(await world.until(() => world.github.runners().length === 0, SWEEPS, 60))) failures.push("the sweeps left runners behind");
  let destroyed = 0;
  for (const { pool } of loads) void pool.destroy().then(() => destroyed++);
  if (!(await world.until(() => destroyed === loads.length, DRAIN, 10))) {
    failures.push("stuck: a pool was not destroyed");
  }
  const left = [
    ...world.github.runners().map(({ name }) => `runner ${name}`),
    ...world.secrets.names().flatMap((name) => (name.startsWith("ci-runners/") ? [`secret ${name}`] : [])),
  ];
  const result = figures(options, tally, github(), left);
  result.failures.push(...failures, ...verdict(result, tally), ...world.defects.map((defect) => `defect of the stand-in: ${String(defect)}`));
  return result;
}

function ended({ jobs }: Tally): number {
  return jobs.succeeded + jobs.lost + jobs.unheard;
}

/** Requests to the REST API by kind, and how near they came to GitHub's limit. */
function countGitHub(world: SimulatedWorld) {
  const kinds: Record<string, number> = {};
  world.functions.onGitHubCall = (what) => void (kinds[what] = (kinds[what] ?? 0) + 1);
  return () => {
    const { [FREE]: _free, ...counted } = kinds;
    return { total: sum(Object.values(counted)), kinds, ...world.github.rateLimits };
  };
}

function figures(options: SimulationOptions, tally: Tally, github: SimulationResult["calls"]["github"], left: string[]): SimulationResult {
  const hours = tally.instanceMs / HOUR_MS;
  const functions = Object.fromEntries([...tally.functionCalls].sort());
  const { host } = { host: tally.hostCalls };
  const all = sum(Object.values(host)) + sum(Object.values(functions));
  const ofTerminations = sum(Object.entries(functions).flatMap(([what, calls]) => (OF_A_TERMINATION.test(what) ? [calls] : [])));
  // A run that failed for want of GitHub or AWS is made once more, with all its calls.
  const terminations = Math.max(1, tally.instances.terminated + tally.deregisterErrors);
  return {
    options,
    jobs: tally.jobs,
    instances: { ...tally.instances, hours: round(hours) },
    calls: { host, functions, faulted: tally.faulted, github },
    rates: {
      awsPerInstanceHour: round(all / Math.max(1, hours)),
      hostPerJob: round(host.job / Math.max(1, tally.jobs.assigned)),
      perTermination: round((host.termination + ofTerminations) / terminations),
      githubPerInstanceHour: round(github.total / Math.max(1, hours)),
    },
    longestTailSeconds: Math.round(tally.longestTail / 1000),
    functionErrors: tally.functionErrors,
    left,
    failures: [],
  };
}

function verdict({ jobs, calls, rates, longestTailSeconds, left }: SimulationResult, tally: Tally): string[] {
  const failures: string[] = [];
  const fail = (broken: boolean, words: string) => void (broken && failures.push(words));
  fail(jobs.lost > 0, `${jobs.lost} jobs lost: ${tally.losses.join("; ")}`);
  fail(longestTailSeconds > TAIL, `an instance stayed for ${longestTailSeconds} s after nothing kept it, at most ${TAIL} s are allowed`);
  fail(left.length > 0, `${left.length} things left over: ${left.slice(0, 5).join(", ")}`);
  fail(calls.host.idle > 0, `${calls.host.idle} calls to AWS by idle instances, none are allowed`);
  fail(rates.hostPerJob > PER_JOB, `${rates.hostPerJob} calls to AWS per job, at most ${PER_JOB} are allowed`);
  fail(rates.perTermination > PER_TERMINATION, `${rates.perTermination} calls to AWS per termination, at most ${PER_TERMINATION} are allowed`);
  fail(calls.github.refused > 0, `${calls.github.refused} calls to GitHub beyond the ${GITHUB_BUDGET} that an App has in an hour`);
  return failures;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

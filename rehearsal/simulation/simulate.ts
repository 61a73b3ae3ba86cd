import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { SimulationOptions } from "./options";
import { runShard, type Shard, type ShardTotals } from "./shard";
import type { Totals } from "./tally";

/** Everything that is to be known of a simulation; a plain object. */
export interface SimulationResult {
  options: SimulationOptions;
  jobs: Totals["jobs"];
  instances: Totals["instances"] & { hours: number };
  calls: {
    host: Totals["hostCalls"];
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
/** Pools in one thread: few enough for two cores to share ten, enough for their storms to meet. */
const POOLS_IN_A_SHARD = 5;
/** MiB for objects that live for a moment, which here is nearly all of them: fewer of them are then kept by mistake. */
const YOUNG_MIB = 192;
/** Jobs that an instance can run in an hour at the mean duration of the load. More of them wait, and take memory. */
const JOBS_AN_HOUR = 5;
/** Most that an instance may be there once nothing keeps it, in seconds: a storm may hold up its completion. */
const TAIL = 30 * 60;
/** GitHub's limit for one App's installation. */
const GITHUB_BUDGET = 5_000;
const PER_JOB = 2;
const PER_TERMINATION = 4;
/** What the deregister function calls for one termination; GitHub's credentials are read for many, dead letters are Lambda's. */
const OF_A_TERMINATION = /^deregister (?!secretsmanager:GetSecretValue|sqs:)/;

/**
 * More than five pools are shared out among threads, whatever the machine, so that a seed gives the same run on each.
 * Pools have nothing in common but GitHub's hour: each thread gets its part of the calls, which is stricter than one
 * hour for all.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const shards = shardsOf(options);
  const totals = shards.length === 1 ? [await runShard(shards[0]!)] : await Promise.all(shards.map(inThread));
  const result = figures(options, totals);
  result.failures.push(
    ...totals.flatMap(({ failures }) => failures),
    ...verdict(
      result,
      totals.flatMap(({ losses }) => losses),
    ),
  );
  return result;
}

function shardsOf(options: SimulationOptions): Shard[] {
  const number = Math.ceil(options.pools / POOLS_IN_A_SHARD);
  const all = Array.from({ length: options.pools }, (_, index) => index);
  return Array.from({ length: number }, (_, shard) => {
    const pools = all.filter((index) => index % number === shard);
    return { options, pools, rateLimit: Math.floor((GITHUB_BUDGET * pools.length) / options.pools) };
  });
}

/**
 * Limit of a thread's old generation in MiB. Live are 45 MiB of program and 0.02 MiB for each instance with its job, as
 * heap snapshots show; this is two and four times that, so that collections stay rare. Without a limit V8 keeps half a GiB
 * of ended jobs. Jobs that no instance can run wait until the end, at no more than 0.004 MiB each.
 */
function oldMib({ options: { instances, pools: all, hours, jobsPerHour }, pools }: Shard): number {
  const own = (instances / all) * pools.length;
  const waiting = own * hours * Math.max(0, jobsPerHour - JOBS_AN_HOUR);
  return Math.ceil(100 + 0.08 * own + 0.004 * waiting);
}

function inThread(shard: Shard): Promise<ShardTotals> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(__dirname, "shard-worker.ts"), {
      workerData: shard,
      execArgv: ["-r", "ts-node/register"],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB, maxOldGenerationSizeMb: oldMib(shard) },
    });
    worker.once("message", (totals: ShardTotals) => {
      resolve(totals);
      void worker.terminate();
    });
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread of ${shard.pools.length} pools ended with ${code} and no result`)));
  });
}

function figures(options: SimulationOptions, totals: readonly ShardTotals[]): SimulationResult {
  const total = (of: (one: ShardTotals) => number) => sum(totals.map(of));
  const added = <K extends string>(of: (one: ShardTotals) => Record<K, number>) => addUp(totals.map(of));
  const hours = total(({ instanceMs }) => instanceMs) / HOUR_MS;
  const jobs = added((one) => one.jobs);
  const instances = added((one) => one.instances);
  const host = added((one) => one.hostCalls);
  const functions = Object.fromEntries(Object.entries(added((one) => one.functionCalls)).sort());
  const kinds = added((one) => one.github.kinds);
  const calls = sum(Object.values(host)) + sum(Object.values(functions));
  const ofTerminations = sum(Object.entries(functions).flatMap(([what, number]) => (OF_A_TERMINATION.test(what) ? [number] : [])));
  // A run that failed for want of GitHub or AWS is made once more, with all its calls.
  const terminations = Math.max(1, instances.terminated + total(({ deregisterErrors }) => deregisterErrors));
  const github = {
    total: sum(Object.values(kinds)),
    busiest: total((one) => one.github.busiest),
    refused: total((one) => one.github.refused),
    kinds,
  };
  return {
    options,
    jobs,
    instances: { ...instances, hours: round(hours) },
    calls: { host, functions, faulted: total(({ faulted }) => faulted), github },
    rates: {
      awsPerInstanceHour: round(calls / Math.max(1, hours)),
      hostPerJob: round(host.job / Math.max(1, jobs.assigned)),
      perTermination: round((host.termination + ofTerminations) / terminations),
      githubPerInstanceHour: round(github.total / Math.max(1, hours)),
    },
    longestTailSeconds: Math.round(Math.max(...totals.map(({ longestTail }) => longestTail)) / 1000),
    functionErrors: total(({ functionErrors }) => functionErrors),
    left: totals.flatMap(({ left }) => left),
    failures: [],
  };
}

function verdict({ jobs, calls, rates, longestTailSeconds, left }: SimulationResult, losses: readonly string[]): string[] {
  const failures: string[] = [];
  const fail = (broken: boolean, words: string) => void (broken && failures.push(words));
  fail(jobs.lost > 0, `${jobs.lost} jobs lost: ${losses.join("; ")}`);
  fail(longestTailSeconds > TAIL, `an instance stayed for ${longestTailSeconds} s after nothing kept it, at most ${TAIL} s are allowed`);
  fail(left.length > 0, `${left.length} things left over: ${left.slice(0, 5).join(", ")}`);
  fail(calls.host.idle > 0, `${calls.host.idle} calls to AWS by idle instances, none are allowed`);
  fail(rates.hostPerJob > PER_JOB, `${rates.hostPerJob} calls to AWS per job, at most ${PER_JOB} are allowed`);
  fail(
    rates.perTermination > PER_TERMINATION,
    `${rates.perTermination} calls to AWS per termination, at most ${PER_TERMINATION} are allowed`,
  );
  fail(calls.github.refused > 0, `${calls.github.refused} calls to GitHub beyond the ${GITHUB_BUDGET} that an App has in an hour`);
  return failures;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Counts of the same names, added; a name that only some have counts as it is. */
function addUp<K extends string>(counts: readonly Record<K, number>[]): Record<K, number> {
  const result = {} as Record<K, number>;
  for (const one of counts) for (const name of Object.keys(one) as K[]) result[name] = (result[name] ?? 0) + one[name];
  return result;
}

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { brokenBudgets, GITHUB_LIMIT } from "./budgets";
import type { SimulationOptions } from "./options";
import type { SimulationResult } from "./result";
import type { Shard, ShardTotals } from "./shard";

const HOUR_MS = 3_600_000;
/** Pools in one thread: few enough for two cores to share ten, enough for their incidents to overlap. */
const POOLS_PER_SHARD = 5;
/** MiB for short-lived objects, nearly all of them here; with less, more would be promoted to the old generation. */
const YOUNG_MIB = 192;
/** Jobs that an instance can run in an hour at the mean duration of the load. Jobs beyond that wait, and use memory. */
const JOBS_AN_HOUR = 5;
/** The deregister function's calls for a termination, without credential reads (shared by many) and Lambda's dead letters. */
const TERMINATION_CALLS = /^deregister (?!secretsmanager:GetSecretValue|sqs:)/;

/**
 * Five pools at a time run in a thread, on any machine, so that a seed gives the same run everywhere. Pools share nothing
 * but GitHub's hourly limit: each thread gets its share of it, which is stricter than one common limit. This thread only
 * waits, and need not load what the others simulate.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const totals = await Promise.all(shardsOf(options).map(runInThread));
  const result = figures(options, totals);
  result.failures.push(
    ...totals.flatMap(({ failures }) => failures),
    ...brokenBudgets(
      result,
      totals.flatMap(({ losses }) => losses),
    ),
  );
  return result;
}

function shardsOf(options: SimulationOptions): Shard[] {
  const number = Math.ceil(options.pools / POOLS_PER_SHARD);
  const all = Array.from({ length: options.pools }, (_, index) => index);
  return Array.from({ length: number }, (_, shard) => {
    const pools = all.filter((index) => index % number === shard);
    return { options, pools, rateLimit: Math.floor((GITHUB_LIMIT * pools.length) / options.pools) };
  });
}

/**
 * Limit of a thread's old generation in MiB. Live objects take about 45 MiB for the program and 0.02 MiB for each instance
 * with its job, as heap snapshots show; the limit is two to four times that, so that the collector runs rarely. Without a
 * limit V8 keeps half a GiB of ended jobs. Jobs that no instance can run wait until the end, at most 0.004 MiB each.
 */
function oldMib({ options: { instances, pools: all, hours, jobsPerHour }, pools }: Shard): number {
  const own = (instances / all) * pools.length;
  const waiting = own * hours * Math.max(0, jobsPerHour - JOBS_AN_HOUR);
  return Math.ceil(100 + 0.08 * own + 0.004 * waiting);
}

function runInThread(shard: Shard): Promise<ShardTotals> {
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
    worker.once("exit", (code) => reject(new Error(`the thread of ${shard.pools.length} pools exited with code ${code} without a result`)));
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
  const ofTerminations = sum(Object.entries(functions).flatMap(([what, number]) => (TERMINATION_CALLS.test(what) ? [number] : [])));
  // A run that failed because GitHub or AWS was down is repeated, with all its calls.
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Sums the counts by name; a name may be missing from some. */
function addUp<K extends string>(counts: readonly Record<K, number>[]): Record<K, number> {
  const result = {} as Record<K, number>;
  for (const one of counts) for (const name of Object.keys(one) as K[]) result[name] = (result[name] ?? 0) + one[name];
  return result;
}

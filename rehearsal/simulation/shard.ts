import { Random } from "../random";
import { FREE } from "./github-client";
import { PoolLoad } from "./load";
import type { SimulationOptions } from "./options";
import { Incidents } from "./incidents";
import { Tally, type Totals as Counted } from "./tally";
import { SimulatedEnvironment } from "./environment";

/** Some of a simulation's pools, in an environment of their own. */
export interface Shard {
  options: SimulationOptions;
  /** Their indexes among all pools. */
  pools: readonly number[];
  /** Their share of the calls that GitHub allows per hour. */
  rateLimit: number;
}

/** The result of a shard: plain data, because it is posted from another thread. */
export interface ShardTotals extends Counted {
  github: { kinds: Record<string, number>; busiest: number; refused: number };
  left: string[];
  failures: string[];
}

/** Seconds for one launch, or several if calls fail. */
const BOOT = 1_800;
/** Seconds for all jobs to end, and for all instances to terminate. */
const DRAIN = 3 * 3_600;
/** Seconds for the sweeps to delete the remaining runners at GitHub: of ten thousand, they may delete a thousand an hour. */
const SWEEPS = 24 * 3_600;

export async function runShard(shard: Shard): Promise<ShardTotals> {
  const { options, pools, rateLimit } = shard;
  // Each shard has its own seed; otherwise all would have the same day.
  const seed = options.seed * 1000 + pools[0]!;
  const environment = new SimulatedEnvironment({ seed, keepTimeline: false, renewOnDemand: true, github: { keepJobs: false, rateLimit } });
  try {
    return await run(environment, shard);
  } finally {
    await environment.close();
  }
}

async function run(environment: SimulatedEnvironment, { options, pools }: Shard): Promise<ShardTotals> {
  const incidents = new Incidents(environment, options.hours);
  const tally = new Tally((at) => options.storms && incidents.isDown(at));
  environment.timeline.subscribe((event) => tally.note(event));
  const kinds: Record<string, number> = {};
  environment.functions.onGitHubCall = (what) => void (kinds[what] = (kinds[what] ?? 0) + 1);
  const loads = pools.map((index) => {
    const size = Math.floor(options.instances / options.pools) + (index < options.instances % options.pools ? 1 : 0);
    const pool = environment.addPool({ name: `pool-${index + 1}`, instances: Math.max(1, Math.round(size / 2)), maxSize: 2 * size });
    const closed = () => options.storms && incidents.isDown();
    return new PoolLoad(environment, pool, size, options.jobsPerHour, new Random(options.seed * 1000 + index), closed);
  });
  const failures: string[] = [];
  const up = () => loads.every(({ pool }) => pool.inService().length > 0);
  if (!(await environment.until(up, BOOT, 10))) failures.push("not every pool had an instance in service in time");
  if (options.storms) incidents.schedule(loads);
  for (const load of loads) load.start();
  await environment.run(options.hours * 3600);

  for (const load of loads) load.stop();
  if (!(await environment.until(() => tally.jobs.queued === tally.ended, DRAIN, 60))) {
    failures.push(`stuck: ${tally.jobs.queued - tally.ended} jobs never ended`);
  }
  for (const { pool } of loads) void pool.scaleTo(0);
  const empty = () => loads.every(({ pool }) => pool.instances().length === 0);
  if (!(await environment.until(empty, DRAIN, 10))) failures.push(`stuck: ${tally.terminating().length} instances never terminated`);
  // The functions' calls per hour are limited: runners that the events' functions skipped are deleted by the sweeps.
  if (!(await environment.until(() => environment.github.runners().length === 0, SWEEPS, 60)))
    failures.push("the sweeps left runners behind");
  let destroyed = 0;
  for (const { pool } of loads) void pool.destroy().then(() => destroyed++);
  if (!(await environment.until(() => destroyed === loads.length, DRAIN, 10))) failures.push("stuck: a pool was not destroyed");

  failures.push(...environment.defects.map((defect) => `defect of the stand-in: ${String(defect)}`));
  const left = [
    ...environment.github.runners().map(({ name }) => `runner ${name}`),
    ...environment.secrets.names().flatMap((name) => (name.startsWith("ci-runners/") ? [`secret ${name}`] : [])),
  ];
  const { [FREE]: _free, ...counted } = kinds;
  return { ...tally.totals(), github: { kinds: counted, ...environment.github.rateLimits }, left, failures };
}

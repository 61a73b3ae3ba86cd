import type { Job } from "../../github/jobs";
import { type CommonFigures, type EngineFigures, type Spread, spread } from "../../report/common-figures";
import { queueDurations } from "../../report/queue";
import type { TimelineEvent } from "../../timeline";
import { type Life, livesOf, sharedRuns } from "./lives";

/** A run of the scenario, and how it is meant to end. */
export interface PlannedRun {
  /** Such as `app #1`. */
  name: string;
  expected: "success" | "cancelled";
  conclusion: string | undefined;
}

/** What the rehearsal of a machine that sleeps between runs measured. */
export interface PersistentFigures extends Omit<CommonFigures, "drain"> {
  lease: boolean;
  runs: number;
  /** Power-ons for runs: without that of the machine's creation. */
  starts: number;
  /** Power-offs after these. */
  stops: number;
  /** Runs that had the machine together with another one. */
  sharedRuns: number;
  /** 1 if the machine ran on after the last run. */
  leftRunning: number;
  /** Builds that found the caches of an earlier one. */
  cacheHits: number;
  /** Milliseconds from a power-on for a run to the machine's first job. */
  readyMs: Spread;
  /** What destroy keeps on purpose: the cache volume. */
  retained: string[];
}

export interface PersistentMeasurements {
  stack: string;
  seed: number;
  hosts: "systemd" | "simulated";
  lease: boolean;
  events: readonly TimelineEvent[];
  jobs: readonly Readonly<Job>[];
  runs: readonly PlannedRun[];
  leftRunning: number;
  cacheHits: number;
  apiCalls: CommonFigures["apiCalls"];
  denied: CommonFigures["denied"];
  leftovers: string[];
  /** Id of the cache volume. */
  cacheVolume?: string;
  engine: EngineFigures;
  /** Errors of the scenario itself. */
  errors: string[];
}

export function persistentFigures(measured: PersistentMeasurements): PersistentFigures {
  const { events, jobs, cacheVolume } = measured;
  const onMachine = new Map(jobs.flatMap((job) => (job.spec.hosted ? [] : [[job.id, String(job.run.id)]])));
  const [, ...lives] = livesOf(events, (job) => onMachine.get(job));
  const isRetained = (left: string) => cacheVolume !== undefined && left.endsWith(` ${cacheVolume}`);
  const figures: PersistentFigures = {
    stack: measured.stack,
    seed: measured.seed,
    hosts: measured.hosts,
    lease: measured.lease,
    jobs: countJobs(jobs),
    queueMs: spread(queueDurations(events)),
    runs: measured.runs.length,
    starts: lives.length,
    stops: lives.filter(({ ended }) => ended?.state === "stopped").length,
    sharedRuns: sharedRuns(lives),
    leftRunning: measured.leftRunning,
    cacheHits: measured.cacheHits,
    readyMs: spread(lives.flatMap((life) => readyTime(life, events, onMachine))),
    apiCalls: measured.apiCalls,
    denied: measured.denied,
    leftovers: measured.leftovers.filter((left) => !isRetained(left)),
    retained: measured.leftovers.filter(isRetained),
    engine: measured.engine,
    drift: [],
    failures: [],
  };
  figures.failures = [...measured.errors, ...failuresOf(figures, lives, measured)];
  return figures;
}

/** A user's cancellation is no loss, and a skipped job none at all. */
function countJobs(jobs: readonly Readonly<Job>[]): CommonFigures["jobs"] {
  const ran = jobs.filter(({ state }) => state !== "skipped");
  const inState = (...states: Job["state"][]) => ran.filter(({ state }) => states.includes(state)).length;
  return {
    queued: ran.length,
    started: ran.filter(({ acquiredAt }) => acquiredAt !== undefined).length,
    succeeded: inState("succeeded"),
    lost: inState("lost", "failed"),
    requeued: ran.reduce((sum, { requeues }) => sum + requeues, 0),
    unfinished: inState("waiting", "queued", "assigned", "acquired"),
  };
}

function readyTime({ startedAt, ended }: Life, events: readonly TimelineEvent[], onMachine: ReadonlyMap<string, string>): number[] {
  const first = events.find(
    (event) =>
      event.kind === "job" &&
      event.change === "acquired" &&
      onMachine.has(event.job) &&
      event.at >= startedAt &&
      event.at <= (ended?.at ?? Infinity),
  );
  return first === undefined ? [] : [first.at - startedAt];
}

function failuresOf(f: PersistentFigures, lives: readonly Life[], { runs }: PersistentMeasurements): string[] {
  const failures = runs.flatMap(({ name, expected, conclusion }) =>
    conclusion === expected ? [] : [`the run ${name} ended as ${conclusion ?? "unfinished"} instead of ${expected}`],
  );
  if (f.jobs.lost > 0) failures.push(`${f.jobs.lost} of ${f.jobs.started} jobs lost`);
  if (f.jobs.unfinished > 0) failures.push(`${f.jobs.unfinished} jobs never ended`);
  if (f.sharedRuns > 0) failures.push(`${f.sharedRuns} runs shared the machine`);
  if (f.leftRunning > 0) failures.push("the machine was left running");
  if (f.starts > f.stops) failures.push(`${f.starts} starts, but ${f.stops} stops`);
  if (f.cacheHits === 0) failures.push("no build found the cache of an earlier one");
  const instances = new Set(lives.map(({ instance }) => instance));
  if (instances.size > 1) failures.push(`the machine was replaced: ${[...instances].join(", ")}`);
  if (f.retained.length === 0) failures.push("destroy did not keep the cache volume");
  if (f.denied.length > 0) failures.push(`${f.denied.length} calls denied by IAM`);
  if (f.leftovers.length > 0) failures.push(`${f.leftovers.length} resources left over after destroy`);
  if (f.engine.secondUpChanges > 0) failures.push(`a second up changed ${f.engine.secondUpChanges} resources`);
  return failures;
}

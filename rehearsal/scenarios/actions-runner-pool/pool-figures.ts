import { type CommonFigures, countJobs, type EngineFigures, hookDurations, type Spread, spread } from "../../report/common-figures";
import { queueDurations } from "../../report/queue";
import type { TimelineEvent } from "../../timeline";
import type { DemandFigures } from "./demand-figures";
import { type TeamFigures, teamFailures } from "./team-figures";
import { type Termination, terminations } from "./terminations";

/** One scale-in that the scenario requested, and the instance that Auto Scaling chose for it. */
export interface ScaleIn {
  how: "terminate" | "desired-capacity";
  instance?: string;
}

/** What the rehearsal of a pool measured. */
export interface PoolFigures extends CommonFigures, Partial<DemandFigures>, TeamFigures {
  scaleIns: { requested: number; completed: number; stuck: number; hitBusy: number };
  /** Every drain of the run: scale-ins, the instance refresh after a change, and destroy. */
  terminations: { started: number; finished: number; hitBusy: number };
  /** Milliseconds. */
  latencyMs: { detect: Spread; tail: Spread; hookStarted: Spread };
}

export interface PoolMeasurements {
  stack: string;
  seed: number;
  hosts: "systemd" | "simulated";
  drain: boolean;
  events: readonly TimelineEvent[];
  scaleIns: readonly ScaleIn[];
  terminateHook: string;
  apiCalls: Record<string, Record<string, number>>;
  denied: { principal: string; action: string; resource: string }[];
  leftovers: string[];
  engine: EngineFigures;
  drift: string[];
  /** Of the machines' features. */
  team?: TeamFigures;
  /** Absent if the pool does not follow its queue. */
  demand?: DemandFigures;
  /** Errors of the scenario itself. */
  errors: string[];
}

export function poolFigures(measured: PoolMeasurements): PoolFigures {
  const { events } = measured;
  const jobs = countJobs(events);
  const drains = terminations(events, measured.terminateHook);
  const requested = measured.scaleIns.map((scaleIn) => drains.find((drain) => drain.instance === scaleIn.instance));
  const completed = requested.filter((drain) => drain?.goneAt !== undefined).length;
  const result: PoolFigures = {
    stack: measured.stack,
    seed: measured.seed,
    hosts: measured.hosts,
    drain: measured.drain,
    jobs,
    queueMs: spread(queueDurations(events)),
    scaleIns: {
      requested: measured.scaleIns.length,
      completed,
      stuck: measured.scaleIns.length - completed,
      hitBusy: requested.filter((drain) => drain?.busy).length,
    },
    terminations: {
      started: drains.length,
      finished: drains.filter((drain) => drain.goneAt !== undefined).length,
      hitBusy: drains.filter((drain) => drain.busy).length,
    },
    latencyMs: {
      detect: spread(drains.flatMap((drain) => (drain.begunAt === undefined ? [] : [drain.begunAt - drain.waitAt]))),
      tail: spread(drains.flatMap((drain) => tailOf(drain))),
      hookStarted: spread(hookDurations(events)),
    },
    apiCalls: measured.apiCalls,
    denied: measured.denied,
    leftovers: measured.leftovers,
    engine: measured.engine,
    drift: measured.drift,
    ...measured.demand,
    ...measured.team,
    failures: [],
  };
  result.failures = [...measured.errors, ...failuresOf(result)];
  return result;
}

function failuresOf(f: PoolFigures): string[] {
  const failures: string[] = [];
  if (f.jobs.lost > 0) failures.push(`${f.jobs.lost} of ${f.jobs.started} jobs lost`);
  if (f.jobs.unfinished > 0) failures.push(`${f.jobs.unfinished} jobs neither succeeded nor failed`);
  if (f.scaleIns.stuck > 0) failures.push(`${f.scaleIns.stuck} of ${f.scaleIns.requested} scale-ins stuck`);
  const unfinished = f.terminations.started - f.terminations.finished;
  if (unfinished > 0 && f.scaleIns.stuck === 0) failures.push(`${unfinished} instances never left Terminating:Wait`);
  if (f.denied.length > 0) failures.push(`${f.denied.length} calls denied by IAM`);
  if (f.leftovers.length > 0) failures.push(`${f.leftovers.length} resources left over after destroy`);
  if (f.engine.secondUpChanges > 0) failures.push(`a second up changed ${f.engine.secondUpChanges} resources`);
  if (f.lostDeliveries === 0) failures.push("the reconciliation did not find the delivery that was lost");
  if (f.scaler?.peak === 0) failures.push("the pool did not follow its queue");
  if (f.drift.length > 0) failures.push(`refresh found drift in ${f.drift.length} resources`);
  return [...failures, ...teamFailures(f)];
}

/** Name of the pool's terminate hook, as the group used it. */
export function terminateHookOf(events: readonly TimelineEvent[]): string {
  const opened = events.find((event) => event.kind === "action-opened" && event.transition === "autoscaling:EC2_INSTANCE_TERMINATING");
  return opened?.kind === "action-opened" ? opened.hook : "";
}

/** Time from the last job's end to the completed action; empty for an instance that was idle. */
function tailOf(drain: Termination): number[] {
  return drain.lastJobEndAt === undefined || drain.completedAt === undefined ? [] : [drain.completedAt - drain.lastJobEndAt];
}

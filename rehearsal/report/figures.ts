import { LOG } from "../../contract/actions-runner-pool/host";
import type { TimelineEvent } from "../timeline";

/** One scale-in that the scenario asked for, and the instance that Auto Scaling chose for it. */
export interface ScaleIn {
  how: "terminate" | "desired-capacity";
  instance?: string;
}

export interface EngineFigures {
  version: string;
  resources: number;
  /** Operations other than `same` in an `up` with nothing to change. */
  secondUpChanges: number;
  /** As the engine itself reported them. */
  seconds: { preview: number; up: number; destroy: number };
}

export interface Spread {
  p50: number;
  p99: number;
  max: number;
  count: number;
}

/** What a rehearsal measured; written as is to the `--json` file. */
export interface Figures {
  stack: string;
  seed: number;
  hosts: "systemd" | "simulated";
  drain: boolean;
  jobs: { queued: number; started: number; succeeded: number; lost: number; requeued: number; unfinished: number };
  scaleIns: { requested: number; completed: number; stuck: number; hitBusy: number };
  /** Every drain of the run: scale-ins, the refresh after a change, and destroy. */
  terminations: { started: number; finished: number; hitBusy: number };
  /** Milliseconds. */
  latencyMs: { detect: Spread; tail: Spread; hookStarted: Spread };
  /** Calls by principal, then by action. */
  apiCalls: Record<string, Record<string, number>>;
  denied: { principal: string; action: string; resource: string }[];
  leftovers: string[];
  engine: EngineFigures;
  /** Drift that `refresh` found and that is not scaling's own doing. */
  drift: string[];
  /** Why the exit code is not 0; empty when all is well. */
  failures: string[];
}

export interface Measured {
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
  /** What broke the scenario itself, if anything did. */
  errors: string[];
}

export function figures(measured: Measured): Figures {
  const { events } = measured;
  const jobs = countJobs(events);
  const drains = terminations(events, measured.terminateHook);
  const asked = measured.scaleIns.map((scaleIn) => drains.find((drain) => drain.instance === scaleIn.instance));
  const completed = asked.filter((drain) => drain?.goneAt !== undefined).length;
  const result: Figures = {
    stack: measured.stack,
    seed: measured.seed,
    hosts: measured.hosts,
    drain: measured.drain,
    jobs,
    scaleIns: {
      requested: measured.scaleIns.length,
      completed,
      stuck: measured.scaleIns.length - completed,
      hitBusy: asked.filter((drain) => drain?.busy).length,
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
    failures: [],
  };
  result.failures = [...measured.errors, ...verdict(result)];
  return result;
}

function verdict(f: Figures): string[] {
  const failures: string[] = [];
  if (f.jobs.lost > 0) failures.push(`${f.jobs.lost} of ${f.jobs.started} jobs lost`);
  if (f.jobs.unfinished > 0) failures.push(`${f.jobs.unfinished} jobs neither succeeded nor failed`);
  if (f.scaleIns.stuck > 0) failures.push(`${f.scaleIns.stuck} of ${f.scaleIns.requested} scale-ins stuck`);
  const hanging = f.terminations.started - f.terminations.finished;
  if (hanging > 0 && f.scaleIns.stuck === 0) failures.push(`${hanging} instances never left Terminating:Wait`);
  if (f.denied.length > 0) failures.push(`${f.denied.length} calls denied by IAM`);
  if (f.leftovers.length > 0) failures.push(`${f.leftovers.length} things left over after destroy`);
  if (f.engine.secondUpChanges > 0) failures.push(`a second up changed ${f.engine.secondUpChanges} resources`);
  if (f.drift.length > 0) failures.push(`refresh found drift in ${f.drift.length} resources`);
  return failures;
}

/** Name of the pool's terminate hook, as the group itself used it. */
export function terminateHookOf(events: readonly TimelineEvent[]): string {
  const opened = events.find((event) => event.kind === "action-opened" && event.transition === "autoscaling:EC2_INSTANCE_TERMINATING");
  return opened?.kind === "action-opened" ? opened.hook : "";
}

/** One passage through Terminating:Wait of an instance that had been in service. */
export interface Termination {
  instance: string;
  /** When Auto Scaling set Terminating:Wait. */
  waitAt: number;
  /** When the host's drain began, by its own log. */
  begunAt?: number;
  /** The job in flight at `waitAt`, or taken after it. */
  busy: boolean;
  lastJobEndAt?: number;
  completedAt?: number;
  goneAt?: number;
}

export function terminations(events: readonly TimelineEvent[], terminateHook: string): Termination[] {
  const drains: Termination[] = [];
  const open = new Map<string, Termination>();
  const running = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.kind === "job" && event.instance) {
      const jobs = running.get(event.instance) ?? new Set();
      running.set(event.instance, jobs);
      const drain = open.get(event.instance);
      if (event.change === "acquired") {
        jobs.add(event.job);
        if (drain) drain.busy = true;
      }
      if (event.change === "succeeded" || event.change === "failed" || event.change === "lost") {
        jobs.delete(event.job);
        if (drain) drain.lastJobEndAt = event.at;
      }
      continue;
    }
    if (event.kind === "instance-state" && event.state === "Terminating:Wait") {
      const drain = { instance: event.instance, waitAt: event.at, busy: (running.get(event.instance)?.size ?? 0) > 0 };
      open.set(event.instance, drain);
      drains.push(drain);
      continue;
    }
    if (event.kind === "scenario" || event.kind === "function-run" || event.kind === "denied") continue;
    const drain = event.instance === undefined ? undefined : open.get(event.instance);
    if (!drain) continue;
    if (event.kind === "host-log" && event.message === LOG.drainBegun) drain.begunAt ??= event.at;
    if (event.kind === "action-closed" && event.hook === terminateHook) drain.completedAt ??= event.at;
    if (event.kind === "instance-state" && event.state === "Terminated") {
      drain.goneAt = event.at;
      open.delete(event.instance);
    }
  }
  return drains;
}

/** Last job's end to the completed action; says nothing about an instance that was idle. */
function tailOf(drain: Termination): number[] {
  return drain.lastJobEndAt === undefined || drain.completedAt === undefined ? [] : [drain.completedAt - drain.lastJobEndAt];
}

function countJobs(events: readonly TimelineEvent[]): Figures["jobs"] {
  const seen = (change: string) => new Set(events.flatMap((e) => (e.kind === "job" && e.change === change ? [e.job] : [])));
  const succeeded = seen("succeeded");
  const lost = new Set([...seen("lost"), ...seen("failed")]);
  const queued = seen("queued");
  return {
    queued: queued.size,
    started: seen("acquired").size,
    succeeded: [...succeeded].filter((job) => !lost.has(job)).length,
    lost: lost.size,
    requeued: events.filter((e) => e.kind === "job" && e.change === "requeued").length,
    unfinished: [...queued].filter((job) => !succeeded.has(job) && !lost.has(job)).length,
  };
}

function hookDurations(events: readonly TimelineEvent[]): number[] {
  const begun = new Map<string, number>();
  const durations: number[] = [];
  for (const event of events) {
    if (event.kind !== "job") continue;
    if (event.change === "hook-started") begun.set(event.job, event.at);
    const start = begun.get(event.job);
    if (event.change !== "hook-ended" || start === undefined) continue;
    durations.push(event.at - start);
    begun.delete(event.job);
  }
  return durations;
}

/** Nearest-rank percentiles; all zero when nothing was measured. */
export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (p: number) => Math.round(sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? 0);
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1), count: sorted.length };
}

import type { TimelineEvent } from "../timeline";

export interface EngineFigures {
  version: string;
  resources: number;
  /** Operations other than `same` in an `up` without changes. */
  secondUpChanges: number;
  /** Durations reported by the engine. */
  seconds: { preview: number; up: number; destroy: number };
}

export interface Spread {
  p50: number;
  p95: number;
  p99: number;
  max: number;
  count: number;
}

/** What every rehearsal measures; a scenario adds its own figures. */
export interface CommonFigures {
  stack: string;
  seed: number;
  hosts: "systemd" | "simulated";
  drain: boolean;
  jobs: { queued: number; started: number; succeeded: number; lost: number; requeued: number; unfinished: number };
  /** Milliseconds from queued to acquired by a runner, of the jobs that started. */
  queueMs: Spread;
  /** Calls by principal, then by action. */
  apiCalls: Record<string, Record<string, number>>;
  denied: { principal: string; action: string; resource: string }[];
  leftovers: string[];
  engine: EngineFigures;
  /** Drift that `refresh` found and that scaling did not cause. */
  drift: string[];
  /** Why the exit code is not 0; empty on success. */
  failures: string[];
}

export function countJobs(events: readonly TimelineEvent[]): CommonFigures["jobs"] {
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

/** Milliseconds that the job-started hook took for each job. */
export function hookDurations(events: readonly TimelineEvent[]): number[] {
  const startedAt = new Map<string, number>();
  const durations: number[] = [];
  for (const event of events) {
    if (event.kind !== "job") continue;
    if (event.change === "hook-started") startedAt.set(event.job, event.at);
    const start = startedAt.get(event.job);
    if (event.change !== "hook-ended" || start === undefined) continue;
    durations.push(event.at - start);
    startedAt.delete(event.job);
  }
  return durations;
}

/** Nearest-rank percentiles; all zero if nothing was measured. */
export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (p: number) => Math.round(sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? 0);
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1), count: sorted.length };
}

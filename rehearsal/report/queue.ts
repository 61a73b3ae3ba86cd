import type { TimelineEvent } from "../timeline";

/** The number of waiting jobs from this moment on. */
export interface WaitingStep {
  at: number;
  waiting: number;
}

/** What takes a job out of the queue; one that is cancelled there fails without having started. */
const LEAVES = new Set(["acquired", "succeeded", "failed", "lost"]);
const ENTERS = new Set(["queued", "requeued"]);

/** Milliseconds from queued to acquired. A job that came back to the queue has started once, with its first runner. */
export function queueDurations(events: readonly TimelineEvent[]): number[] {
  const queuedAt = new Map<string, number>();
  const durations: number[] = [];
  for (const event of events) {
    if (event.kind !== "job") continue;
    if (event.change === "queued") queuedAt.set(event.job, event.at);
    const queued = queuedAt.get(event.job);
    if (event.change !== "acquired" || queued === undefined) continue;
    durations.push(event.at - queued);
    queuedAt.delete(event.job);
  }
  return durations;
}

/** The length of the queue over time: a step for each change. */
export function waitingSteps(events: readonly TimelineEvent[]): WaitingStep[] {
  const waiting = new Set<string>();
  const steps: WaitingStep[] = [];
  for (const event of events) {
    if (event.kind !== "job") continue;
    const before = waiting.size;
    if (ENTERS.has(event.change)) waiting.add(event.job);
    if (LEAVES.has(event.change)) waiting.delete(event.job);
    if (waiting.size !== before) steps.push({ at: event.at, waiting: waiting.size });
  }
  return steps;
}

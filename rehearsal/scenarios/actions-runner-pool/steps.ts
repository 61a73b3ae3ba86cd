import type { EngineResult } from "../../environment/engine-controller";
import type { PlannedJob } from "./job-plan";
import type { PoolContext } from "./pool-context";

/** What the phases of the scenario have in common. */

export function queue(context: PoolContext, jobs: readonly PlannedJob[]): void {
  for (const job of jobs) job.id = context.jobs.queue(job);
  if (jobs.length > 0) note(context, `queued ${jobs.length} job(s)`);
}

/** In service, with the steps of a job running. */
export function busy(context: PoolContext): string[] {
  return context.group.inService().filter((instance) => context.jobs.runningOn(instance) !== undefined);
}

export function ended(context: PoolContext, jobs: readonly PlannedJob[]): boolean {
  const over = new Set(
    context.timeline.events.flatMap((event) =>
      event.kind === "job" && ["succeeded", "failed", "lost"].includes(event.change) ? [event.job] : [],
    ),
  );
  return jobs.every((job) => job.id !== undefined && over.has(job.id));
}

export function gone(context: PoolContext, instance: string): boolean {
  return context.timeline.events.some(
    (event) => event.kind === "instance-state" && event.instance === instance && event.state === "Terminated",
  );
}

export function longest(context: PoolContext): number {
  return context.options.jobSeconds.max;
}

export function changed(result: EngineResult): number {
  return Object.entries(result.changes).reduce((sum, [operation, n]) => (operation === "same" ? sum : sum + n), 0);
}

export function describe(result: EngineResult): string {
  return Object.entries(result.changes)
    .map(([operation, n]) => `${n} ${operation}`)
    .join(", ");
}

export function note(context: PoolContext, line: string): void {
  context.timeline.record({ kind: "scenario", message: line });
  context.say(line);
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Demand } from "../../shared/demand/source";
import type { Observer } from "../../shared/lambda/observer";
import type { FleetView } from "./fleet";
import type { LaunchNews } from "./launches";
import type { ScalerMemory } from "./memory";
import type { Decision } from "./policy/types";

/** Longest time for which an instance that is idle now counts as idle before: without passes, its jobs are not known. */
const LONGEST_GAP_MS = 5 * 60_000;

/** What a pass has read and decided. What could not be read is undefined, and gives no metric. */
export interface Measured {
  now: number;
  memory: ScalerMemory;
  demand: Demand | undefined;
  fleet: FleetView;
  launches: LaunchNews | undefined;
  decision: Decision;
}

/** Publishes the metrics of a pass. @returns the running jobs whose wait is measured now, for the memory. */
export function measure({ now, memory, demand, fleet, launches, decision }: Measured, { count }: Pick<Observer, "count">): string[] {
  count(SCALE_METRIC.scalerPasses);
  const inService = fleet.instances.filter(({ phase }) => phase === "in service");
  const idle = inService.filter(({ busy }) => !busy).length;
  count(SCALE_METRIC.inService, inService.length);
  count(SCALE_METRIC.idleRunners, idle);
  count(SCALE_METRIC.wantedRunners, decision.wanted);
  const elapsed = Math.min(Math.max(now - (memory.passedAt ?? now), 0), LONGEST_GAP_MS);
  count(SCALE_METRIC.idleInstanceHours, (idle * elapsed) / 3600_000);
  if (fleet.launched !== undefined) count(SCALE_METRIC.launches, fleet.launched);
  if (launches) count(SCALE_METRIC.failedLaunches, launches.failed);
  for (const seconds of launches?.boots.values() ?? []) count(SCALE_METRIC.bootToOnline, seconds, "Seconds");
  return demand ? measureQueue(now, demand, memory, decision, count) : [...memory.measured];
}

function measureQueue(
  now: number,
  { waiting, running, completeAt }: Demand,
  memory: ScalerMemory,
  decision: Decision,
  count: Observer["count"],
) {
  count(SCALE_METRIC.waitingJobs, waiting.length);
  const oldest = waiting.reduce((earliest, { since }) => Math.min(earliest, since), now);
  count(SCALE_METRIC.longestWait, (now - oldest) / 1000, "Seconds");
  count(SCALE_METRIC.runningJobs, running.length);
  if (completeAt > 0) count(SCALE_METRIC.sourceAge, Math.max(now - completeAt, 0) / 1000, "Seconds");
  const causes = waiting.map(({ id }) => decision.causes[id]);
  for (const [cause, metric] of Object.entries(WAIT_CAUSE_METRIC)) count(metric, causes.filter((one) => one === cause).length);
  const measured = new Set(memory.measured);
  for (const { id, since, queuedAt } of running) {
    // GitHub's times have whole seconds, and a clock may be behind: never below zero.
    if (queuedAt !== undefined && !measured.has(id)) count(SCALE_METRIC.queueTime, Math.max(since - queuedAt, 0) / 1000, "Seconds");
  }
  return running.map(({ id }) => id);
}

import { SCALE_METRIC } from "../../../contract/actions-runner-pool/metrics";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import type { DataPoint } from "../../aws/cloudwatch/metrics";
import type { TimelineEvent } from "../../timeline";
import type { DemandOutcome } from "./follow-queue";

/** How the pool followed its queue. */
export interface DemandFigures {
  /** Deliveries that GitHub could not make and that the reconciliation asked for again. */
  lostDeliveries: number;
  scaler: {
    passes: number;
    /** Calls and reads that failed; a later pass repeated them. */
    errors: number;
    launches: number;
    /** Most instances in service at once; there were none before and after. */
    peak: number;
    /** From the update that added the source of demand until the pool was empty again. */
    seconds: number;
  };
}

/** @param points all metrics of the run. */
export function demandFigures(outcome: DemandOutcome, events: readonly TimelineEvent[], points: readonly DataPoint[]): DemandFigures {
  const { begunAt, endedAt } = outcome;
  // Only this phase has a source of demand, so all points of its metrics are of the phase.
  const total = (metric: string) => points.filter(({ name }) => name === metric).reduce((sum, { value, count }) => sum + value * count, 0);
  const during = events.filter(({ at }) => at >= begunAt && at <= endedAt);
  return {
    lostDeliveries: total(SOURCE_METRIC.lostDeliveries),
    scaler: {
      passes: total(SCALE_METRIC.scalerPasses),
      errors: total(SCALE_METRIC.scalerErrors),
      launches: launched(during).size,
      peak: peakInService(during),
      seconds: Math.round((endedAt - begunAt) / 1000),
    },
  };
}

/** Instances that were launched into the group; in the warm pool they are `Warmed:Pending`. */
function launched(events: readonly TimelineEvent[]): Set<string> {
  return new Set(events.flatMap((event) => (event.kind === "instance-state" && event.state === "Pending" ? [event.instance] : [])));
}

/** For the table and the report. */
export function lostDeliveriesText(count = 0): string {
  return `${count} lost ${count === 1 ? "delivery" : "deliveries"}`;
}

/** Of instances that entered service meanwhile: those of before only leave. */
function peakInService(events: readonly TimelineEvent[]): number {
  const inService = new Set<string>();
  let peak = 0;
  for (const event of events) {
    if (event.kind !== "instance-state") continue;
    if (event.state === "InService") inService.add(event.instance);
    else inService.delete(event.instance);
    peak = Math.max(peak, inService.size);
  }
  return peak;
}

import { TIMING } from "../../contract/actions-runner-pool/timing";
import { DEMAND_EVENT, type DemandEventDetail } from "../../contract/workflow-jobs/demand-event";
import type { EventTrigger } from "../shared/event-trigger";
import type { PoolSettings } from "./settings";

/** What invokes the scale function of a pool with a source of demand. Both are repeated within a minute, so neither is retried for long. */
export interface ScaleTrigger extends Omit<EventTrigger, "eventPattern"> {
  /** Matches the signals of one source. */
  eventPattern?: (workflowJobs: string) => string;
}

export function scaleTriggers({ names, poolName }: PoolSettings): ScaleTrigger[] {
  return [
    {
      suffix: "demand",
      rule: names.demandRule,
      description: "the demand for the pool has changed",
      eventPattern: (workflowJobs) => demandPattern({ workflowJobs, pool: poolName }),
      maximumEventAge: TIMING.shortestEventAge,
      maximumRetries: 1,
    },
    {
      suffix: "scale",
      rule: names.scaleRule,
      description: "schedule of the scaler, which sees what signals missed",
      scheduleExpression: TIMING.scaleInterval === 60 ? "rate(1 minute)" : `rate(${TIMING.scaleInterval / 60} minutes)`,
      maximumEventAge: TIMING.shortestEventAge,
      maximumRetries: 1,
    },
  ];
}

function demandPattern({ workflowJobs, pool }: DemandEventDetail): string {
  return JSON.stringify({
    source: [DEMAND_EVENT.source],
    "detail-type": [DEMAND_EVENT.detailType],
    detail: { workflowJobs: [workflowJobs], pool: [pool] },
  });
}

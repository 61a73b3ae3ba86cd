import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import type { WorkflowJobsSettings } from "./settings";

export type FunctionKey = "setup" | "webhook" | "reconcile";

/** The settings in which the functions differ. */
export interface FunctionSettings {
  functionName: string;
  description: string;
  /** MB. The share of a processor grows with it. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  /** Lambda's own retries of an asynchronous invocation. */
  retries: number;
  /** Seconds for which Lambda retries an asynchronous invocation. */
  maximumEventAge: number;
}

/** Seconds; the shortest that Lambda accepts, for functions that no event invokes. */
const SHORTEST_EVENT_AGE = 60;

export function functionSettings({ names, workflowJobsName }: WorkflowJobsSettings): Record<FunctionKey, FunctionSettings> {
  return {
    setup: {
      functionName: names.setupFunction,
      description: `${workflowJobsName}: checks the App, owns its webhook and rotates the secret`,
      memorySize: 256,
      timeout: DEMAND_TIMING.setupTimeout,
      retries: 0,
      maximumEventAge: SHORTEST_EVENT_AGE,
    },
    webhook: {
      functionName: names.webhookFunction,
      description: `${workflowJobsName}: records the jobs that GitHub delivers`,
      // A cold start must leave GitHub's 10 s untouched.
      memorySize: 512,
      timeout: DEMAND_TIMING.webhookTimeout,
      retries: 0,
      maximumEventAge: SHORTEST_EVENT_AGE,
    },
    reconcile: {
      functionName: names.reconcileFunction,
      description: `${workflowJobsName}: repairs what deliveries missed`,
      memorySize: 512,
      timeout: DEMAND_TIMING.reconcileTimeout,
      // The next reconciliation is the retry.
      retries: 0,
      maximumEventAge: DEMAND_TIMING.reconcileInterval,
    },
  };
}

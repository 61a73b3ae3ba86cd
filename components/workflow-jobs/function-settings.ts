import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import { type FunctionSettings, SHORTEST_EVENT_AGE } from "../shared/function-settings";
import type { WorkflowJobsSettings } from "./settings";

export type FunctionKey = "setup" | "webhook" | "reconcile";

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

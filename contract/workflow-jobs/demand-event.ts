/**
 * The event that the webhook and the reconciler put on the account's default bus when the demand for a pool changes, and that the
 * pool's rule matches. Best effort, like every event: the pool's scaler also runs on a schedule.
 */
export const DEMAND_EVENT = { source: "ci-runners.workflow-jobs", detailType: "Demand Changed" } as const;

export interface DemandEventDetail {
  /** Name of the WorkflowJobs component. */
  workflowJobs: string;
  pool: string;
}

/** Metrics that the source's functions emit and that its alarms watch. Dimension: WorkflowJobs. */
export const WORKFLOW_JOBS_DIMENSION = "WorkflowJobs";

export const SOURCE_METRIC = {
  /** Count: deliveries accepted and applied. */
  deliveries: "Deliveries",
  /** Count: deliveries refused because their signature is wrong or absent. */
  refusedDeliveries: "RefusedDeliveries",
  /** Count: deliveries with a valid signature whose content is not what GitHub documents. */
  malformedDeliveries: "MalformedDeliveries",
  /** Count: deliveries that could not be recorded; GitHub counts them as failed, and the reconciler requests them again. */
  deliveryErrors: "DeliveryErrors",
  /** Count: signals to a pool's scaler that failed; the scaler's schedule makes up for each within a minute. */
  signalErrors: "SignalErrors",
  /** Count per reconciliation: deliveries that GitHub reports as failed and that were requested again. */
  lostDeliveries: "LostDeliveries",
  /** Count per reconciliation: jobs whose row differed from what GitHub says, and was corrected. */
  repairedJobs: "RepairedJobs",
  /** Count per reconciliation: jobs that are ours and that no pool serves. */
  unservedJobs: "UnservedJobs",
  /** Count per reconciliation: runs that were run again because GitHub had not assigned one of their jobs. */
  rerunRuns: "RerunRuns",
  /** Count per reconciliation: 1 if the webhook points elsewhere or lacks the event, else 0. */
  foreignWebhook: "ForeignWebhook",
  /** Count: reconciliations that succeeded. Its absence is the dead-man's signal of the schedule. */
  reconciliations: "Reconciliations",
  /** Count: reconciliations, or parts of one, that failed. */
  reconcileErrors: "ReconcileErrors",
  /** Count per reconciliation: calls of GitHub's REST API. */
  gitHubCalls: "GitHubCalls",
} as const;

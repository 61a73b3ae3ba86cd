/** Physical names of one WorkflowJobs component, derived from its name in one place. */
export interface WorkflowJobsNames {
  readonly table: string;
  readonly webhookFunction: string;
  readonly reconcileFunction: string;
  readonly setupFunction: string;
  readonly reconcileRule: string;
  readonly deadLetterQueue: string;
  /** Name of the secret with the webhook's secrets. Outside `ci-runners/`, where each pool's sweep removes what no instance owns. */
  readonly webhookSecret: string;
}

export function workflowJobsNames(name: string): WorkflowJobsNames {
  return {
    table: name,
    webhookFunction: `${name}-webhook`,
    reconcileFunction: `${name}-reconcile`,
    setupFunction: `${name}-setup`,
    reconcileRule: `${name}-reconcile`,
    deadLetterQueue: `${name}-dead-letters`,
    webhookSecret: `ci-runners-webhook/${name}`,
  };
}

/** On every resource of a WorkflowJobs component. */
export const WORKFLOW_JOBS_TAG = "ci-runners:workflow-jobs";

/**
 * AWS's limit on the length of each name, in characters. DynamoDB tables: 3 to 255; Lambda functions and EventBridge rules: 64;
 * SQS queues: 80; secrets: 512.
 */
export const WORKFLOW_JOBS_NAME_LIMITS: Readonly<Record<keyof WorkflowJobsNames, number>> = {
  table: 255,
  webhookFunction: 64,
  reconcileFunction: 64,
  setupFunction: 64,
  reconcileRule: 64,
  deadLetterQueue: 80,
  webhookSecret: 512,
};

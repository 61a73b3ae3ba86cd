import type { WorkflowJobsArgs } from "../../../components";

export const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:github-app-AbCdEf";

/** Minimal arguments of a valid source, with the changes that a test needs. */
export function jobsArgs(changes: Partial<WorkflowJobsArgs> = {}): WorkflowJobsArgs {
  return { github: { organization: "example-org", app: { id: "100001", privateKeySecretArn: SECRET_ARN } }, ...changes };
}

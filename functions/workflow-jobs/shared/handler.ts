import { WORKFLOW_JOBS_DIMENSION } from "../../../contract/workflow-jobs/metrics";
import { type Invocation, lambdaHandler } from "../../shared/lambda/handler";

/** The handler of one of the component's functions. Its log lines and metrics carry the component's name. */
export function workflowJobsHandler<T>(name: string, run: (event: unknown, invocation: Invocation) => Promise<T>) {
  return lambdaHandler({ logKeys: { workflowJobs: name }, dimensions: { [WORKFLOW_JOBS_DIMENSION]: name } }, run);
}

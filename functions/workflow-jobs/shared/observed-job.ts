import { JOB_RANK, type JobStatus } from "../../../contract/workflow-jobs/ledger";
import type { WorkflowJob } from "../../shared/github/api";

/** A job as a webhook or the REST API reported it. Times are ISO 8601. */
export interface ObservedJob {
  jobId: number;
  jobStatus: JobStatus;
  /** `owner/name`. */
  repository: string;
  runId: number;
  attempt: number;
  workflow?: string;
  jobName?: string;
  /** In lower case: GitHub compares labels without regard to it. */
  labels: string[];
  createdAt: string;
  startedAt?: string;
  completedAt?: string;
  conclusion?: string;
  runner?: string;
}

/** From the REST API. A job that is held back for an approval, or by a concurrency group, waits but is no demand. */
export function observedJob(job: WorkflowJob, repository: string): ObservedJob {
  return {
    jobId: job.id,
    jobStatus: job.status in JOB_RANK ? (job.status as JobStatus) : "waiting",
    repository,
    runId: job.runId,
    attempt: job.attempt,
    workflow: job.workflow,
    jobName: job.name,
    labels: job.labels.map((label) => label.toLowerCase()),
    createdAt: iso(job.createdAt),
    startedAt: job.startedAt === undefined ? undefined : iso(job.startedAt),
    completedAt: job.completedAt === undefined ? undefined : iso(job.completedAt),
    conclusion: job.conclusion,
    runner: job.runner,
  };
}

/** Without milliseconds, as GitHub writes times: texts of one format sort as the times do. */
function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, "Z");
}

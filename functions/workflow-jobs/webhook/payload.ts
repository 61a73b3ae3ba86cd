import type { JobStatus } from "../../../contract/workflow-jobs/ledger";
import type { ObservedJob } from "../shared/observed-job";

/** The action names the job's new status. `status` inside the job may already be that of a later moment. */
const STATUS_OF: Readonly<Record<string, JobStatus>> = {
  waiting: "waiting",
  queued: "queued",
  in_progress: "in_progress",
  completed: "completed",
};

export type JobPayload =
  | { kind: "job"; job: ObservedJob }
  /** An action that GitHub added later. */
  | { kind: "unknown action"; action: string }
  | { kind: "malformed"; problem: string };

/** Reads the body of a `workflow_job` delivery. Never throws. Only the fields that the ledger stores are read. */
export function readJobPayload(body: Buffer): JobPayload {
  const payload = parsed(body);
  if (!isRecord(payload)) return malformed("the body is not a JSON object; the webhook's content type must be application/json");
  const { action, workflow_job: job, repository } = payload;
  if (typeof action !== "string") return malformed("action is not a string");
  if (!Object.hasOwn(STATUS_OF, action)) return { kind: "unknown action", action: action.slice(0, 40) };
  if (!isRecord(repository) || typeof repository.full_name !== "string") return malformed("repository.full_name is not a string");
  if (!isRecord(job)) return malformed("workflow_job is not an object");
  const { id, run_id: runId, run_attempt: attempt, labels, created_at: createdAt } = job;
  if (!isId(id)) return malformed("workflow_job.id is not a positive whole number");
  if (!isId(runId)) return malformed("workflow_job.run_id is not a positive whole number");
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) {
    return malformed("workflow_job.labels is not a list of strings");
  }
  if (!isTime(createdAt)) return malformed("workflow_job.created_at is not a time");
  const jobStatus = STATUS_OF[action]!;
  const running = jobStatus === "in_progress" || jobStatus === "completed";
  return {
    kind: "job",
    job: {
      jobId: id,
      jobStatus,
      repository: repository.full_name,
      runId,
      attempt: isId(attempt) ? attempt : 1,
      workflow: text(job.workflow_name),
      jobName: text(job.name),
      labels: labels.map((label: string) => label.toLowerCase()),
      createdAt,
      // Of a job that does not run yet, it is the time of its creation.
      startedAt: running && isTime(job.started_at) && text(job.runner_name) !== undefined ? job.started_at : undefined,
      completedAt: isTime(job.completed_at) ? job.completed_at : undefined,
      conclusion: text(job.conclusion),
      runner: text(job.runner_name),
    },
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

const malformed = (problem: string): JobPayload => ({ kind: "malformed", problem });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isTime = (value: unknown): value is string => typeof value === "string" && !Number.isNaN(Date.parse(value));
/** Absent, null and empty are all "not known". Bounded, because names are a workflow's. */
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value.slice(0, 500) : undefined);

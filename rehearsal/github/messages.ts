/**
 * The messages between the runner stand-in and the GitHub stand-in. They model the exchange of the official runner with
 * GitHub's broker and run service: same order, same consequences, different wire format.
 */
import type { JobPlan, StepReport } from "../runner/steps/plan";
import { StacklessError } from "../stackless-error";

/** One step of a job, run as `bash -e` in a real child process. */
export interface StepSpec {
  name: string;
  /** Seconds that the step sleeps. Default 0. */
  seconds?: number;
  /** Shell commands to run instead of sleeping. */
  run?: string;
  /** When the step runs. Default `success()`. */
  condition?: "success()" | "failure()" | "always()";
  /** An action's post step: runs after the job's steps, in reverse order, under `always()`. */
  post?: { seconds?: number; run?: string };
}

/** The reply to an acquire request: everything that the worker needs. */
export interface JobMessage {
  jobId: string;
  planId: string;
  requestId: number;
  jobDisplayName: string;
  /** ISO 8601; the listener must renew the lock before then, or GitHub gives up the job. */
  lockedUntil: string;
  /** Duration of action downloads before the job-started hook, in seconds. */
  setupSeconds: number;
  steps: StepSpec[];
  /** Of a job of a workflow file, whose steps these are instead. */
  plan?: JobPlan;
  /** The job's `GITHUB_*` variables. */
  environment: Record<string, string>;
  runServiceUrl: string;
  /** Bearer token for the job's own calls. */
  token: string;
}

/** What a long poll returns. */
export type RunnerMessage =
  | {
      messageId: number;
      messageType: "RunnerJobRequest";
      body: { jobId: string; runnerRequestId: string; shouldAcknowledge: boolean; runServiceUrl: string };
    }
  | { messageId: number; messageType: "JobCancellation"; body: { jobId: string; timeoutSeconds: number } }
  | { messageId: number; messageType: "RunnerRefresh"; body: RunnerUpdate };

/** GitHub requests the runner to update itself, which it does once its job has ended. */
export interface RunnerUpdate {
  targetVersion: string;
  downloadUrl: string;
  /** Absent: not checked. */
  sha256Checksum?: string;
}

export type JobResult = "Succeeded" | "Failed" | "Canceled" | "Skipped" | "Abandoned";

/** Results by the worker's exit code. */
export const RESULT_CODES: Readonly<Record<number, JobResult>> = {
  100: "Succeeded",
  102: "Failed",
  103: "Canceled",
  104: "Skipped",
  105: "Abandoned",
};

export interface Annotation {
  level: "failure" | "warning" | "notice";
  message: string;
}

/** GitHub shows this on a job that was ended by its runner's shutdown: for the pool, a lost job. */
export const SHUTDOWN_ANNOTATION =
  "The runner has received a shutdown signal. This can happen when the runner service is stopped, " +
  "or a manually started runner is canceled.";

/** What a worker reports while the job runs. */
export type ReportedChange =
  | "hook-started"
  | "hook-ended"
  | "steps-started"
  | "steps-ended"
  | "completed-hook-started"
  | "completed-hook-ended";

export interface Report {
  jobId: string;
  change: ReportedChange;
  /** Milliseconds since the epoch by the runner's clock, so that network delay does not count as the hook's time. */
  at?: number;
  detail?: string;
}

export interface Completion {
  jobId: string;
  result: JobResult;
  annotations?: Annotation[];
  /** Of a job of a workflow file. */
  outputs?: Record<string, string>;
  steps?: StepReport[];
}

/** Machine-readable `code` of the runner protocol's error replies, with the HTTP status of each. */
export const PROTOCOL_ERRORS = {
  SessionConflict: 409,
  SessionNotFound: 410,
  RunnerNotFound: 403,
  InvalidClient: 400,
  InvalidToken: 404,
  RunnerExists: 409,
  RunnerBusy: 422,
  GroupNotFound: 404,
  JobNotFound: 404,
  JobAlreadyAcquired: 409,
  Unauthorized: 401,
} as const;

export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS;

export class ProtocolError extends StacklessError {
  constructor(
    readonly code: ProtocolErrorCode,
    message: string,
  ) {
    super(message);
    this.name = code;
  }
}

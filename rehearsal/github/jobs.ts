import type { Timer } from "../clock";
import type { JobPlan, StepReport } from "../runner/steps/plan";
import type { Annotation, StepSpec } from "./messages";
import type { JobTrigger } from "./oidc/identity";

/** A job as requested by the scenario. */
export interface JobSpec {
  name: string;
  /** The runner must have all of them; case-insensitive. */
  labels: string[];
  /** Duration of the job's only step when `steps` is absent. Default 1. */
  seconds?: number;
  /** Duration of action downloads before the job-started hook, in seconds. Default 0. */
  setupSeconds?: number;
  steps?: StepSpec[];
  /** `ORG` or `OWNER/REPO` whose runners may take it; absent: any. */
  scope?: string;
  /** `OWNER/REPO` that it belongs to: runners of both take it if their group admits the repository. Absent: see `repositoryOf`. */
  repository?: string;
  /** Name of its workflow. Default `rehearsal`. */
  workflow?: string;
  /** With the permission `id-token: write`: what caused it, for the tokens that it requests. Absent: it has no such permission. */
  idToken?: JobTrigger;
  /** Id of the run that it belongs to, by `startRun`; absent: a run of its own. */
  run?: number;
  /** `waiting`: for an approval, until `approveJob`. `skipped`: by its condition, so it ends at once and was never queued. */
  begins?: "waiting" | "skipped";
  /** GitHub runs it on a machine of its own; no registered runner gets it. */
  hosted?: boolean;
  /** Of a job of a workflow file: what its runner evaluates and runs, made when it has acquired the job. */
  plan?: (job: Readonly<Job>) => JobPlan;
  /** Name of the only runner that may take it; absent: any. GitHub has no such setting; tests use it to target an instance. */
  runner?: string;
}

/**
 * `lost`: ended by a cause outside the job, such as its runner's shutdown or a lock that was not renewed. `canceled`: a
 * user canceled it at GitHub.
 */
export type JobState = "waiting" | "skipped" | "queued" | "assigned" | "acquired" | "succeeded" | "failed" | "lost" | "canceled";

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

/** What GitHub reports of a job by webhook. */
export type JobAction = "waiting" | "queued" | "in_progress" | "completed";

export interface Job {
  readonly id: string;
  readonly requestId: number;
  /** Its id in the REST API and in webhooks. */
  readonly number: number;
  readonly run: Run;
  /** Of the run, when the job was created. */
  readonly attempt: number;
  readonly createdAt: number;
  readonly spec: JobSpec;
  state: JobState;
  runnerId?: number;
  /** The runner's name, which is the instance's id. */
  runnerName?: string;
  /** The runner has acknowledged the message that assigned it, so the message is not sent again. */
  acknowledged: boolean;
  acknowledgedAt?: number;
  /** Since when it can run: later than its creation if it waited for an approval. */
  queuedAt: number;
  /** Position in the queue; a smaller one has waited longer. */
  waitingSince: number;
  /** Its requirements when it was queued, the key in the queue; `spec` may change while it waits. */
  queuedUnder: string;
  acquiredAt?: number;
  endedAt?: number;
  conclusion?: Conclusion;
  /** Of the runner that acquired it. */
  runnerGroup?: { id: number; name: string };
  /** Milliseconds since the epoch. */
  lockedUntil?: number;
  /** When a simulated runner last renewed the lock. */
  renewedAt?: () => number;
  /** A timer checks the lock. */
  locked?: boolean;
  cancelRequested: boolean;
  requeues: number;
  /** Milliseconds that each of our hooks took, by the runner's clock. */
  hooks: { started?: number; completed?: number };
  annotations: Annotation[];
  /** Why it ended in this state. */
  detail?: string;
  /** Of a job of a workflow file that ran to its end. */
  outputs?: Record<string, string>;
  steps?: StepReport[];
  token: string;
  timer?: Timer;
}

/** What groups the jobs of one trigger. */
export interface Run {
  readonly id: number;
  readonly number: number;
  /** `OWNER/REPO` */
  readonly repository: string;
  readonly workflow: string;
  readonly createdAt: number;
  attempt: number;
  /** Of the latest attempt, with those of earlier ones that were not run again. */
  jobs: Job[];
  /** Of a workflow file: its jobs come one after the other, so they alone do not tell whether it has ended. */
  file?: WorkflowRunState;
}

/** A run of a workflow file, as the REST API shows it. */
interface WorkflowRunState {
  /** Path of the file. */
  readonly path: string;
  readonly event: string;
  readonly branch: string;
  readonly sha: string;
  readonly title: string;
  readonly actor: string;
  /** `pending`: another run has its concurrency group. */
  status: "pending" | "open" | "completed";
  conclusion?: Conclusion;
  /** @param which jobs of the latest attempt; those that need one of them are run again too */
  rerun(which: "all" | "failed" | Job): void;
  cancel(force: boolean): void;
}

export function ended(job: Job): boolean {
  return !OPEN.has(job.state);
}

const OPEN: ReadonlySet<JobState> = new Set(["waiting", "queued", "assigned", "acquired"]);

/** The repository of a job that names none: of its scope, which has one called `rehearsal`. */
export function repositoryOf({ repository, scope }: Pick<JobSpec, "repository" | "scope">, organization: string): string {
  if (repository !== undefined) return repository;
  return scope?.includes("/") ? scope : `${scope ?? organization}/rehearsal`;
}
